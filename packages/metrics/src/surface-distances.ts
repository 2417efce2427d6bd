import { squaredDistanceTransform } from '@segloss/geometry';

import { valueOfEmpty, type EmptyRule, type EmptyValue } from './empty.js';
import { cutRegions, type RegionOptions } from './regions.js';
import { distancesToClose } from './close-elements.js';
import { NearestPoints } from './nearest-points.js';
import { pixelElements, subvoxelElements, type SurfaceElements } from './surface-elements.js';

/** Options of everything that is measured between two surfaces. */
export interface SurfaceOptions extends RegionOptions {
  /**
   * What a surface is made of. `pixel` (default): the pixels of the region with a neighbor along an axis outside of it, each
   * counting 1, as MONAI and medpy; beyond the image is outside. `subvoxel`: lines or areas between the pixels, each
   * counting as much as it measures, as DeepMind's surface-distance (2-D and 3-D).
   */
  elements?: 'pixel' | 'subvoxel';
}

/** Adds what is said of empty regions. */
export interface EmptyOption {
  /** The result where one region or both are empty; each metric says what it is by default. */
  empty?: EmptyRule;
}

/** Distances from every element of one surface to the other surface. */
export interface DirectedDistances {
  /** One for each element, in the unit of `spacing`. */
  readonly distances: Float64Array;
  /** How much each counts: 1, or its length or area. */
  readonly sizes: Float64Array;
}

/** Distances between two surfaces, in both directions. */
export interface SurfaceDistances {
  readonly truthToPredicted: DirectedDistances;
  readonly predictedToTruth: DirectedDistances;
}

/**
 * The distances from every element of each region's surface to the nearest element of the other's; all other metrics of
 * surfaces are made of these.
 *
 * @param truth True labels. @param predicted Predicted labels, of the same shape.
 * @returns Empty arrays for an empty region; distances to an empty region are infinite.
 * @throws {RangeError} If shapes do not fit or an option is out of range.
 *
 * @example
 * ```ts
 * const { truthToPredicted } = surfaceDistances([1, 0, 0, 0], [0, 0, 0, 1], { shape: [1, 4] });
 * Array.from(truthToPredicted.distances); // → [3]
 * ```
 *
 * @see Nikolov et al., "Deep learning to achieve clinically applicable segmentation", arXiv:1809.04430 (`subvoxel`).
 */
export function surfaceDistances(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: SurfaceOptions,
): SurfaceDistances {
  return measure('surfaceDistances', truth, predicted, options).surfaces;
}

/** The distances, or the value for empty regions. */
export function distancesOrValue(
  name: string,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { empty, ...options }: SurfaceOptions & EmptyOption,
  otherwise: { both: EmptyValue; one: EmptyValue },
): SurfaceDistances | number {
  const { surfaces, present, diagonal } = measure(name, truth, predicted, options);
  return valueOfEmpty(name, present, empty, otherwise, () => diagonal) ?? surfaces;
}

function measure(
  name: string,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { elements = 'pixel', ...options }: SurfaceOptions,
) {
  if (elements !== 'pixel' && elements !== 'subvoxel') {
    throw new RangeError(`${name}: wanted elements 'pixel' or 'subvoxel', got ${JSON.stringify(elements)}`);
  }
  const rank = options.shape.length;
  if (elements === 'subvoxel' && rank !== 2 && rank !== 3) {
    throw new RangeError(`${name}: wanted 2 or 3 axes for elements 'subvoxel', got ${rank}; use 'pixel'`);
  }
  const regions = cutRegions(name, truth, predicted, options);
  const { shape, spacing, sizes, diagonal } = regions;
  const [ofTruth, ofPredicted] = ([regions.truth, regions.predicted] as const).map((region) =>
    elements === 'pixel' ? pixelElements(region, shape) : subvoxelElements(region, shape, spacing),
  ) as [SurfaceElements, SurfaceElements];
  return {
    surfaces: {
      truthToPredicted: directed(ofTruth, ofPredicted, spacing),
      predictedToTruth: directed(ofPredicted, ofTruth, spacing),
    },
    present: { truth: sizes.truth > 0, predicted: sizes.predicted > 0 },
    diagonal,
  };
}

function directed(from: SurfaceElements, to: SurfaceElements, spacing: readonly number[]): DirectedDistances {
  const distances = squaredDistances(from.places, to, spacing);
  for (let i = 0; i < distances.length; i++) distances[i] = Math.sqrt(distances[i]!);
  return {
    distances,
    get sizes() {
      return from.sizes;
    },
  };
}

/** A question to the tree of points costs about as much as the distances of so many pixels. */
const PIXELS_PER_POINT = 16;

/** Where elements are rarer, some places are probably far from all of them. */
const PIXELS_PER_ELEMENT = 64;

/** The squared distances of places to the nearest element, by a tree of the elements, or where there are many from row to row, or by those of all pixels. */
function squaredDistances(
  places: Int32Array,
  { places: elements, shape }: SurfaceElements,
  spacing: readonly number[],
): Float64Array {
  if (elements.length === 0) return new Float64Array(places.length).fill(Infinity);
  const pixels = shape.reduce((product, size) => product * size, 1);
  if (shape.length <= 3 && (places.length + elements.length) * PIXELS_PER_POINT < pixels) {
    return new NearestPoints(elements, shape, spacing).squaredDistances(places, shape);
  }
  const isDense = elements.length * PIXELS_PER_ELEMENT > pixels && (shape.length === 2 || shape.length === 3);
  const close = isDense ? distancesToClose(places, elements, shape, spacing) : undefined;
  if (close !== undefined) return close;
  const mask = new Uint8Array(pixels);
  for (let i = 0; i < elements.length; i++) mask[elements[i]!] = 1;
  const squared = squaredDistanceTransform(mask, shape, spacing);
  const distances = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) distances[i] = squared[places[i]!]!;
  return distances;
}
