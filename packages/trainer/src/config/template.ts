import path from 'node:path';

import { nearestName } from '@segloss/common';
import { ConfigError } from './config-error.js';
import { baseLayers, readFileLayer, type Layer } from './extended-files.js';
import {
  mergedAll,
  overrideTrees,
  resolveTrees,
  valueTree,
  type LoadConfigOptions,
  type LoadedConfig,
} from './load-config.js';
import { placed } from './paths.js';
import { readYaml } from './read-yaml.js';
import { replacedValues } from './replaced.js';
import { sharedParts } from './shared-parts.js';
import { branch, isBranch, nearestTree, valueOf, type Branch } from './tree.js';

/** A value for one key of a configuration, and where it comes from. */
export interface TemplateValue {
  /** `optimizer.learningRate` */
  readonly path: string;
  readonly value: unknown;
  /** `bench.yaml:7`, `--loss`, ... */
  readonly origin: string;
  /** Folder that a relative path in the value starts from. Default: that of the file. */
  readonly folder?: string;
}

/** A file that holds a configuration under `base`, next to keys of its own. */
export interface ConfigTemplate {
  /** The keys of the file other than `base`, as plain values. */
  readonly own: Readonly<Record<string, unknown>>;
  /** The absolute path of the file, or its name. */
  readonly file: string;
  /** Folder that relative paths in the file start from. */
  readonly folder: string;
  /** Returns where a key of the file stands: `bench.yaml:7`. */
  originOf(...keys: readonly string[]): string;
  /** A sentence for each value of a file that a flag or `--set` replaces or drops. The text of a program is no file of the user's. */
  readonly replaced: readonly string[];
  /** Returns whether `base`, a flag or `--set` has a value for a key. */
  has(path: string): boolean;
  /** Returns the configuration with these values over those of `base`. @throws {ConfigError} If a key is unknown or a value is wrong. */
  configure(values: readonly TemplateValue[]): LoadedConfig;
}

/** Options of {@link configTemplate}. */
export interface ConfigTemplateOptions extends LoadConfigOptions {
  /** Keys that the file may have next to `base`. */
  keys: readonly string[];
}

/**
 * Reads a file that holds a configuration under `base`, which may extend another file or a preset, next to keys of its own. Flags and `set` go
 * over `base`, the values of `configure` over all of them.
 *
 * @param source The path of a YAML file, or its text and a name for messages.
 * @param options See {@link ConfigTemplateOptions}.
 * @throws {ConfigError} If the file is missing or not YAML, or has an unknown key.
 *
 * @example
 * ```ts
 * const text = 'grid: { seed: [0, 1] }\nbase: { data: { folder: demo }, epochs: 2 }';
 * const { own, originOf, configure } = configTemplate({ text, name: 'bench.yaml' }, { keys: ['grid'] });
 * own.grid.seed; // → [0, 1]
 * originOf('grid', 'seed'); // → "bench.yaml:1"
 * const { config } = configure([{ path: 'seed', value: 1, origin: 'bench.yaml:1' }]);
 * [config.epochs, config.seed]; // → [2, 1]
 * ```
 */
export function configTemplate(
  source: string | { readonly text: string; readonly name: string },
  options: ConfigTemplateOptions,
): ConfigTemplate {
  const { keys, set = [], flags = {}, cwd: folderOfFlags = process.cwd() } = options;
  const cwd = path.resolve(folderOfFlags);
  const file: Layer =
    typeof source === 'string'
      ? readFileLayer(source, cwd)
      : { file: source.name, folder: cwd, tree: readYaml(source.text, source.name) };
  const { tree, folder: home } = file;
  checkOwnKeys(tree, ['base', ...keys]);
  const files = baseLayers({ file: file.file, folder: home, tree: baseOf(tree) }, cwd).map((layer) =>
    placed(layer.tree, layer.folder, home),
  );
  const over = overrideTrees({ flags, set }).map((one) => placed(one, cwd, home));
  const base = [...files, ...over];
  const share = sharedParts();
  const written = typeof source === 'string' ? mergedAll(files) : branch([], source.name);
  return {
    own: Object.fromEntries(
      [...tree.children].filter(([key]) => key !== 'base').map(([key, child]) => [key, valueOf(child)]),
    ),
    file: file.file,
    folder: home,
    originOf: (...at) => nearestTree(tree, at).origin,
    replaced: replacedValues(written, over),
    has: (at) => base.some((layer) => hasValue(layer, at.split('.'))),
    configure: (values) =>
      share(
        resolveTrees(
          [
            ...base,
            ...values.map(({ path: at, value, origin, folder = home }) =>
              placed(valueTree(at, value, origin), folder, home),
            ),
          ],
          { cwd, folder: home, file: file.file },
        ),
      ),
  };
}

function hasValue(tree: Branch | ReturnType<typeof placed>, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return isBranch(tree) || tree.value !== null;
  const child = isBranch(tree) ? tree.children.get(first) : undefined;
  return child !== undefined && hasValue(child, rest);
}

function baseOf(tree: Branch): Branch {
  const base = tree.children.get('base');
  if (base === undefined) return branch([], tree.origin);
  if (isBranch(base)) return base;
  if (base.value === null) return branch([], base.origin);
  throw new ConfigError({
    what: 'base: wanted a mapping of keys',
    where: base.origin,
    expected: `got ${JSON.stringify(base.value)}; wanted the keys of a run, such as "epochs: 20"`,
    remedy: 'indent the keys of the run below "base:"; `segloss config schema` lists them',
  });
}

function checkOwnKeys(tree: Branch, known: readonly string[]): void {
  const issues = [...tree.children]
    .filter(([key]) => !known.includes(key))
    .map(([key, { origin }]) => {
      const near = nearestName(key, known);
      return {
        what: `unknown key "${key}"`,
        where: origin,
        expected: `known keys: ${known.join(', ')}`,
        remedy: near === undefined ? 'move the keys of a run below "base:"' : `did you mean "${near}"?`,
      };
    });
  if (issues.length > 0) throw new ConfigError(...issues);
}
