import { type RandomStream } from '../random.js';
import { type Sample } from '../types.js';
import {
  checkPixels,
  checkProbability,
  checkRange,
  checkSides,
  draw,
  type Range,
  type Sides,
} from './ranges.js';
import { type GeometricTransform, type Size, type Warp } from './types.js';

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
      };
    },
  };
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
      };
    },
  };
}

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
          const [x, y] = [point.x - centerX - moveX, point.y - centerY - moveY];
          // The inverse turn of (x, y), y downwards, then the inverse shear.
          const [u, v] = [cos * x - sin * y, sin * x + cos * y];
          point.x = centerX + u - slope * v;
          point.y = centerY + v;
        },
      };
    },
  };
}

/** Options of {@link randomCrop}. */
export interface RandomCropOptions {
  /**
   * Height and width in pixels, or depth, height and width of volumes, whose slices are all kept otherwise; where the image is
   * smaller, what lies beyond is added on both sides.
   */
  size: Sides;
  /**
   * Crops about a random pixel of one of these classes (each that the image has as likely) instead of anywhere, with this
   * probability (default 1): rare classes are seen more often, and their proportion rises; see `augmentedProportions`.
   */
  focus?: { classes: readonly number[]; probability?: number };
}

/**
 * Cuts a rectangle, or a box of a volume, out at a random place.
 *
 * @throws {RangeError} If the size is not two or three whole numbers, a probability is not one, or a box is to be cut out of an
 *   image.
 *
 * @example
 * ```ts
 * const crop = augmentation([randomCrop({ size: [1, 1], focus: { classes: [7] } })]);
 * const sample = { id: 'a', width: 4, height: 1, channels: 1, image: new Float32Array(4), mask: Uint8Array.of(0, 0, 7, 0) };
 * Array.from(crop(sample, { epoch: 0 }).mask); // → [7]
 * ```
 */
export function randomCrop({ size, focus }: RandomCropOptions): GeometricTransform {
  const wanted = checkSides('randomCrop', size);
  const probability = checkProbability('randomCrop', 'focus.probability', focus?.probability ?? 1);
  return {
    name: 'randomCrop',
    warp(from, random, sample) {
      const center =
        focus && random.uniform() < probability ? pixelOf(sample(), focus.classes, random) : undefined;
      const top = startOf(from.height, wanted.height, random, center?.y);
      const left = startOf(from.width, wanted.width, random, center?.x);
      if (wanted.depth === undefined) return moved(wanted, left, top);
      const front = startOf(slicesOf('randomCrop', from.depth), wanted.depth, random, center?.z);
      return moved(wanted, left, top, front);
    },
  };
}

/**
 * Cuts the middle out, or adds what lies beyond on both sides: images, or volumes, of any size become of one size.
 *
 * @param size [height, width], or [depth, height, width] of volumes, whose slices are all kept otherwise.
 *
 * @example
 * ```ts
 * const fit = augmentation([centerCropOrPad([1, 4])]);
 * const sample = { id: 'a', width: 2, height: 1, channels: 1, image: new Float32Array(2), mask: Uint8Array.of(1, 2) };
 * Array.from(fit(sample, { epoch: 0 }).mask); // → [255, 1, 2, 255]
 * ```
 */
export function centerCropOrPad(size: Sides): GeometricTransform {
  const wanted = checkSides('centerCropOrPad', size);
  const middle = (from: number, side: number) => Math.floor((from - side) / 2);
  return {
    name: 'centerCropOrPad',
    warp(from) {
      const [left, top] = [middle(from.width, wanted.width), middle(from.height, wanted.height)];
      if (wanted.depth === undefined) return moved(wanted, left, top);
      return moved(wanted, left, top, middle(slicesOf('centerCropOrPad', from.depth), wanted.depth));
    },
  };
}

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

/** Slices of a volume; throws for an image. */
function slicesOf(transform: string, depth: number | undefined): number {
  if (depth !== undefined) return depth;
  throw new RangeError(
    `${transform}: wanted volumes, as it was told a depth, got an image; leave the depth out`,
  );
}

function moved(size: Omit<Warp, 'toSource'>, left: number, top: number, front = 0): Warp {
  return {
    ...size,
    toSource(point) {
      point.x += left;
      point.y += top;
      point.z += front;
    },
  };
}

function scaled(from: Size, factor: number): Warp {
  return stretched(from, {
    height: Math.max(1, Math.round(from.height * factor)),
    width: Math.max(1, Math.round(from.width * factor)),
  });
}

function stretched(from: Size, to: Omit<Warp, 'toSource'>): Warp {
  const [x, y] = [from.width / to.width, from.height / to.height];
  return {
    ...to,
    toSource(point) {
      point.x *= x;
      point.y *= y;
    },
  };
}

/** Where a crop begins: anywhere within the image, about `center`, or centered where the image is smaller. */
function startOf(from: number, size: number, random: RandomStream, center: number | undefined): number {
  const room = from - size;
  const drawn = random.uniform();
  if (room <= 0) return Math.floor(room / 2);
  if (center === undefined) return Math.floor(drawn * (room + 1));
  return Math.max(0, Math.min(room, center - Math.floor(drawn * size)));
}

/** A random pixel of a random one of the classes that the sample has; undefined if it has none. */
function pixelOf(
  { mask, width, height, labels }: Sample,
  classes: readonly number[],
  random: RandomStream,
): { x: number; y: number; z: number } | undefined {
  /** The class that an entry of the mask stands for; of a multilabel sample, each pixel has an entry for each label. */
  const classAt = labels === undefined ? (i: number) => mask[i] : (i: number) => (mask[i] === 1 ? i % labels : undefined); // prettier-ignore
  const counts = new Map<number | undefined, number>(classes.map((label) => [label, 0]));
  for (let i = 0; i < mask.length; i++) {
    const count = counts.get(classAt(i));
    if (count !== undefined) counts.set(classAt(i), count + 1);
  }
  const present = classes.filter((label) => counts.get(label)! > 0);
  if (present.length === 0) return undefined;
  const label = present[random.integer(present.length)]!;
  let left = random.integer(counts.get(label)!);
  for (let i = 0; ; i++) {
    if (classAt(i) !== label || left-- > 0) continue;
    const pixel = Math.floor(i / (labels ?? 1));
    const row = Math.floor(pixel / width);
    return { x: pixel % width, y: row % height, z: Math.floor(row / height) };
  }
}
