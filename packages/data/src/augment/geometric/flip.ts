import { checkProbability } from '../ranges.js';
import { type GeometricTransform } from '../types.js';
import { slicesOf } from './warps.js';

/**
 * Mirrors left and right, top and bottom, and the slices of volumes, each with its probability.
 *
 * @param options `horizontal`: default 0.5; `vertical`: default 0, since up and down differ in most images; `depth`: default 0.
 * @throws {RangeError} If a probability is none, or `depth` is above 0 and a sample is no volume.
 *
 * @example
 * ```ts
 * const flip = augmentation([randomFlip({ horizontal: 1 })]);
 * const sample = { id: 'a', width: 2, height: 1, channels: 1, image: Float32Array.of(0, 1), mask: Uint8Array.of(0, 7) };
 * Array.from(flip(sample, { epoch: 0 }).mask); // → [7, 0]
 * ```
 */
export function randomFlip({
  horizontal = 0.5,
  vertical = 0,
  depth: reversal = 0,
}: { horizontal?: number; vertical?: number; depth?: number } = {}): GeometricTransform {
  checkProbability('randomFlip', 'horizontal', horizontal);
  checkProbability('randomFlip', 'vertical', vertical);
  checkProbability('randomFlip', 'depth', reversal);
  return {
    name: 'randomFlip',
    warp({ depth, height, width }, random) {
      const [mirrored, turned] = [random.uniform() < horizontal, random.uniform() < vertical];
      const slices = reversal > 0 ? slicesOf('randomFlip', depth) : 0;
      const reversed = reversal > 0 && random.uniform() < reversal;
      if (!mirrored && !turned && !reversed) return undefined;
      return {
        height,
        width,
        toSource(point) {
          if (mirrored) point.x = width - point.x;
          if (turned) point.y = height - point.y;
          if (reversed) point.z = slices - point.z;
        },
        rowToSource({ x, y, z }) {
          if (mirrored) mirror(x, width);
          if (turned) mirror(y, height);
          if (reversed) mirror(z, slices);
        },
      };
    },
  };
}

function mirror(places: Float64Array, size: number): void {
  for (let i = 0; i < places.length; i++) places[i] = size - places[i]!;
}

/**
 * Turns by 0, 90, 180 or 270 degrees, each as likely; the size of an image that is not square changes.
 *
 * @example
 * ```ts
 * const turn = augmentation([randomRotate90()], { seed: 1 });
 * const sample = { id: 'a', width: 2, height: 2, channels: 1, image: new Float32Array(4), mask: Uint8Array.of(1, 2, 3, 4) };
 * Array.from(turn(sample, { epoch: 0 }).mask).sort(); // → [1, 2, 3, 4]
 * ```
 */
export function randomRotate90(): GeometricTransform {
  return {
    name: 'randomRotate90',
    warp({ height, width }, random) {
      const quarters = random.integer(4);
      if (quarters === 0) return undefined;
      const odd = quarters % 2 === 1;
      return {
        height: odd ? width : height,
        width: odd ? height : width,
        toSource(point) {
          const { x, y } = point;
          // Counterclockwise: the source's right edge becomes the top.
          point.x = quarters === 1 ? width - y : quarters === 2 ? width - x : y;
          point.y = quarters === 1 ? x : quarters === 2 ? height - y : height - x;
        },
        rowToSource({ x: xs, y: ys }) {
          for (let i = 0; i < xs.length; i++) {
            const [x, y] = [xs[i]!, ys[i]!];
            xs[i] = quarters === 1 ? width - y : quarters === 2 ? width - x : y;
            ys[i] = quarters === 1 ? x : quarters === 2 ? height - y : height - x;
          }
        },
      };
    },
  };
}
