import { type RegionSize } from '../region-size.js';

/** Ends of a bin, and the cases in it. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly sizes: readonly RegionSize[];
}

/** Bins between 0, the edges and 1, of the cases whose truth has the class. */
export function fixedBins(sizes: readonly RegionSize[], edges: readonly number[]): Bin[] {
  return between(present(sizes), [0, ...edges, 1]);
}

/** `count` bins of as many cases each; cases of one size are in one bin. */
export function quantileBins(sizes: readonly RegionSize[], count: number): Bin[] {
  const sorted = present(sizes);
  if (sorted.length === 0) return [];
  const size = (index: number) => sorted[index]!.truth;
  const inner = Array.from({ length: count - 1 }, (_, i) =>
    size(Math.floor(((i + 1) * sorted.length) / count)),
  );
  const [first, last] = [size(0), size(sorted.length - 1)];
  const edges = [...new Set(inner)].filter((edge) => edge > first);
  return between(sorted, [first, ...edges, last]);
}

const present = (sizes: readonly RegionSize[]) =>
  sizes.filter(({ truth }) => truth > 0).sort((a, b) => a.truth - b.truth);

function between(sizes: readonly RegionSize[], ends: readonly number[]): Bin[] {
  const last = ends.length - 2;
  return ends.slice(1).map((to, i) => {
    const from = ends[i]!;
    return { from, to, sizes: sizes.filter(({ truth }) => truth >= from && (i === last || truth < to)) };
  });
}
