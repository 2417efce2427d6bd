import { partition } from './partition.js';
import {
  distancesOrValue,
  type DirectedDistances,
  type EmptyOption,
  type SurfaceOptions,
} from './surface-distances.js';

/** Options of {@link hausdorffDistance}; by default NaN where both regions are empty and Infinity where one is. */
export interface HausdorffOptions extends SurfaceOptions, EmptyOption {
  /** Percentile of the distances, 0 to 100; default 100. */
  percentile?: number;
  /**
   * `max-of-directed` (default): the percentile in each direction, then the larger, as MONAI and, with subvoxel elements,
   * DeepMind; `pooled`: the percentile of both directions together, as medpy.
   */
  convention?: 'max-of-directed' | 'pooled';
}

/**
 * Hausdorff distance between the surfaces of two regions, or a percentile of it: between order statistics of the pixels
 * it is interpolated (numpy's default), and of subvoxel elements it is the first distance within which lies so large a
 * share of the surface.
 *
 * @param truth True labels. @param predicted Predicted labels, of the same shape.
 * @returns A distance in the unit of `spacing`.
 * @throws {RangeError} If shapes do not fit or an option is out of range.
 *
 * @example
 * ```ts
 * hausdorffDistance([1, 0, 0, 0], [0, 0, 0, 1], { shape: [1, 4] }); // → 3
 * hausdorffDistance([1, 0], [0, 0], { shape: [1, 2], empty: 'diagonal' }); // → 2.2361
 * ```
 *
 * @see D. Huttenlocher et al., "Comparing images using the Hausdorff distance", PAMI 1993.
 */
export function hausdorffDistance(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: HausdorffOptions,
): number {
  return percentileDistance('hausdorffDistance', truth, predicted, options);
}

/**
 * Returns HD95: {@link hausdorffDistance} at the 95th percentile. State the convention with the number.
 *
 * @example
 * ```ts
 * hd95([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4] }); // → 0.9
 * hd95([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4], convention: 'pooled' }); // → 0.8
 * ```
 *
 * @see reference implementations: MONAI `compute_hausdorff_distance(percentile=95)`, medpy `hd95`, DeepMind
 *   `compute_robust_hausdorff(…, 95)`.
 */
export function hd95(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: Omit<HausdorffOptions, 'percentile'>,
): number {
  return percentileDistance('hd95', truth, predicted, { ...options, percentile: 95 });
}

function percentileDistance(
  name: string,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { percentile = 100, convention = 'max-of-directed', ...options }: HausdorffOptions,
): number {
  if (!(percentile >= 0 && percentile <= 100)) {
    throw new RangeError(`${name}: wanted a percentile from 0 to 100, got ${String(percentile)}`);
  }
  if (convention !== 'max-of-directed' && convention !== 'pooled') {
    throw new RangeError(
      `${name}: wanted convention 'max-of-directed' or 'pooled', got ${JSON.stringify(convention)}`,
    );
  }
  const surfaces = distancesOrValue(name, truth, predicted, options, { both: 'nan', one: 'infinity' });
  if (typeof surfaces === 'number') return surfaces;
  const { truthToPredicted, predictedToTruth } = surfaces;
  const percentileOf = options.elements === 'subvoxel' ? weightedPercentile : interpolatedPercentile;
  return convention === 'pooled'
    ? percentileOf(together(truthToPredicted, predictedToTruth), percentile)
    : Math.max(percentileOf(truthToPredicted, percentile), percentileOf(predictedToTruth, percentile));
}

/** Linear interpolation between the order statistics. Changes the order of the distances. */
function interpolatedPercentile({ distances }: DirectedDistances, percentile: number): number {
  const at = ((distances.length - 1) * percentile) / 100;
  const rank = Math.floor(at);
  const below = partition(distances, rank);
  let above = Infinity;
  for (let i = rank + 1; i < distances.length; i++) if (distances[i]! < above) above = distances[i]!;
  return above === Infinity ? below : below + (at - rank) * (above - below);
}

/** The first distance within which lies the share of the surface. */
function weightedPercentile({ distances, sizes }: DirectedDistances, percentile: number): number {
  const order = risingOrder(distances);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let within = 0;
  for (const i of order) {
    within += sizes[i]!;
    if (within / total >= percentile / 100) return distances[i]!;
  }
  return distances[order[order.length - 1]!]!; // rounding left the share just below 1
}

/** The places of values in rising order, equal ones in the order in which they stand: on a grid many distances are equal. */
function risingOrder(values: Float64Array): Int32Array {
  const groups = new Map<number, { count: number; next: number }>();
  for (const value of values) {
    const group = groups.get(value);
    if (group === undefined) groups.set(value, { count: 1, next: 0 });
    else group.count++;
  }
  let next = 0;
  for (const value of Float64Array.from(groups.keys()).sort()) {
    const group = groups.get(value)!;
    group.next = next;
    next += group.count;
  }
  const order = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) order[groups.get(values[i]!)!.next++] = i;
  return order;
}

function together(left: DirectedDistances, right: DirectedDistances): DirectedDistances {
  return {
    distances: concatenate(left.distances, right.distances),
    sizes: concatenate(left.sizes, right.sizes),
  };
}

function concatenate(left: Float64Array, right: Float64Array): Float64Array {
  const all = new Float64Array(left.length + right.length);
  all.set(left);
  all.set(right, left.length);
  return all;
}
