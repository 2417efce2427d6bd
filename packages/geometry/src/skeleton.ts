import { asVolume, checkShape } from './grid.js';
import { thinPlane } from './thin-plane.js';
import { thinVolume } from './thin-volume.js';

/**
 * Thins a mask to its skeleton: lines in the middle of the mask that have its components, holes and branches.
 *
 * 2-D masks are thinned by the algorithm of Guo and Hall, 3-D masks by removing simple points from six directions in turn (Lee). The
 * number of components and of holes stays the same. A volume of one slice gives Lee's skeleton of an image.
 *
 * @param mask Values in row-major order; everything but 0 belongs to the mask. Beyond the image is outside.
 * @param shape `[height, width]` or `[depth, height, width]`.
 * @returns 1 on the skeleton, else 0.
 * @throws {RangeError} If the shape does not have two or three axes, or does not fit.
 *
 * @example
 * ```ts
 * const bar = new Uint8Array(15).fill(1); // 3 x 5
 * Array.from(skeleton(bar, [3, 5])); // → [0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]
 * ```
 *
 * @see Z. Guo, R. Hall, "Parallel thinning with two-subiteration algorithms", CACM 1989 (A1); T. Lee, R. Kashyap, C. Chu, "Building
 *   skeleton models via 3-D medial surface/axis thinning algorithms", CVGIP 1994.
 */
export function skeleton(mask: ArrayLike<number>, shape: readonly number[]): Uint8Array {
  if (shape.length !== 2 && shape.length !== 3) {
    throw new RangeError(`skeleton: wanted a shape of 2 or 3 axes, got [${shape}]`);
  }
  checkShape('skeleton', mask.length, shape);
  const [depth, height, width] = asVolume('skeleton', shape);
  const frame = shape.length === 3 ? 1 : 0; // one pixel of outside around, in the plane or the volume
  const framed = new Uint8Array((depth + 2 * frame) * (height + 2) * (width + 2));
  const rowAt = (z: number, y: number): number => ((z + frame) * (height + 2) + y + 1) * (width + 2) + 1;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const [from, to] = [(z * height + y) * width, rowAt(z, y)];
      for (let x = 0; x < width; x++) framed[to + x] = mask[from + x] ? 1 : 0;
    }
  }
  if (shape.length === 2) thinPlane(framed, width + 2);
  else thinVolume(framed, height + 2, width + 2);
  const thinned = new Uint8Array(mask.length);
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      const from = rowAt(z, y);
      thinned.set(framed.subarray(from, from + width), (z * height + y) * width);
    }
  }
  return thinned;
}
