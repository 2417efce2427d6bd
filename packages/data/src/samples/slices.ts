import { type Sample } from './sample.js';

/** 0 depth, 1 height, 2 width. */
export type SliceAxis = 0 | 1 | 2;

/**
 * A slice of a volume, as an image with its mask. Its rows and columns are the two other axes, in their order.
 *
 * @param options `axis`: across which it is cut: 0 depth (default), 1 height, 2 width; `index`: from 0.
 * @throws {TypeError} If the sample is no volume.
 * @throws {RangeError} If there is no such slice.
 *
 * @example
 * ```ts
 * const volume = { id: 'a', depth: 2, height: 1, width: 2, channels: 1, image: new Float32Array(4), mask: Uint8Array.of(1, 2, 3, 4), spacing: [5, 1, 1] };
 * Array.from(sliceOf(volume, { index: 1 }).mask); // → [3, 4]
 * const { id, height, width, spacing, mask } = sliceOf(volume, { axis: 2, index: 0 });
 * [id, height, width, ...spacing, ...mask]; // → ["a/0", 2, 1, 5, 1, 1, 3]
 * ```
 */
export function sliceOf(volume: Sample, { axis = 0, index }: { axis?: SliceAxis; index: number }): Sample {
  const { id, depth, height, width, channels, labels = 1, spacing } = volume;
  if (depth === undefined) throw new TypeError(`sliceOf: wanted a volume, got the image ${id}`);
  const sizes = [depth, height, width];
  if (!(Number.isInteger(index) && index >= 0 && index < (sizes[axis] ?? 0))) {
    throw new RangeError(
      `sliceOf: wanted axis 0, 1 or 2 and an index below [${sizes}][axis], got axis ${String(axis)}, index ${index} of ${id}`,
    );
  }
  const strides = [height * width, width, 1];
  const [rows, columns] = [0, 1, 2].filter((other) => other !== axis) as [number, number];
  const [slicedHeight, slicedWidth] = [sizes[rows]!, sizes[columns]!];
  const mask = new Uint8Array(slicedHeight * slicedWidth * labels);
  const image = new Float32Array(slicedHeight * slicedWidth * channels);
  for (let y = 0, to = 0; y < slicedHeight; y++) {
    for (let x = 0; x < slicedWidth; x++, to++) {
      const from = index * strides[axis]! + y * strides[rows]! + x * strides[columns]!;
      for (let k = 0; k < labels; k++) mask[to * labels + k] = volume.mask[from * labels + k]!;
      for (let c = 0; c < channels; c++) image[to * channels + c] = volume.image[from * channels + c]!;
    }
  }
  return {
    id: `${id}/${index}`,
    height: slicedHeight,
    width: slicedWidth,
    channels,
    image,
    mask,
    ...(volume.labels !== undefined && { labels }),
    ...(spacing && { spacing: [spacing[rows]!, spacing[columns]!] }),
  };
}
