import { checkShape, distanceTransform, type Spacing } from '@segloss/geometry';

/** What a distance is when one or both masks are empty. */
export type EmptyRule = 'diagonal' | 'infinity' | 'nan';

/** Options of the distances between two regions. */
export interface SurfaceOptions {
  /** Sizes of the axes, `[height, width]` or `[depth, height, width]`. */
  shape: readonly number[];
  /** The label whose region is meant; default 1. */
  label?: number;
  /** Length of a pixel along each axis; distances are in its unit. Default 1. */
  spacing?: Spacing;
  /**
   * The distance when exactly one of the regions is empty: the image's `diagonal`, `infinity` (default) or `nan`. When
   * both are empty it is NaN: there is nothing to measure.
   */
  empty?: EmptyRule;
}

/** Options of {@link hausdorffDistance}. */
export interface HausdorffOptions extends SurfaceOptions {
  /** Percentile of the distances, 0 to 100; default 100. */
  percentile?: number;
  /**
   * `max-of-directed` (default): the percentile in each direction, then the larger, as MONAI; `pooled`: the percentile
   * of both directions together, as medpy.
   */
  convention?: 'max-of-directed' | 'pooled';
}

/**
 * Hausdorff distance between the borders of two regions, or a percentile of it. The border of a region are its pixels
 * with a neighbour (along an axis) outside the region; beyond the image is outside.
 *
 * @param truth True labels. @param predicted Predicted labels, of the same shape.
 * @returns A distance in the unit of `spacing`; NaN if both regions are empty.
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
  { percentile = 100, convention = 'max-of-directed', ...options }: HausdorffOptions,
): number {
  if (!(percentile >= 0 && percentile <= 100)) {
    throw new RangeError(`hausdorffDistance: wanted a percentile from 0 to 100, got ${String(percentile)}`);
  }
  if (convention !== 'max-of-directed' && convention !== 'pooled') {
    throw new RangeError(
      `hausdorffDistance: wanted convention 'max-of-directed' | 'pooled', got ${JSON.stringify(convention)}`,
    );
  }
  const distances = borderDistances('hausdorffDistance', truth, predicted, options);
  if (typeof distances === 'number') return distances;
  const [toPredicted, toTruth] = distances;
  if (convention === 'pooled') return percentileOf([...toPredicted, ...toTruth], percentile);
  return Math.max(percentileOf(toPredicted, percentile), percentileOf(toTruth, percentile));
}

/**
 * HD95: {@link hausdorffDistance} at the 95th percentile. State the convention with the number.
 *
 * @example
 * ```ts
 * hd95([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4] }); // → 0.9
 * hd95([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4], convention: 'pooled' }); // → 0.8
 * ```
 *
 * @see reference implementations: MONAI `compute_hausdorff_distance(percentile=95)`, medpy `hd95`.
 */
export function hd95(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: Omit<HausdorffOptions, 'percentile'>,
): number {
  return hausdorffDistance(truth, predicted, { ...options, percentile: 95 });
}

/**
 * Average symmetric surface distance: the mean over the border pixels of both regions of the distance to the other border.
 *
 * @example
 * ```ts
 * averageSurfaceDistance([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4] }); // → 0.2
 * ```
 */
export function averageSurfaceDistance(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: SurfaceOptions,
): number {
  const distances = borderDistances('averageSurfaceDistance', truth, predicted, options);
  if (typeof distances === 'number') return distances;
  const all = [...distances[0], ...distances[1]];
  return all.reduce((sum, distance) => sum + distance, 0) / all.length;
}

type Directed = [toPredicted: number[], toTruth: number[]];

/** Distances from each border to the other, or what is said of empty regions. */
function borderDistances(
  name: string,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { shape, label = 1, spacing = shape.map(() => 1), empty = 'infinity' }: SurfaceOptions,
): Directed | number {
  checkShape(name, truth.length, shape, spacing);
  checkShape(name, predicted.length, shape, spacing);
  if (!['diagonal', 'infinity', 'nan'].includes(empty)) {
    throw new RangeError(
      `${name}: wanted empty 'diagonal' | 'infinity' | 'nan', got ${JSON.stringify(empty)}`,
    );
  }
  const borders = [borderOf(truth, shape, label), borderOf(predicted, shape, label)] as const;
  const missing = borders.filter((border) => !border.includes(1)).length;
  if (missing === 2 || (missing === 1 && empty === 'nan')) return NaN;
  if (missing === 1)
    return empty === 'infinity' ? Infinity : Math.hypot(...shape.map((size, i) => size * spacing[i]!));
  const between = (border: Uint8Array, other: Uint8Array): number[] => {
    const distance = distanceTransform(other, shape, { spacing });
    return Array.from(distance).filter((_, i) => border[i] === 1);
  };
  return [between(borders[0], borders[1]), between(borders[1], borders[0])];
}

/** 1 at the pixels of the region that have a neighbour along an axis outside of it, or lie at the image's edge. */
function borderOf(labels: ArrayLike<number>, shape: readonly number[], label: number): Uint8Array {
  const border = new Uint8Array(labels.length);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== label) continue;
    for (let axis = 0; axis < shape.length; axis++) {
      const stride = strides[axis]!;
      const at = Math.floor(i / stride) % shape[axis]!;
      const inside =
        at > 0 && at < shape[axis]! - 1 && labels[i - stride] === label && labels[i + stride] === label;
      if (!inside) {
        border[i] = 1;
        break;
      }
    }
  }
  return border;
}

/** Linear interpolation between the order statistics, numpy's default. */
function percentileOf(values: readonly number[], percentile: number): number {
  const sorted = Float64Array.from(values).sort();
  const at = ((sorted.length - 1) * percentile) / 100;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}
