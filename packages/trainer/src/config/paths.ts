import path from 'node:path';

import { isBuiltIn } from '@segloss/data';

import { ConfigError } from './config-error.js';
import { modulesIn, movedModule, replaceModules } from './modules.js';
import { branch, isBranch, type Tree } from './tree.js';

/**
 * A layer whose relative paths, which start from the layer's folder, no longer depend on it: they are absolute, but for the
 * modules in a loss spec, which start from `home`: a spec has no room for the spaces that a whole path may have.
 */
export function placed(layer: Tree, folder: string, home: string): Tree {
  const absolute = (value: unknown): unknown =>
    typeof value === 'string' ? path.resolve(folder, value) : value;
  const items = (value: unknown): unknown => (Array.isArray(value) ? value.map(absolute) : value);
  const dotted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(dotted);
    return typeof value === 'string' && /^\.{1,2}[\\/]/.test(value) ? absolute(value) : value;
  };
  const spec = (value: unknown, origin: string): unknown =>
    typeof value === 'string' ? replaceModules(value, (module) => speakable(movedModule(module, folder, home), origin)) : value; // prettier-ignore

  const dataset = (value: unknown): unknown =>
    typeof value === 'string' && isBuiltIn(value) ? value : absolute(value);
  const rules: Record<string, (value: unknown, origin: string) => unknown> = {
    'data.folder': dataset,
    'data.test': dataset,
    'data.groups.file': absolute,
    model: dotted,
    loss: spec,
    'logs.plugins': items,
    out: absolute,
  };
  const walk = (tree: Tree, at: string, inherited?: (value: unknown, origin: string) => unknown): Tree => {
    const rule = rules[at] ?? inherited;
    if (!isBranch(tree)) return rule === undefined ? tree : { ...tree, value: rule(tree.value, tree.origin) };
    const children = [...tree.children].map(
      ([key, child]) => [key, walk(child, at === '' ? key : `${at}.${key}`, at === 'model' || inherited ? rule : undefined)] as const, // prettier-ignore
    );
    return branch(children, tree.origin);
  };
  return walk(layer, '');
}

function speakable(module: string, origin: string): string {
  if (modulesIn(module)[0] === module) return module;
  throw new ConfigError({
    what: 'loss: a spec cannot hold the path of this module',
    where: origin,
    expected: `got ${module}; wanted a path without spaces and + * ( ) [ ] = , #`,
    remedy: 'put the module next to the configuration, and write ./mine.ts#name',
  });
}
