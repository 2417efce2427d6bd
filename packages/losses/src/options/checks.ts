import { type InputOptions, type LossDefinition, type PresetOption } from '../types.js';

const INPUT_KEYS: readonly string[] = ['mode', 'ignoreIndex'];
const MODES: readonly unknown[] = ['binary', 'multiclass', 'multilabel'];

/** Splits what a user gave into the options of a definition (with defaults) and those of the inputs. */
export function resolveOptions<O extends object>(
  definition: LossDefinition<O>,
  given: Partial<O> & InputOptions & PresetOption = {},
): { options: Readonly<O>; input: InputOptions } {
  const { name, defaults } = definition;
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(
      `${name}: wanted an options object, got ${String(given)}; pass e.g. ${name}({ ... })`,
    );
  }
  const options = { ...defaults, ...presetOf(definition, given.preset) } as Record<string, unknown>;
  const input: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined || key === 'preset') continue;
    if (INPUT_KEYS.includes(key)) input[key] = value;
    else if (Object.hasOwn(defaults, key)) options[key] = value;
    else {
      const known = [...Object.keys(defaults), ...INPUT_KEYS, 'preset'].join(', ');
      throw new TypeError(`${name}: unknown option "${key}"; known options: ${known}`);
    }
  }
  checkInputOptions(name, input);
  definition.check?.(options as O, name);
  return { options: options as O, input };
}

function presetOf<O extends object>({ name, presets = {} }: LossDefinition<O>, preset: unknown): Partial<O> {
  if (preset === undefined) return {};
  if (typeof preset === 'string' && Object.hasOwn(presets, preset))
    return presets[preset as keyof typeof presets]!;
  const known = Object.keys(presets).join(' | ') || 'none: no other library has this loss';
  throw new RangeError(`${name}: wanted preset ${known}, got ${JSON.stringify(preset)}`);
}

/** Throws unless mode and ignoreIndex, where given, are values they can have. */
export function checkInputOptions(name: string, input: InputOptions): void {
  if (input.mode !== undefined && !MODES.includes(input.mode)) {
    throw new RangeError(`${name}: wanted mode ${MODES.join(' | ')}, got ${JSON.stringify(input.mode)}`);
  }
  if (input.ignoreIndex !== undefined && !Number.isInteger(input.ignoreIndex)) {
    throw new RangeError(`${name}: wanted an integer ignoreIndex, got ${JSON.stringify(input.ignoreIndex)}`);
  }
}

/** Throws unless the option is a finite number of at least `least`. */
export function checkNumber(name: string, key: string, value: unknown, least = 0, most = Infinity): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < least || value > most) {
    const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
    const got = typeof value === 'number' ? String(value) : JSON.stringify(value); // JSON writes NaN as null
    throw new RangeError(`${name}: wanted ${key} to be a number ${range}, got ${got}`);
  }
}

/** Throws unless the option is one of the values. */
export function checkChoice(name: string, key: string, value: unknown, choices: readonly unknown[]): void {
  if (!choices.includes(value)) {
    const list = choices.map((choice) => JSON.stringify(choice)).join(' | ');
    throw new RangeError(`${name}: wanted ${key} to be ${list}, got ${JSON.stringify(value)}`);
  }
}

/** Throws unless class weights are 'uniform' or nonnegative numbers, not all zero. */
export function checkClassWeights(name: string, weights: unknown): void {
  if (weights === 'uniform') return;
  const right =
    Array.isArray(weights) &&
    weights.length > 0 &&
    weights.every((weight) => typeof weight === 'number' && Number.isFinite(weight) && weight >= 0) &&
    weights.some((weight) => weight > 0);
  if (!right) {
    throw new RangeError(
      `${name}: wanted classWeights to be 'uniform' or a list of nonnegative numbers, not all 0, got ${JSON.stringify(weights)}`,
    );
  }
}
