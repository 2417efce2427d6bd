import { checkKeys } from '@segloss/common';
import path from 'node:path';

import { ConfigError } from './config-error.js';
import { readLayers } from './extended-files.js';
import { overrideTree } from './overrides.js';
import { placed } from './paths.js';
import { problems } from './problems.js';
import { replacedValues } from './replaced.js';
import { runSchema, type RunConfig } from './schema.js';
import { branch, isBranch, merged, treeOf, valueOf, type Branch, type Tree } from './tree.js';

/** Options of {@link loadConfig}. */
export interface LoadConfigOptions {
  /** `a.b=c` each, c read as YAML; they go over everything else, a later one over an earlier one. */
  set?: readonly string[];
  /** Values by key path, `{ 'optimizer.learningRate': 0.1 }`, over those of the file; undefined ones do not count. */
  flags?: Readonly<Record<string, unknown>>;
  /** Folder that the paths in `file`, `set` and `flags`, and the default of `out`, start from. Default: the process's. */
  cwd?: string;
}

/** What {@link loadConfig} gives. */
export interface LoadedConfig {
  /** Every key; paths are absolute, but for modules in `loss`, which start from `folder`. */
  readonly config: RunConfig;
  /** For each value, by its path: `default`, `run.yaml:7`, `preset:NAME:3`, `--set`, `--learning-rate`. */
  readonly origin: Readonly<Record<string, string>>;
  /** The folder of the file; of a preset, `cwd`. */
  readonly folder: string;
  /** The absolute path of the file, or `preset:NAME`. */
  readonly file: string;
  /** A sentence for each value of the file that a flag or `--set` replaces or drops; to be shown. */
  readonly replaced?: readonly string[];
}

/**
 * Reads a configuration: a YAML file with every base that it extends, flags over it, `--set` over both, defaults below.
 * Mappings merge, everything else is replaced, null takes a key back to its default; an optimizer, schedule or model of another name starts
 * anew. Relative paths start from the file that they stand in.
 *
 * @param file A path, or `preset:NAME`.
 * @throws {ConfigError} If a file is missing or no YAML, if files extend each other in a circle, if a key is unknown or a value wrong.
 *
 * @example
 * ```ts
 * const { config, origin } = await loadConfig('preset:polyp-ce-l1', { set: ['data.folder=demo', 'epochs=2'] });
 * config.loss; // → "ce + l1(temperature=10)"
 * config.optimizer.learningRate; // → 0.0001
 * origin['epochs']; // → "--set"
 * origin['threads']; // → "default"
 * ```
 */
export async function loadConfig(file: string, options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  const { set, flags, cwd } = checked(options);
  const layers = readLayers(file, cwd);
  const main = layers.at(-1)!;
  const home = main.folder;
  const files = layers.map(({ tree, folder }) => placed(tree, folder, home));
  const over = overrideTrees({ flags, set }).map((tree) => placed(tree, cwd, home));
  const loaded = resolveTrees([...files, ...over], { cwd, folder: home, file: main.file });
  return { ...loaded, replaced: replacedValues(mergedAll(files), over) };
}

/** Flags and `--set`, each as a tree, in the order in which they count. */
export function overrideTrees({ flags = {}, set = [] }: Pick<LoadConfigOptions, 'flags' | 'set'>): Tree[] {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return [...given.map(([key, value]) => valueTree(key, value)), ...set.map(overrideTree)];
}

/** Trees over each other, the base first. */
export const mergedAll = (trees: readonly Tree[]): Tree => trees.reduce((base, over) => merged(base, over));

/** Merges trees whose paths are placed, the base first, checks the result and fills in the defaults. */
export function resolveTrees(
  trees: readonly Tree[],
  { cwd, folder, file }: { cwd: string } & Pick<LoadedConfig, 'folder' | 'file'>,
): LoadedConfig {
  const tree = mergedAll(trees) as Branch;
  const config = check(tree);
  if (treeAt(tree, ['out']) === undefined) config.out = path.resolve(cwd, config.out);
  return { config, origin: origins(config, tree), folder, file };
}

/**
 * The same for a plain object of a program: checked, every default in its place, paths as they are.
 *
 * @throws {ConfigError} If a key is unknown or a value wrong.
 *
 * @example
 * ```ts
 * const { epochs, optimizer, monitor } = parseConfig({ data: { folder: 'demo' }, epochs: 3, monitor: { metric: 'loss' } });
 * epochs; // → 3
 * optimizer.name; // → "adam"
 * monitor.mode; // → "min"
 * ```
 */
export function parseConfig(config: object): RunConfig {
  return check(merged(undefined, treeOf(config, 'the object')));
}

function check(tree: Tree): RunConfig {
  if (!isBranch(tree))
    throw new TypeError(`parseConfig: wanted an object of keys, got ${JSON.stringify(tree.value)}`);
  const result = runSchema.safeParse(valueOf(tree));
  if (!result.success) throw new ConfigError(...problems(result.error.issues, tree));
  return defined(result.data) as RunConfig;
}

/** Without the keys that are undefined. */
function defined(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, defined(item)]));
}

/** A value at a key path, as a tree. @param origin Default: `--data` for the folder of the data, else the flag of the key's last part. */
export function valueTree(
  key: string,
  value: unknown,
  origin = key === 'data.folder'
    ? '--data'
    : `--${key.replace(/^.*\./, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
): Tree {
  const keys = key.split('.');
  return keys.reduceRight<Tree>((tree, name) => branch([[name, tree]], origin), treeOf(value, origin));
}

function checked(options: LoadConfigOptions): Required<LoadConfigOptions> {
  const defaults = { set: [], flags: {}, cwd: process.cwd() };
  checkKeys('loadConfig', options, Object.keys(defaults));
  const { set = defaults.set, flags = defaults.flags, cwd = defaults.cwd } = options;
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return { set, flags: Object.fromEntries(given), cwd: path.resolve(cwd) };
}

/** Where each value of a configuration comes from. */
function origins(config: object, tree: Tree): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (value: unknown, keys: readonly string[]): void => {
    if (isMapping(value)) {
      for (const [key, item] of Object.entries(value)) walk(item, [...keys, key]);
    } else {
      found[keys.join('.')] = treeAt(tree, keys)?.origin ?? 'default';
    }
  };
  walk(config, []);
  return found;
}

const isMapping = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;

/** What stands at a path; undefined where nothing does, or null. */
function treeAt(tree: Tree, [first, ...rest]: readonly string[]): Tree | undefined {
  if (first === undefined) return !isBranch(tree) && tree.value === null ? undefined : tree;
  const child = isBranch(tree) ? tree.children.get(first) : undefined;
  return child && treeAt(child, rest);
}
