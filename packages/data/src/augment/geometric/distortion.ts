import { type GeometricTransform } from '../types.js';

/** Options of {@link elastic} and {@link gridDistortion}. */
export interface DistortionOptions {
  /** Distance of the points that are moved, in shares of the longer side; default 0.2. */
  spacing?: number;
  /** Standard deviation of their moves along each axis, in shares of the spacing; default 0.15, above 0.3 folds appear. */
  strength?: number;
}

/**
 * Bends the image smoothly: points of a grid are moved at random, and what lies between follows a cubic B-spline.
 *
 * @throws {RangeError} If spacing or strength is out of range.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 3, height: 1, channels: 1, image: new Float32Array(3), mask: Uint8Array.of(1, 1, 1) };
 * augmentation([elastic({ strength: 0 })])(sample, { epoch: 0 }).mask.length; // → 3
 * ```
 *
 * @see Rueckert et al., "Nonrigid registration using free-form deformations", IEEE TMI 1999; Simard et al., ICDAR 2003, for
 *   elastic distortion as augmentation.
 */
export function elastic(options: DistortionOptions = {}): GeometricTransform {
  return distortion('elastic', options, cubic);
}

/**
 * Stretches and squeezes the cells of a grid: as {@link elastic}, but straight between the points.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 3, height: 1, channels: 1, image: new Float32Array(3), mask: Uint8Array.of(1, 1, 1) };
 * augmentation([gridDistortion({ strength: 0 })])(sample, { epoch: 0 }).mask.length; // → 3
 * ```
 */
export function gridDistortion(options: DistortionOptions = {}): GeometricTransform {
  return distortion('gridDistortion', options, linear);
}

/** Weights of the four grid points around a place, t from 0 to 1 between the middle two. */
type Basis = (t: number) => readonly [number, number, number, number];

const cubic: Basis = (t) => {
  const s = 1 - t;
  return [s ** 3 / 6, (3 * t ** 3 - 6 * t ** 2 + 4) / 6, (3 * s ** 3 - 6 * s ** 2 + 4) / 6, t ** 3 / 6];
};

const linear: Basis = (t) => [0, 1 - t, t, 0];

function distortion(
  name: string,
  { spacing = 0.2, strength = 0.15 }: DistortionOptions,
  basis: Basis,
): GeometricTransform {
  if (!(spacing > 0 && spacing <= 1)) {
    throw new RangeError(`${name}: wanted spacing above 0 and up to 1, got ${String(spacing)}`);
  }
  if (!(strength >= 0 && strength <= 1)) {
    throw new RangeError(`${name}: wanted strength from 0 to 1, got ${String(strength)}`);
  }
  return {
    name,
    warp({ height, width }, random) {
      const step = spacing * Math.max(height, width);
      const [rows, columns] = [height, width].map((side) => Math.ceil(side / step) + 4) as [number, number];
      const moves = Float64Array.from(
        { length: 2 * rows * columns },
        () => random.normal() * strength * step,
      );
      return {
        height,
        width,
        toSource(point) {
          const [gx, gy] = [point.x / step, point.y / step];
          const [column, row] = [Math.floor(gx), Math.floor(gy)];
          // Places that another transform moved out of the image keep the moves at its edge.
          const [c0, r0] = [limit(column, columns - 4), limit(row, rows - 4)];
          const [wx, wy] = [basis(c0 === column ? gx - column : 0), basis(r0 === row ? gy - row : 0)];
          let [dx, dy] = [0, 0];
          for (let j = 0; j < 4; j++) {
            for (let i = 0; i < 4; i++) {
              const weight = wy[j]! * wx[i]!;
              const at = 2 * ((r0 + j) * columns + c0 + i);
              dx += weight * moves[at]!;
              dy += weight * moves[at + 1]!;
            }
          }
          point.x += dx;
          point.y += dy;
        },
      };
    },
  };
}

const limit = (value: number, last: number) => Math.max(0, Math.min(last, value));
