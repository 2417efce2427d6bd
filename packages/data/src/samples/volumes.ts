import { IGNORED, type Sample } from './sample.js';
import { weightsFor, type Taps } from './taps.js';

/** Depth, height and width. */
export type VolumeSize = readonly [depth: number, height: number, width: number];

/**
 * Resizes a volume and its mask: the image by area averages along an axis that shrinks and by linear interpolation along one that
 * grows (voxel centers at half integers), the mask by the nearest voxel, so never with a new label. The spacing changes with the size.
 *
 * @param size Depth, height and width in voxels.
 * @throws {RangeError} If a side is not a positive integer. @throws {TypeError} If the sample is an image.
 *
 * @example
 * ```ts
 * const volume = { id: 'a', depth: 2, height: 1, width: 1, channels: 1, image: Float32Array.of(0, 1), mask: Uint8Array.of(0, 7), spacing: [3, 1, 1] };
 * const { image, mask, spacing } = resizeVolume(volume, [4, 1, 1]);
 * Array.from(image); // → [0, 0.25, 0.75, 1]
 * Array.from(mask); // → [0, 0, 7, 7]
 * spacing; // → [1.5, 1, 1]
 * ```
 */
export function resizeVolume(sample: Sample, size: VolumeSize): Sample {
  const from = sizeOf('resizeVolume', sample);
  checkSize('resizeVolume', size);
  if (from.every((side, axis) => side === size[axis])) return sample;
  const { channels, labels = 1, spacing } = sample;
  const shape = [...from];
  let image = sample.image;
  size.forEach((side, axis) => {
    const after = shape.slice(axis + 1).reduce((product, other) => product * other, channels);
    const before = shape.slice(0, axis).reduce((product, other) => product * other, 1);
    if (shape[axis] !== side) image = alongAxis(image, { before, length: shape[axis]!, after }, weightsFor(shape[axis]!, side)); // prettier-ignore
    shape[axis] = side;
  });
  return {
    ...sample,
    ...{ depth: size[0], height: size[1], width: size[2], image },
    mask: nearestMask(sample.mask, from, size, labels),
    ...(spacing && { spacing: spacing.map((one, axis) => (one * from[axis]!) / size[axis]!) }),
  };
}

/** The sums of `taps` along the middle one of three axes. */
function alongAxis(
  values: Float32Array,
  { before, length, after }: { before: number; length: number; after: number },
  taps: Taps,
): Float32Array {
  const result = new Float32Array(before * taps.length * after);
  for (let outer = 0; outer < before; outer++) {
    taps.forEach(({ start, weights }, i) => {
      const to = (outer * taps.length + i) * after;
      const from = (outer * length + start) * after;
      for (let inner = 0; inner < after; inner++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * values[from + k * after + inner]!;
        result[to + inner] = sum;
      }
    });
  }
  return result;
}

function nearestMask(mask: Uint8Array, from: VolumeSize, to: VolumeSize, labels: number): Uint8Array {
  const nearest = (axis: 0 | 1 | 2) =>
    Array.from({ length: to[axis] }, (_, i) => Math.floor(((i + 0.5) * from[axis]) / to[axis]));
  const [slices, rows, columns] = [nearest(0), nearest(1), nearest(2)];
  const result = new Uint8Array(to[0] * to[1] * to[2] * labels);
  let at = 0;
  for (const z of slices) {
    for (const y of rows) {
      for (const x of columns) {
        const voxel = ((z * from[1] + y) * from[2] + x) * labels;
        for (let k = 0; k < labels; k++) result[at++] = mask[voxel + k]!;
      }
    }
  }
  return result;
}

/**
 * Resamples a volume to voxels of another size in mm: {@link resizeVolume} to the whole number of voxels that comes closest.
 *
 * @param spacing Wanted distances of neighboring voxels in mm, along depth, height and width.
 * @throws {RangeError} If a distance is not above 0. @throws {TypeError} If the sample is an image, or has no spacing.
 *
 * @example
 * ```ts
 * const volume = { id: 'a', depth: 2, height: 3, width: 1, channels: 1, image: new Float32Array(6), mask: new Uint8Array(6), spacing: [3, 1, 1] };
 * const { depth, height, spacing } = resampleVolume(volume, [1, 1, 1]);
 * [depth, height, ...spacing]; // → [6, 3, 1, 1, 1]
 * ```
 */
export function resampleVolume(sample: Sample, spacing: VolumeSize): Sample {
  const from = sizeOf('resampleVolume', sample);
  if (!(spacing.length === 3 && spacing.every((one) => one > 0 && Number.isFinite(one)))) {
    throw new RangeError(
      `resampleVolume: wanted spacing as three distances above 0 in mm, got [${String(spacing)}]`,
    );
  }
  const { spacing: own } = sample;
  if (own === undefined) {
    throw new TypeError(`resampleVolume: wanted a volume with its spacing, got none in ${sample.id}`);
  }
  const side = (axis: number) => Math.max(1, Math.round((from[axis]! * own[axis]!) / spacing[axis]!));
  return resizeVolume(sample, [side(0), side(1), side(2)]);
}

/**
 * Returns where the first voxel of an axis lies after {@link padVolume}.
 *
 * @param from Voxels before. @param to Voxels wanted.
 *
 * @example
 * ```ts
 * [paddingBefore(3, 8), paddingBefore(8, 3)]; // → [2, 0]
 * ```
 */
export function paddingBefore(from: number, to: number): number {
  return Math.max(0, Math.floor((to - from) / 2));
}

/**
 * Adds voxels on both sides of every axis along which a volume is smaller than `size`; other axes stay as they are. The image is 0
 * there and the mask 255 (ignored).
 *
 * @param size Least depth, height and width in voxels.
 * @throws {RangeError} If a side is not a positive integer. @throws {TypeError} If the sample is an image.
 *
 * @example
 * ```ts
 * const volume = { id: 'a', depth: 1, height: 1, width: 1, channels: 1, image: Float32Array.of(1), mask: Uint8Array.of(7) };
 * const { mask, width } = padVolume(volume, [1, 1, 3]);
 * Array.from(mask); // → [255, 7, 255]
 * ```
 */
export function padVolume(sample: Sample, size: VolumeSize): Sample {
  const from = sizeOf('padVolume', sample);
  checkSize('padVolume', size);
  if (from.every((side, axis) => side >= size[axis]!)) return sample;
  const { channels, labels = 1 } = sample;
  const to = from.map((side, axis) => Math.max(side, size[axis]!)) as unknown as VolumeSize;
  const [front, top, left] = [0, 1, 2].map((axis) => paddingBefore(from[axis]!, to[axis]!)) as [number, number, number]; // prettier-ignore
  const voxels = to[0] * to[1] * to[2];
  const image = new Float32Array(voxels * channels);
  const mask = new Uint8Array(voxels * labels).fill(IGNORED);
  for (let z = 0; z < from[0]; z++) {
    for (let y = 0; y < from[1]; y++) {
      const row = (z * from[1] + y) * from[2];
      const at = ((z + front) * to[1] + y + top) * to[2] + left;
      image.set(sample.image.subarray(row * channels, (row + from[2]) * channels), at * channels);
      mask.set(sample.mask.subarray(row * labels, (row + from[2]) * labels), at * labels);
    }
  }
  return { ...sample, depth: to[0], height: to[1], width: to[2], image, mask };
}

function sizeOf(caller: string, { id, depth, height, width }: Sample): VolumeSize {
  if (depth !== undefined) return [depth, height, width];
  throw new TypeError(`${caller}: wanted a volume, got the image ${id}; use resizeSample`);
}

function checkSize(caller: string, size: readonly number[]): void {
  if (size.length === 3 && size.every((side) => Number.isInteger(side) && side > 0)) return;
  throw new RangeError(
    `${caller}: wanted size as [depth, height, width] in whole voxels, got [${String(size)}]`,
  );
}
