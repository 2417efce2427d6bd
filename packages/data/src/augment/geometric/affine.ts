import { checkRange, draw, type Range } from '../ranges.js';
import { type GeometricTransform } from '../types.js';

/** Options of {@link randomAffine}; a number r means from -r to r. */
export interface RandomAffineOptions {
  /** Degrees, counterclockwise; default 0. */
  rotate?: Range;
  /** Factors, above 0, that enlarge what is seen; default [1, 1]. */
  scale?: readonly [number, number];
  /** Shares of width and height; default 0. A pair of ranges for x and y. */
  translate?: Range | { x?: Range; y?: Range };
  /** Degrees by which columns lean; default 0. */
  shear?: Range;
}

/**
 * Turns, scales, shears and moves about the center of the image, whose size stays.
 *
 * @throws {RangeError} If a range falls or a scale is not positive.
 *
 * @example
 * ```ts
 * const grow = augmentation([randomAffine({ scale: [2, 2] })]);
 * const sample = { id: 'a', width: 4, height: 1, channels: 1, image: new Float32Array(4), mask: Uint8Array.of(1, 2, 3, 4) };
 * Array.from(grow(sample, { epoch: 0 }).mask); // → [2, 2, 3, 3]
 * ```
 */
export function randomAffine({
  rotate = 0,
  scale = [1, 1],
  translate = 0,
  shear = 0,
}: RandomAffineOptions = {}): GeometricTransform {
  const name = 'randomAffine';
  const degrees = checkRange(name, 'rotate', rotate);
  const factors = checkRange(name, 'scale', scale, [1e-3, 1e3]);
  const shift = typeof translate === 'object' && !Array.isArray(translate) ? (translate as { x?: Range; y?: Range }) : { x: translate as Range, y: translate as Range }; // prettier-ignore
  const [shareX, shareY] = [shift.x ?? 0, shift.y ?? 0].map((range) => checkRange(name, 'translate', range)) as [readonly [number, number], readonly [number, number]]; // prettier-ignore
  const lean = checkRange(name, 'shear', shear, [-89, 89]);
  return {
    name,
    warp({ height, width }, random) {
      const angle = (draw(random, degrees) * Math.PI) / 180;
      const factor = draw(random, factors);
      const [moveX, moveY] = [draw(random, shareX) * width, draw(random, shareY) * height];
      const slope = Math.tan((draw(random, lean) * Math.PI) / 180);
      const [cos, sin] = [Math.cos(angle) / factor, Math.sin(angle) / factor];
      const [centerX, centerY] = [width / 2, height / 2];
      return {
        height,
        width,
        toSource(point) {
          const x = point.x - centerX - moveX;
          const y = point.y - centerY - moveY;
          // The inverse turn of (x, y), y downwards, then the inverse shear.
          const u = cos * x - sin * y;
          const v = sin * x + cos * y;
          point.x = centerX + u - slope * v;
          point.y = centerY + v;
        },
        rowToSource({ x: xs, y: ys }) {
          for (let i = 0; i < xs.length; i++) {
            const x = xs[i]! - centerX - moveX;
            const y = ys[i]! - centerY - moveY;
            const v = sin * x + cos * y;
            xs[i] = centerX + (cos * x - sin * y) - slope * v;
            ys[i] = centerY + v;
          }
        },
      };
    },
  };
}
