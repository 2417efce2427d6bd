import { ConfigError } from './config-error.js';
import { DEFAULT_NAMES } from './schema-fields.js';

/** A value of a configuration, and where it comes from. A list is one value. */
export interface Leaf {
  readonly value: unknown;
  readonly origin: string;
}

/** A mapping of a configuration. */
export interface Branch {
  readonly children: ReadonlyMap<string, Tree>;
  readonly origin: string;
}

export type Tree = Leaf | Branch;

export const branch = (children: Iterable<readonly [string, Tree]>, origin: string): Branch => ({
  children: new Map(children),
  origin,
});

export const isBranch = (tree: Tree | undefined): tree is Branch => tree !== undefined && 'children' in tree;

/**
 * Returns a key as it is.
 *
 * @throws {ConfigError} If JavaScript gives it a meaning of its own, so that it would change objects instead of naming a value.
 */
export function checkedKey(key: string, where: string): string {
  if (!['__proto__', 'constructor', 'prototype'].includes(key)) return key;
  throw new ConfigError({
    what: `the key "${key}" is not allowed`,
    where,
    expected: `got "${key}"; wanted a key of the configuration`,
    remedy: 'remove it',
  });
}

/** A plain value as a tree, all of one origin. */
export function treeOf(value: unknown, origin: string): Tree {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { value, origin };
  return branch(
    Object.entries(value).map(([key, item]) => [checkedKey(key, origin), treeOf(item, origin)] as const),
    origin,
  );
}

/**
 * One layer over another: mappings merge, everything else is replaced. A mapping of another name (another optimizer,
 * schedule, model) starts from its defaults, because the old options do not apply to it. `epochs` takes the place of `updates` and the other way round.
 */
export function merged(base: Tree | undefined, over: Tree, path = ''): Tree {
  if (!isBranch(base) || !isBranch(over) || nameOf(base, path) !== nameOf(over, path, base)) return over;
  const children = new Map(base.children);
  if (path === '') for (const key of dropped(over)) children.delete(key);
  for (const [key, tree] of over.children) {
    children.set(key, merged(children.get(key), tree, path === '' ? key : `${path}.${key}`));
  }
  return { children, origin: over.origin };
}

/** Keys of the configuration of which one takes the place of the other. */
const INSTEAD = { epochs: 'updates', updates: 'epochs' } as const;

/** Keys below that a layer's own keys replace. */
function dropped({ children }: Branch): string[] {
  return Object.entries(INSTEAD).flatMap(([key, other]) => {
    const tree = children.get(key);
    return tree !== undefined && (isBranch(tree) || tree.value !== null) ? [other] : [];
  });
}

/** What a mapping says its name is; what it does not say is as before. */
function nameOf(tree: Branch, path: string, before?: Branch): unknown {
  if (!Object.hasOwn(DEFAULT_NAMES, path)) return undefined;
  const name = tree.children.get('name');
  if (name === undefined && before !== undefined) return nameOf(before, path);
  const value = name !== undefined && !isBranch(name) ? name.value : undefined;
  return value ?? DEFAULT_NAMES[path as keyof typeof DEFAULT_NAMES];
}

/** The plain value; null, which takes a key back to its default, is undefined. */
export function valueOf(tree: Tree): unknown {
  if (!isBranch(tree)) return tree.value ?? undefined;
  return Object.fromEntries([...tree.children].map(([key, child]) => [key, valueOf(child)]));
}

/** The tree of the longest part of a path that is there. */
export function nearestTree(tree: Tree, path: readonly PropertyKey[]): Tree {
  const [first, ...rest] = path;
  const child = isBranch(tree) && first !== undefined ? tree.children.get(String(first)) : undefined;
  return child === undefined ? tree : nearestTree(child, rest);
}
