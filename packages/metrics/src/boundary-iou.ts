import { valueOfEmpty } from './empty.js';
import { cutRegions, type RegionOptions } from './regions.js';
import { type EmptyOption } from './surface-distances.js';

/** Options of {@link boundaryIou}; by default NaN where both regions are empty and 0 where one is. */
export interface BoundaryIouOptions extends Omit<RegionOptions, 'spacing'>, EmptyOption {
  /** Width of the band in pixels, a whole number from 1; default: 2 % of the image's diagonal, at least 1. */
  width?: number;
}

/**
 * Boundary IoU: the intersection over union of the bands of each region that lie within `width` pixels of its contour,
 * by erosions with a square of 3 pixels; beyond the image is outside.
 *
 * @throws {RangeError} If shapes do not fit or the width is no whole number from 1.
 *
 * @example
 * ```ts
 * const square = [1, 1, 1, 1, 1, 1, 1, 1, 1];
 * boundaryIou(square, [0, 1, 1, 0, 1, 1, 0, 1, 1], { shape: [3, 3] }); // → 0.5556
 * ```
 *
 * @see Cheng et al., "Boundary IoU", CVPR 2021, arXiv:2103.16562, §4.
 */
export function boundaryIou(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { width, empty, ...options }: BoundaryIouOptions,
): number {
  const regions = cutRegions('boundaryIou', truth, predicted, options);
  const band = width ?? Math.max(1, Math.round(0.02 * regions.diagonal));
  if (!Number.isInteger(band) || band < 1) {
    throw new RangeError(`boundaryIou: wanted a whole number from 1 as width, got ${String(width)}`);
  }
  const present = { truth: regions.sizes.truth > 0, predicted: regions.sizes.predicted > 0 };
  const said = valueOfEmpty('boundaryIou', present, empty, { both: 'nan', one: 0 }, () => regions.diagonal);
  if (said !== undefined) return said;
  const [a, b] = [bandOf(regions.truth, regions.shape, band), bandOf(regions.predicted, regions.shape, band)];
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    both += a[i]! & b[i]!;
    either += a[i]! | b[i]!;
  }
  return both / either;
}

/** The pixels of the region that `width` erosions take away. */
function bandOf(region: Uint8Array, shape: readonly number[], width: number): Uint8Array {
  let eroded = region;
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    eroded = erodeAxis(eroded, shape[axis]!, stride, width);
    stride *= shape[axis]!;
  }
  return region.map((inside, i) => inside & (eroded[i]! ^ 1));
}

/** 1 where all pixels up to `width` away along the axis are 1; the region touches no edge of the grid. */
function erodeAxis(region: Uint8Array, size: number, stride: number, width: number): Uint8Array {
  const eroded = new Uint8Array(region.length);
  for (let slab = 0; slab < region.length; slab += size * stride) {
    for (let line = slab; line < slab + stride; line++) {
      let run = 0; // pixels of the region up to here, without a gap
      for (let i = 0, at = line; i < size; i++, at += stride) {
        run = region[at] ? run + 1 : 0;
        if (run > 2 * width) eroded[at - width * stride] = 1;
      }
    }
  }
  return eroded;
}
