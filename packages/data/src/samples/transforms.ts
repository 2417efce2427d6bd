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
  for (const [name, value] of Object.entries({ height, width })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`resizeSample: wanted ${name} to be a positive integer, got ${String(value)}`);
    }
  }
  if (sample.depth !== undefined) {
    throw new TypeError(
      `resizeSample: wanted an image, got the volume ${sample.id}; use resizeVolume, or take its slices`,
    );
  }
  if (sample.height === height && sample.width === width) return sample;
  const { channels, labels = 1, spacing: [dy, dx] = [] } = sample;
  const wide = resizeRows(
    sample.image,
    sample.height,
    sample.width,
    channels,
    weightsFor(sample.width, width),
  );
  const image = resizeColumns(wide, width * channels, weightsFor(sample.height, height));
  const mask = new Uint8Array(height * width * labels);
  const columns = Int32Array.from({ length: width }, (_, x) =>
    Math.floor(((x + 0.5) * sample.width) / width),
  );
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * sample.height) / height) * sample.width;
    for (let x = 0; x < width; x++) {
      const from = (row + columns[x]!) * labels;
      for (let k = 0; k < labels; k++) mask[(y * width + x) * labels + k] = sample.mask[from + k]!;
    }
  }
  const spacing = dy !== undefined &&
    dx !== undefined && [(dy * sample.height) / height, (dx * sample.width) / width];
  return { ...sample, height, width, image, mask, ...(spacing && { spacing }) };
}

/** Which source pixels make a target pixel, and with what weights. */
export type Taps = readonly { readonly start: number; readonly weights: Float64Array }[];

/** A triangle as wide as the larger of the two pixels: bilinear when growing, antialiased when shrinking. */
export function weightsFor(source: number, target: number): Taps {
  const ratio = source / target;
  const support = Math.max(1, ratio);
  return Array.from({ length: target }, (_, i) => {
    const center = (i + 0.5) * ratio - 0.5;
    const start = Math.max(0, Math.ceil(center - support));
    const end = Math.min(source - 1, Math.floor(center + support));
    const weights: number[] = [];
    for (let x = start; x <= end; x++) weights.push(Math.max(0, 1 - Math.abs(x - center) / support));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { start, weights: Float64Array.from(weights, (weight) => weight / total) };
  });
}

function resizeRows(
  image: Float32Array,
  height: number,
  width: number,
  channels: number,
  taps: Taps,
): Float32Array {
  const result = new Float32Array(height * taps.length * channels);
  const rowLength = width * channels;
  for (let y = 0, to = 0; y < height; y++) {
    for (const { start, weights } of taps) {
      const first = y * rowLength + start * channels;
      if (channels === 3) {
        let [red, green, blue] = [0, 0, 0];
        for (let k = 0, from = first; k < weights.length; k++, from += 3) {
          const weight = weights[k]!;
          red += weight * image[from]!;
          green += weight * image[from + 1]!;
          blue += weight * image[from + 2]!;
        }
        result[to++] = red;
        result[to++] = green;
        result[to++] = blue;
        continue;
      }
      for (let c = 0; c < channels; c++, to++) {
        let sum = 0;
        for (let k = 0, from = first + c; k < weights.length; k++, from += channels)
          sum += weights[k]! * image[from]!;
        result[to] = sum;
      }
    }
  }
  return result;
}

function resizeColumns(image: Float32Array, rowLength: number, taps: Taps): Float32Array {
  const result = new Float32Array(taps.length * rowLength);
  const sums = new Float64Array(rowLength);
  taps.forEach(({ start, weights }, y) => {
    sums.fill(0);
    for (let k = 0; k < weights.length; k++) {
      const weight = weights[k]!;
      const row = image.subarray((start + k) * rowLength, (start + k + 1) * rowLength);
      for (let i = 0; i < rowLength; i++) sums[i]! += weight * row[i]!;
    }
    result.set(sums, y * rowLength);
  });
  return result;
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
  const samples: Sample[] = [];
  for (const source of sources.slice(0, limit)) {
    const sample = await source.load();
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
