import { FORMULA, lightLoss } from '../core/losses.js';
import { BACKENDS, DEFAULTS, PREDICTIONS, SHAPES, TABS, type State } from './state.js';

/** The version of links. */
const VERSION = '1';
/** More losses than this nobody tells apart. */
export const MAX_LOSSES = 6;
/** Longer specs are not written by people. */
const MAX_SPEC = 400;

/** A key of a link: how it is read, and written. */
interface Field<K extends keyof State> {
  readonly key: K;
  readonly name: string;
  /** The value, or a sentence that says what is wrong. */
  read(texts: readonly string[]): State[K] | Wrong;
  write(value: State[K]): readonly string[];
}

class Wrong {
  constructor(readonly message: string) {}
}

function field<K extends keyof State>(one: Field<K>): Field<keyof State> {
  return one as unknown as Field<keyof State>;
}

function within<K extends keyof State>(key: K, name: string, low: number, high: number, digits = 6) {
  return field({
    key: key as 'q',
    name,
    read([text = '']) {
      const value = Number(text);
      if (text.trim() === '' || !Number.isFinite(value))
        return new Wrong(`${name}: wanted a number, got "${text.slice(0, 20)}"`);
      return Math.min(high, Math.max(low, digits === 0 ? Math.round(value) : value));
    },
    write: (value) => [String(Number(value.toPrecision(6)))],
  });
}

function choice<K extends keyof State>(key: K, name: string, choices: readonly State[K][]) {
  return field<K>({
    key,
    name,
    read: ([text = '']) =>
      choices.find((one) => String(one) === text) ??
      new Wrong(`${name}: wanted one of ${choices.join(', ')}, got "${text.slice(0, 20)}"`),
    write: (value) => [String(value)],
  });
}

function text<K extends keyof State>(key: K, name: string, pattern: RegExp) {
  return field({
    key: key as 'card',
    name,
    read: ([value = '']) =>
      value.length <= MAX_SPEC * 4 && pattern.test(value)
        ? value
        : new Wrong(`${name}: "${value.slice(0, 20)}" cannot be read`),
    write: (value) => [value],
  });
}

/** Whether the first screens can show a loss. */
function isLight(spec: string): boolean {
  try {
    return spec.length <= MAX_SPEC && lightLoss(spec, 0.1) !== undefined;
  } catch {
    return false;
  }
}

const FIELDS: readonly Field<keyof State>[] = [
  choice('tab', 'tab', TABS),
  field({
    key: 'losses',
    name: 'loss',
    read(texts) {
      const wrong = texts.find((spec) => !isLight(spec));
      if (wrong !== undefined) return new Wrong(`loss: "${wrong.slice(0, 40)}" cannot be shown here`);
      if (texts.length > MAX_LOSSES)
        return new Wrong(`loss: wanted at most ${MAX_LOSSES}, got ${texts.length}`);
      return [...new Set(texts)];
    },
    write: (value) => value,
  }),
  within('q', 'q', 0.001, 0.9),
  choice('scale', 'scale', ['log', 'linear']),
  choice('shape', 'shape', SHAPES),
  text('mask', 'mask', /^[A-Za-z0-9+/=]{684}$/),
  choice('prediction', 'prediction', PREDICTIONS),
  within('separability', 'd', 0.5, 6),
  within('seed', 'seed', 0, 9999, 0),
  choice('size', 'size', [64, 128]),
  within('q1', 'q1', 0.02, 0.96),
  within('q2', 'q2', 0.02, 0.96),
  text('card', 'card', /^[^<>]+$/),
  text('train', 'train', /^[^<>]+$/),
  within('epochs', 'epochs', 1, 30, 0),
  choice('backend', 'backend', BACKENDS),
];

/** The hash of a link to a state: only what differs from the defaults. */
export function toHash(state: State): string {
  const params = new URLSearchParams({ v: VERSION });
  for (const { key, name, write } of FIELDS) {
    const [texts, normal] = [write(state[key]), write(DEFAULTS[key])];
    if (texts.join('\n') === normal.join('\n')) continue;
    for (const one of texts) params.append(name, one);
  }
  return `#${params}`;
}

/** Reads a link. What is wrong keeps its default, and is said. */
export function fromHash(hash: string): { state: State; notes: string[] } {
  const params = new URLSearchParams(hash.replace(/^#/, '').slice(0, 20_000));
  const notes: string[] = [];
  if ([...params].length === 0) return { state: DEFAULTS, notes };
  const version = params.get('v');
  if (version !== VERSION) {
    notes.push(
      `This link has ${version === null ? 'no version' : `version "${version.slice(0, 8)}"`}; it is read as version ${VERSION}.`,
    );
  }
  const known = new Set(['v', ...FIELDS.map(({ name }) => name)]);
  const unknown = [...new Set([...params.keys()].filter((key) => !known.has(key)))];
  if (unknown.length > 0)
    notes.push(
      `Left out: ${unknown
        .slice(0, 5)
        .map((key) => key.slice(0, 20))
        .join(', ')}.`,
    );
  const values: Partial<Record<keyof State, unknown>> = {};
  for (const { key, name, read, write } of FIELDS) {
    const texts = params.getAll(name);
    if (texts.length === 0) continue;
    const value = read(texts);
    if (value instanceof Wrong) {
      notes.push(`${value.message}; the default is used.`);
      continue;
    }
    values[key] = value;
    const [written] = write(value as never);
    if (typeof value === 'number' && Number(texts[0]) !== value)
      notes.push(`${name}: ${texts[0]!.slice(0, 20)} became ${written}.`);
  }
  const state = { ...DEFAULTS, ...values } as State;
  if (state.q1 + state.q2 > 0.98) {
    notes.push('q1 and q2 leave nothing for the third class; the defaults are used.');
    return { state: { ...state, q1: DEFAULTS.q1, q2: DEFAULTS.q2 }, notes };
  }
  if (state.shape === 'own' && state.mask === '')
    return { state: { ...state, shape: DEFAULTS.shape }, notes };
  return { state, notes };
}

export { FORMULA };
