import { randomStream, shuffled } from './random.js';

/** Options of {@link foldOf}. */
export interface FoldOptions<T> {
  /** Number of folds, 2 or more. */
  readonly folds: number;
  /** Which fold is validated, from 0 to `folds - 1`; the others are trained on. */
  readonly fold: number;
  /** Name of the group of an item; items of one group are never in two folds. */
  readonly groupOf: (item: T) => string;
}

/**
 * Splits items into training and validation by cross-validation. Groups stay together, folds have as equal numbers of items as the groups
 * allow, and every item is validated in exactly one fold. The split depends on the names of items and groups alone, not on their order.
 *
 * @returns Both parts, in the order of the ids.
 * @throws {RangeError} If there are fewer groups than folds, or an option is out of range.
 *
 * @example
 * ```ts
 * const items = ['a1', 'a2', 'b1', 'c1'].map((id) => ({ id }));
 * const groupOf = ({ id }) => id[0];
 * const parts = [0, 1, 2].map((fold) => foldOf(items, { folds: 3, fold, groupOf }));
 * parts.flatMap(({ val }) => val.map(({ id }) => id)).sort(); // → ["a1", "a2", "b1", "c1"]
 * parts.find(({ val }) => val[0].id === 'a1').val.length; // → 2
 * ```
 */
export function foldOf<T extends { readonly id: string }>(
  items: readonly T[],
  { folds, fold, groupOf }: FoldOptions<T>,
): { train: T[]; val: T[] } {
  if (!(Number.isInteger(folds) && folds >= 2)) {
    throw new RangeError(`foldOf: wanted 2 folds or more, got ${String(folds)}`);
  }
  if (!(Number.isInteger(fold) && fold >= 0 && fold < folds)) {
    throw new RangeError(`foldOf: wanted a fold from 0 to ${folds - 1}, got ${String(fold)}`);
  }
  const sorted = [...items].sort((a, b) => compare(a.id, b.id));
  const groups = grouped(sorted, groupOf);
  if (groups.size < folds) {
    throw new RangeError(
      `foldOf: wanted at least as many groups as folds, got ${groups.size} groups (${[...groups.keys()].slice(0, 3).join(', ')}${groups.size > 3 ? ', …' : ''}) for ${folds} folds`,
    );
  }
  const validated = groupsByFold(groups, folds)[fold]!;
  const isValidated = (item: T) => validated.has(groupOf(item));
  return { train: sorted.filter((item) => !isValidated(item)), val: sorted.filter(isValidated) };
}

/** Names of the groups of each fold: the largest groups first, each into the fold with the fewest items. */
function groupsByFold<T>(groups: ReadonlyMap<string, readonly T[]>, folds: number): Set<string>[] {
  const names = shuffled([...groups.keys()].sort(compare), randomStream('folds'));
  const size = (name: string) => groups.get(name)!.length;
  const parts = Array.from({ length: folds }, () => ({ names: new Set<string>(), items: 0 }));
  for (const name of names.sort((a, b) => size(b) - size(a))) {
    const smallest = parts.reduce((a, b) => (b.items < a.items ? b : a));
    smallest.names.add(name);
    smallest.items += size(name);
  }
  return parts.map((part) => part.names);
}

function grouped<T>(items: readonly T[], groupOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const own = groups.get(groupOf(item));
    if (own === undefined) groups.set(groupOf(item), [item]);
    else own.push(item);
  }
  return groups;
}

/** By code units, which no locale changes. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
