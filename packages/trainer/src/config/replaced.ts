import { isBranch, merged, type Leaf, type Tree } from './tree.js';

/**
 * Returns one sentence for each value that a flag or `--set` replaces or drops: what the user wrote in a file must not lose in silence.
 *
 * @param base What stands in files. @param over Flags and `--set`, in the order in which they go over it.
 */
export function replacedValues(base: Tree, over: readonly Tree[]): string[] {
  const sentences: string[] = [];
  let before = base;
  for (const layer of over) {
    const after = merged(before, layer);
    const [old, fresh] = [leavesOf(before), leavesOf(after)];
    const [source] = leavesOf(layer).values();
    for (const [key, { value, origin }] of old) {
      const now = fresh.get(key);
      if (value === null || (now !== undefined && JSON.stringify(now.value) === JSON.stringify(value)))
        continue;
      const was = `${key}: ${JSON.stringify(value)} (${origin})`;
      sentences.push(
        now === undefined
          ? `${source?.origin ?? '--set'} drops ${was}`
          : `${now.origin} replaces ${was} with ${JSON.stringify(now.value)}`,
      );
    }
    before = after;
  }
  return sentences;
}

/** Values by their paths. */
function leavesOf(tree: Tree, path = ''): Map<string, Leaf> {
  if (!isBranch(tree)) return new Map([[path, tree]]);
  return new Map(
    [...tree.children].flatMap(([key, child]) => [...leavesOf(child, path === '' ? key : `${path}.${key}`)]),
  );
}
