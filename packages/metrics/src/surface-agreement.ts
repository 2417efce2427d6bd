import { checkChoice } from '@segloss/common';
import {
  distancesOrValue,
  type DirectedDistances,
  type EmptyOption,
  type SurfaceOptions,
} from './surface-distances.js';

/** Options of {@link averageSurfaceDistance}; by default NaN where both regions are empty and Infinity where one is. */
export interface AverageSurfaceDistanceOptions extends SurfaceOptions, EmptyOption {
  /**
   * `pooled` (default): the mean over the elements of both surfaces, as MONAI's symmetric distance; `mean-of-directed`: the
   * mean of the two directions' means, as medpy; `truth-to-predicted`, `predicted-to-truth`: one direction only.
   */
  convention?: 'pooled' | 'mean-of-directed' | 'truth-to-predicted' | 'predicted-to-truth';
}

/**
 * Average symmetric surface distance (ASSD), or the average distance (ASD) in one direction.
 *
 * @returns A distance in the unit of `spacing`.
 *
 * @example
 * ```ts
 * averageSurfaceDistance([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4] }); // → 0.2
 * averageSurfaceDistance([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4], convention: 'mean-of-directed' }); // → 0.1667
 * ```
 *
 * @see Heimann and van Ginneken et al., "Comparison and evaluation of methods for liver segmentation from CT datasets",
 *   IEEE TMI 2009.
 */
export function averageSurfaceDistance(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { convention = 'pooled', ...options }: AverageSurfaceDistanceOptions,
): number {
  const name = 'averageSurfaceDistance';
  const known = ['pooled', 'mean-of-directed', 'truth-to-predicted', 'predicted-to-truth'];
  checkChoice(name, 'convention', convention, known);
  const surfaces = distancesOrValue(name, truth, predicted, options, { both: 'nan', one: 'infinity' });
  if (typeof surfaces === 'number') return surfaces;
  const [there, back] = [surfaces.truthToPredicted, surfaces.predictedToTruth].map(total) as [Total, Total];
  if (convention === 'truth-to-predicted') return there.distance / there.size;
  if (convention === 'predicted-to-truth') return back.distance / back.size;
  return convention === 'pooled'
    ? (there.distance + back.distance) / (there.size + back.size)
    : (there.distance / there.size + back.distance / back.size) / 2;
}

/** Options of {@link surfaceDice} and {@link surfaceOverlap}; by default NaN where both regions are empty and 0 where one is. */
export interface SurfaceDiceOptions extends SurfaceOptions, EmptyOption {
  /** Elements within this distance of the other surface agree with it, in the unit of `spacing`. */
  tolerance: number;
}

/**
 * Normalized surface Dice (NSD): the share of both surfaces that lies within the tolerance of the other. The default
 * elements are subvoxel ones, as in DeepMind's definition; `elements: 'pixel'` counts border pixels, as MONAI's default.
 *
 * @throws {RangeError} If shapes do not fit or the tolerance is negative.
 *
 * @example
 * ```ts
 * surfaceDice([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4], tolerance: 1 }); // → 1
 * surfaceDice([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4], tolerance: 0, elements: 'pixel' }); // → 0.8
 * ```
 *
 * @see Nikolov et al., "Deep learning to achieve clinically applicable segmentation", arXiv:1809.04430.
 */
export function surfaceDice(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: SurfaceDiceOptions,
): number {
  const shares = sharesWithin('surfaceDice', truth, predicted, options);
  if (typeof shares === 'number') return shares;
  const [there, back] = shares;
  return (there.within + back.within) / (there.size + back.size);
}

/**
 * Returns the share of each surface that lies within the tolerance of the other, in the order true, predicted.
 *
 * @example
 * ```ts
 * surfaceOverlap([1, 1, 0, 0], [1, 1, 1, 0], { shape: [1, 4], tolerance: 0, elements: 'pixel' }); // → {"truth":1,"predicted":0.6667}
 * ```
 *
 * @see Nikolov et al., arXiv:1809.04430; `compute_surface_overlap_at_tolerance` of DeepMind's surface-distance.
 */
export function surfaceOverlap(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: SurfaceDiceOptions,
): { truth: number; predicted: number } {
  const shares = sharesWithin('surfaceOverlap', truth, predicted, options);
  if (typeof shares === 'number') return { truth: shares, predicted: shares };
  const [there, back] = shares;
  return { truth: there.within / there.size, predicted: back.within / back.size };
}

interface Total {
  distance: number;
  size: number;
}

function total({ distances, sizes }: DirectedDistances): Total {
  let [distance, size] = [0, 0];
  for (let i = 0; i < sizes.length; i++) {
    distance += distances[i]! * sizes[i]!;
    size += sizes[i]!;
  }
  return { distance, size };
}

interface Share {
  within: number;
  size: number;
}

function sharesWithin(
  name: string,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { tolerance, elements = 'subvoxel', ...options }: SurfaceDiceOptions,
): [Share, Share] | number {
  if (!(tolerance >= 0)) {
    throw new RangeError(`${name}: wanted a tolerance of 0 or more, got ${String(tolerance)}`);
  }
  const all = { elements, ...options };
  const surfaces = distancesOrValue(name, truth, predicted, all, { both: 'nan', one: 0 });
  if (typeof surfaces === 'number') return surfaces;
  const share = ({ distances, sizes }: DirectedDistances): Share => {
    let [within, size] = [0, 0];
    for (let i = 0; i < sizes.length; i++) {
      size += sizes[i]!;
      if (distances[i]! <= tolerance) within += sizes[i]!;
    }
    return { within, size };
  };
  return [share(surfaces.truthToPredicted), share(surfaces.predictedToTruth)];
}
