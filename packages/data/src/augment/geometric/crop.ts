import { type RandomStream } from '../../samples/random.js';
import { type Sample } from '../../samples/sample.js';
import { checkProbability, checkSides, type Sides } from '../ranges.js';
import { type GeometricTransform } from '../types.js';
import { slicesOf, moved } from './warps.js';

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
