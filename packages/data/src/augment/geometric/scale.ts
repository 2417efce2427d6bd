import { checkPixels, checkRange, draw } from '../ranges.js';
import { type GeometricTransform } from '../types.js';
import { scaled, stretched } from './warps.js';

/**
 * Scales the image so that its longer side has so many pixels. Nothing is averaged when it shrinks: use `resizeSample` before,
 * for large factors.
 *
 * @example
 * ```ts
 * const fit = augmentation([scaleLongestSide(4)]);
 * const sample = { id: 'a', width: 2, height: 1, channels: 1, image: new Float32Array(2), mask: Uint8Array.of(1, 2) };
 * Array.from(fit(sample, { epoch: 0 }).mask); // → [1, 1, 2, 2, 1, 1, 2, 2]
 * ```
 */
export function scaleLongestSide(pixels: number): GeometricTransform {
  checkPixels('scaleLongestSide', [pixels, pixels]);
  return {
    name: 'scaleLongestSide',
    warp: (from) => scaled(from, pixels / Math.max(from.height, from.width)),
  };
}

/**
 * Scales height and width by a random factor; the size of the image changes, so a crop comes after it.
 *
 * @throws {RangeError} If the range falls or is not positive.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 2, height: 1, channels: 1, image: new Float32Array(2), mask: Uint8Array.of(1, 2) };
 * augmentation([randomScale([2, 2])])(sample, { epoch: 0 }).width; // → 4
 * ```
 */
export function randomScale(range: readonly [low: number, high: number]): GeometricTransform {
  const factors = checkRange('randomScale', 'range', range, [1e-3, 1e3]);
  return { name: 'randomScale', warp: (from, random) => scaled(from, draw(random, factors)) };
}

/**
 * Stretches the image to a size.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 2, height: 1, channels: 1, image: new Float32Array(2), mask: Uint8Array.of(1, 2) };
 * Array.from(augmentation([stretchTo([1, 4])])(sample, { epoch: 0 }).mask); // → [1, 1, 2, 2]
 * ```
 */
export function stretchTo(size: readonly [height: number, width: number]): GeometricTransform {
  const [height, width] = checkPixels('stretchTo', size);
  return {
    name: 'stretchTo',
    warp: (from) => stretched(from, { height, width }),
  };
}
