import { resizeImage, resizeMask } from './resize.js';
import { IGNORED, type Sample, type SampleSource } from './sample.js';

/**
 * An image and its mask at another size: the image by area averages when it shrinks and bilinear interpolation when it
 * grows (pixel centers at half integers), the mask by the nearest pixel, so never with a new label.
 *
 * @param sample Image and mask.
 * @param height In pixels. @param width In pixels.
 * @throws {RangeError} If height or width is not a positive integer. @throws {TypeError} If the sample is a volume.
 *
 * @example
 * ```ts
 * const sample = { id: 'a', width: 2, height: 1, channels: 1, image: Float32Array.of(0, 1), mask: Uint8Array.of(0, 7) };
 * const { image, mask } = resizeSample(sample, 1, 4);
 * Array.from(image); // → [0, 0.25, 0.75, 1]
 * Array.from(mask); // → [0, 0, 7, 7]
 * ```
 */
export function resizeSample(sample: Sample, height: number, width: number): Sample {
  checkSize('resizeSample', height, width);
  if (sample.depth !== undefined) {
    throw new TypeError(
      `resizeSample: wanted an image, got the volume ${sample.id}; use resizeVolume, or take its slices`,
    );
  }
  if (sample.height === height && sample.width === width) return sample;
  const { spacing: [dy, dx] = [] } = sample;
  const image = resizeImage(sample, height, width);
  const mask = resizeMask(sample, height, width);
  const spacing = dy !== undefined &&
    dx !== undefined && [(dy * sample.height) / height, (dx * sample.width) / width];
  return { ...sample, height, width, image, mask, ...(spacing && { spacing }) };
}

function checkSize(caller: string, height: number, width: number): void {
  for (const [name, value] of Object.entries({ height, width })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`${caller}: wanted ${name} to be a positive integer, got ${String(value)}`);
    }
  }
}

/**
 * Loads samples one after the other, resized where a size is given.
 *
 * @param options `size`: height and width in pixels; `limit`: largest number of images.
 *
 * @example
 * ```ts
 * const { val } = syntheticDataset({ size: 8, train: 0, val: 3 });
 * (await loadAll(val, { size: [4, 4], limit: 2 })).map((sample) => sample.mask.length); // → [16, 16]
 * ```
 */
export async function loadAll(
  sources: readonly SampleSource[],
  { size, limit = sources.length }: { size?: readonly [height: number, width: number]; limit?: number } = {},
): Promise<Sample[]> {
  if (size) checkSize('loadAll', ...size);
  const samples: Sample[] = [];
  for (const source of sources.slice(0, limit)) {
    const sample = await source.load(size && { size });
    samples.push(size ? resizeSample(sample, size[0], size[1]) : sample);
  }
  return samples;
}

/**
 * The share of each class among the pixels that are not ignored.
 *
 * @returns `numClasses` proportions that sum to 1, or NaN if every pixel is ignored. Of multilabel samples the share of the
 *   pixels where each label holds; these need not sum to 1.
 *
 * @example
 * ```ts
 * classProportions([{ mask: Uint8Array.of(0, 0, 1, 255) }], 2); // → [0.6667, 0.3333]
 * classProportions([{ mask: Uint8Array.of(1, 1, 1, 0), labels: 2 }], 2); // → [1, 0.5]
 * ```
 */
export function classProportions(
  samples: readonly Pick<Sample, 'mask' | 'labels'>[],
  numClasses: number,
): number[] {
  const { pixels, labelled } = samples.reduce(
    (sum, sample) => addCounts(sum, labelCounts(sample, numClasses)),
    noCounts(numClasses),
  );
  return pixels.map((count, k) => count / labelled[k]!);
}

/** Of each class: its pixels, and the pixels that could have had it; and how many were ignored. */
export interface LabelCounts {
  readonly pixels: number[];
  readonly labelled: number[];
  readonly ignored: number;
}

export function noCounts(classes: number): LabelCounts {
  return { pixels: Array<number>(classes).fill(0), labelled: Array<number>(classes).fill(0), ignored: 0 };
}

export function addCounts(a: LabelCounts, b: LabelCounts): LabelCounts {
  const sum = (x: number[], y: number[]) => x.map((value, k) => value + y[k]!);
  return {
    pixels: sum(a.pixels, b.pixels),
    labelled: sum(a.labelled, b.labelled),
    ignored: a.ignored + b.ignored,
  };
}

export function labelCounts({ mask, labels }: Pick<Sample, 'mask' | 'labels'>, classes: number): LabelCounts {
  if (labels === undefined) {
    const counts = new Float64Array(256);
    for (const label of mask) counts[label]!++;
    const pixels = Array.from(counts.subarray(0, classes));
    const total = pixels.reduce((sum, count) => sum + count, 0);
    return { pixels, labelled: pixels.map(() => total), ignored: mask.length - total };
  }
  const { pixels, labelled } = noCounts(classes);
  for (let i = 0, k = 0; i < mask.length; i++, k = (k + 1) % labels) {
    if (mask[i] === IGNORED) continue;
    labelled[k]!++;
    pixels[k]! += mask[i]!;
  }
  return { pixels, labelled, ignored: mask.length - labelled.reduce((sum, count) => sum + count, 0) };
}

/**
 * At most `count` items, evenly spaced: the first images of a folder are often one video.
 *
 * @example
 * ```ts
 * spread(['a', 'b', 'c', 'd', 'e', 'f'], 3); // → ["a", "c", "e"]
 * spread(['a', 'b'], 3); // → ["a", "b"]
 * ```
 */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (count >= items.length) return [...items];
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)]!);
}
