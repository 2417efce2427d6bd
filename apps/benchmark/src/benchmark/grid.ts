import path from 'node:path';

import { ConfigError, configKeys, type ConfigTemplate, type TemplateValue } from '@segloss/trainer';

/** One axis of a benchmark: a key of the configuration, or a name for entries that set several keys. */
export interface Axis {
  /** `data.folder`, `loss`, ... */
  readonly key: string;
  /** Heading of the column, shorter than the key where that is clear. */
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** One value of an axis. */
export interface Entry {
  readonly label: string;
  readonly values: readonly TemplateValue[];
}

/** One run of a benchmark. */
export interface Cell {
  /** By the title of each axis. */
  readonly labels: Readonly<Record<string, string>>;
  readonly values: readonly TemplateValue[];
}

/** An axis before it is checked: a key, its list of values, and where they come from. */
export interface AxisSource {
  readonly key: string;
  readonly value: unknown;
  readonly origin: string;
  /** Folder that relative paths start from. Default: that of the file. */
  readonly folder?: string;
}

/** Keys that decide where a run is written, which the benchmark does itself. */
const RESERVED = ['out', 'innerFold', 'data.innerFolds'];

/**
 * Returns the axes of a benchmark file. Every axis is a list of values for a key of the configuration; an entry with a `name` may set several
 * keys.
 *
 * @param over Axes of the command line, which replace those of the file with the same key.
 * @throws {ConfigError} If an axis is not a list, is empty, or has two entries with one label.
 */
export function readAxes(
  { own, originOf }: Pick<ConfigTemplate, 'own' | 'originOf'>,
  over: readonly AxisSource[] = [],
): Axis[] {
  return readGrid(own['grid'] ?? {}, {
    name: 'grid',
    originOf: (...keys) => originOf('grid', ...keys),
    over,
  });
}

/** Where a grid stands, and what may not be in it. */
interface GridOptions {
  /** `grid`, `tune.grid` */
  readonly name: string;
  readonly originOf: (...keys: readonly string[]) => string;
  readonly over?: readonly AxisSource[];
  /** Keys that are decided elsewhere, besides those of every grid. */
  readonly reserved?: readonly string[];
}

/** Returns the axes of a mapping of lists; see {@link readAxes}. */
export function readGrid(
  grid: unknown,
  { name, originOf, over = [], reserved: more = [] }: GridOptions,
): Axis[] {
  if (!isMapping(grid)) {
    throw new ConfigError({
      what: `${name}: wanted a mapping of lists`,
      where: originOf(),
      expected: `got ${JSON.stringify(grid)}; wanted lines such as "loss: [ce, dice]"`,
      remedy: 'write one key of the configuration in each line, with the list of its values',
    });
  }
  const written = Object.entries(grid).map(([key, value]) => ({ key, value, origin: originOf(key) }));
  const sources: AxisSource[] = [
    ...written.map((source) => over.find(({ key }) => key === source.key) ?? source),
    ...over.filter(({ key }) => !written.some((source) => source.key === key)),
  ];
  const keys = sources.map(({ key }) => key);
  const axes = sources.map((source) => {
    const entries = entriesOf(source);
    const set = [source.key, ...entries.flatMap(({ values }) => values.map(({ path: at }) => at))];
    if (set.some((key) => RESERVED.includes(key))) throw reserved(name, source);
    const elsewhere = set.find((key) => more.includes(key));
    if (elsewhere !== undefined) throw notTuned(name, elsewhere, source);
    return { key: source.key, title: titleOf(source.key, keys), entries };
  });
  checkDisjoint(axes);
  return axes;
}

/** Throws if two axes set one key, or one sets a part of what the other sets: a cell would not be what its labels say. */
export function checkDisjoint(axes: readonly Axis[]): void {
  const within = (a: string, b: string) => a === b || a.startsWith(`${b}.`);
  for (const [i, axis] of axes.entries()) {
    const others = axes.slice(i + 1).flatMap(({ key, entries }) => entries.flatMap(({ values }) => values.flatMap(keysOf).map((set) => ({ axis: key, set })))); // prettier-ignore
    for (const { values } of axis.entries) {
      for (const { key, origin } of values.flatMap(keysOf)) {
        const other = others.find(({ set }) => within(set.key, key) || within(key, set.key));
        if (other === undefined) continue;
        throw new ConfigError({
          what: `grid.${axis.key} and grid.${other.axis}: both set ${key.length > other.set.key.length ? key : other.set.key}`,
          where: origin,
          expected: 'wanted axes that set different keys',
          remedy: 'write the combinations as named entries of one axis: { name: ..., KEY: ..., KEY: ... }',
        });
      }
    }
  }
}

/** The keys that a value sets: those of a mapping one by one, so that `optimizer: {name: sgd}` leaves optimizer.learningRate free. */
function keysOf({ path: at, value, origin }: TemplateValue): { key: string; origin: string }[] {
  if (!isMapping(value) || Object.keys(value).length === 0) return [{ key: at, origin }];
  return Object.entries(value).flatMap(([key, inner]) =>
    keysOf({ path: `${at}.${key}`, value: inner, origin }),
  );
}

/** Axes that repeat a comparison, the slowest first: an interrupted benchmark has compared everything once. */
const REPEATS = ['seed', 'fold'];

/** Returns every combination of the axes. Seeds vary slowest, then folds. */
export function cellsOf(axes: readonly Axis[]): Cell[] {
  const repeats = REPEATS.flatMap((key) => axes.filter((axis) => axis.key === key));
  const order = [...repeats, ...axes.filter((axis) => !repeats.includes(axis))];
  let cells: Cell[] = [{ labels: {}, values: [] }];
  for (const { title, entries } of order) {
    cells = cells.flatMap(({ labels, values }) =>
      entries.map((entry) => ({
        labels: { ...labels, [title]: entry.label },
        values: [...values, ...entry.values],
      })),
    );
  }
  return cells;
}

/**
 * Returns the labels of a cell as one line: `camvid, unet, dice, seed 1`.
 *
 * @param axes Those with a single value are left out, but for the loss.
 */
export function cellName(
  labels: Readonly<Record<string, string>>,
  axes: readonly (Pick<Axis, 'key' | 'title'> & { readonly entries?: readonly unknown[] })[] = [],
): string {
  const place = (title: string) => ['fold', 'seed'].indexOf(title);
  const single = axes.filter(({ key, entries }) => key !== 'loss' && entries?.length === 1);
  const parts = Object.entries(labels)
    .filter(([title]) => !single.some((axis) => axis.title === title))
    .sort(([a], [b]) => place(a) - place(b))
    .map(([title, label]) => (/^[\d.e+-]+$/i.test(label) ? `${title} ${label}` : label));
  return parts.join(', ') || 'run';
}

/** `data.folder` as `data`; other keys by their last part where that names one axis only. */
function titleOf(key: string, keys: readonly string[]): string {
  const short = (one: string) => (one === 'data.folder' ? 'data' : one.replace(/^.*\./, ''));
  return keys.filter((one) => short(one) === short(key)).length === 1 ? short(key) : key;
}

function entriesOf(source: AxisSource): Entry[] {
  const { key, value, origin, folder } = source;
  if (!Array.isArray(value) || value.length === 0) {
    throw new ConfigError({
      what: `grid.${key}: wanted a list of values`,
      where: origin,
      expected: `got ${JSON.stringify(value ?? null)}; wanted for example [0, 1, 2]`,
      remedy: 'write a list; a single value that never changes belongs into "base"',
    });
  }
  const place = (at: string, item: unknown): TemplateValue => ({
    path: at,
    value: item,
    origin,
    ...(folder !== undefined && { folder }),
  });
  const items = value as readonly unknown[];
  const mapping = isMappingKey(key);
  const entries = items.map((item): Entry => {
    if (!isNamed(item) || mapping) return { label: labelOf(key, item, items), values: [place(key, item)] };
    const { name, ...keys } = item;
    return { label: name, values: Object.entries(keys).map(([at, one]) => place(at, one)) };
  });
  const twice = entries.find(({ label }, i) => entries.findIndex((entry) => entry.label === label) !== i);
  if (twice !== undefined) {
    throw new ConfigError({
      what: `grid.${key}: two entries are ${JSON.stringify(twice.label)}`,
      where: origin,
      expected: 'wanted different entries',
      remedy: 'remove one, or name them: { name: ..., KEY: ... }',
    });
  }
  return entries;
}

function labelOf(key: string, item: unknown, items: readonly unknown[]): string {
  if (key === 'data.folder' && typeof item === 'string') {
    return shortestPath(
      item,
      items.filter((one) => typeof one === 'string'),
    );
  }
  if (!isMapping(item)) return typeof item === 'string' ? item : JSON.stringify(item ?? null);
  const { name, ...rest } = item;
  const options = Object.entries(rest).map(([at, value]) => `${at}=${JSON.stringify(value)}`);
  const alone = items.filter((one) => isMapping(one) && one['name'] === name).length === 1;
  return typeof name !== 'string' ? options.join(' ') : alone ? name : [name, ...options].join(' ');
}

/** The last parts of a path, as many as tell it from the others. */
function shortestPath(file: string, others: readonly string[]): string {
  const partsOf = (one: string) => path.normalize(one).split(/[\\/]/).filter(Boolean);
  const parts = partsOf(file);
  for (let count = 1; count < parts.length; count++) {
    const end = parts.slice(-count).join('/');
    const same = others.filter((one) => partsOf(one).slice(-count).join('/') === end);
    if (same.length === 1) return end;
  }
  return file;
}

/** Whether a key of the configuration holds keys of its own, as `model` does. */
function isMappingKey(key: string): boolean {
  return configKeys().some(({ path: known }) => known.startsWith(`${key}.`));
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isNamed = (value: unknown): value is { name: string } & Record<string, unknown> =>
  isMapping(value) && typeof value['name'] === 'string';

function reserved(name: string, { key, origin }: AxisSource): ConfigError {
  return new ConfigError({
    what: `${name}.${key}: a benchmark decides this itself`,
    where: origin,
    expected: 'every run gets a folder below OUT/runs',
    remedy: 'remove the line; --out names the folder of the benchmark',
  });
}

function notTuned(name: string, key: string, { origin }: AxisSource): ConfigError {
  return new ConfigError({
    what: `${name}.${key}: is not a value to tune`,
    where: origin,
    expected:
      'wanted keys of the network, the optimizer, the schedule, ...; data, folds and seeds belong into "grid" or "base"',
    remedy: 'remove the line',
  });
}
