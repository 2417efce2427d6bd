import { type Sample } from '@segloss/data/samples';
import { type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { inGroups, sizesOf, toBatch } from './batches.js';
import { checkLogits, classify, mostProbable, type Prediction } from './classify.js';

/** Options of {@link predictSliding}. */
export interface SlidingWindowOptions {
  /** Overlap of neighboring windows as a share of their size, from 0 to below 1. Default 0.5. */
  overlap?: number;
  /** Weight of a pixel by its place in a window: `gaussian` (default; less at the borders) or `constant`. */
  weighting?: 'gaussian' | 'constant';
  /** Windows of one forward pass. Default 8. */
  batchSize?: number;
}

/**
 * Predicts an image or volume that is larger than the model's input: windows of the model's size cover it at equal distances, and
 * their logits are averaged. What is smaller is padded with zeros.
 *
 * @param model Returns logits `[B, H, W, K]`, of volumes `[B, D, H, W, K]`; K = 1 is binary.
 * @param sample Of any size, with as many axes as the model takes.
 * @throws {RangeError} If axes or channels are not those of the model, an option is out of range, or a logit is not finite.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const sample = { id: 'a', width: 9, height: 5, channels: 1, image: new Float32Array(45), mask: new Uint8Array(45) };
 * const { labels } = await predictSliding(model, sample, { overlap: 0.5 });
 * labels.length; // → 45
 * ```
 *
 * @see Isensee et al., "nnU-Net", Nature Methods 2021, Methods: the overlap and the Gaussian weighting (σ an eighth of the window).
 */
export async function predictSliding(
  model: LayersModel,
  sample: Sample,
  options: SlidingWindowOptions = {},
): Promise<Prediction> {
  const pixels = sizesOf(sample).reduce((product, side) => product * side);
  const channels = model.outputs[0]!.shape.at(-1)!;
  const labels = new Uint8Array(pixels);
  const probabilities = new Float32Array(pixels * Math.max(2, channels));
  for await (const { start, logits } of slidingStrips(model, sample, options)) {
    checkLogits('predictSliding', logits, sample.id);
    const strip = classify(logits, channels);
    labels.set(strip.labels, start);
    probabilities.set(strip.probabilities, start * Math.max(2, channels));
  }
  return { id: sample.id, labels, probabilities };
}

/**
 * Returns the labels of {@link predictSliding} without the probabilities: memory beyond the image is a byte for each pixel, and the windows of one
 * row.
 *
 * @param model Returns logits `[B, H, W, K]`, of volumes `[B, D, H, W, K]`; K = 1 is binary.
 * @param sample Of any size, with as many axes as the model takes.
 * @returns Class index of each pixel.
 * @throws {RangeError} If axes or channels are not those of the model, an option is out of range, or a logit is not finite.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const sample = { id: 'a', width: 9, height: 5, channels: 1, image: new Float32Array(45), mask: new Uint8Array(45) };
 * const labels = await predictSlidingLabels(model, sample);
 * labels.length; // → 45
 * ```
 */
export async function predictSlidingLabels(
  model: LayersModel,
  sample: Sample,
  options: SlidingWindowOptions = {},
): Promise<Uint8Array> {
  const channels = model.outputs[0]!.shape.at(-1)!;
  const labels = new Uint8Array(sizesOf(sample).reduce((product, side) => product * side));
  for await (const { start, logits } of slidingStrips(model, sample, options)) {
    checkLogits('predictSlidingLabels', logits, sample.id);
    labels.set(mostProbable(logits, channels), start);
  }
  return labels;
}

/** Weighted means of the logits of windows, `[pixels, channels]`. */
export async function slidingLogits(
  model: LayersModel,
  sample: Sample,
  options: SlidingWindowOptions = {},
): Promise<Float32Array> {
  const channels = model.outputs[0]!.shape.at(-1)!;
  const all = new Float32Array(sizesOf(sample).reduce((product, side) => product * side, channels));
  for await (const { start, logits } of slidingStrips(model, sample, options))
    all.set(logits, start * channels);
  return all;
}

/** Finished logits of some rows of an image, or of some slices of a volume. */
interface Strip {
  /** Index of the first pixel. */
  readonly start: number;
  /** `[pixels, channels]` */
  readonly logits: Float32Array;
}

/** The weighted means of the logits, strip by strip from the top: only the rows that a window may still reach are kept as sums. */
async function* slidingStrips(
  model: LayersModel,
  sample: Sample,
  { overlap = 0.5, weighting = 'gaussian', batchSize = 8 }: SlidingWindowOptions,
): AsyncGenerator<Strip, void, undefined> {
  const window = checkedWindow(model, sample, overlap);
  const channels = model.outputs[0]!.shape.at(-1)!;
  const [size, box] = [asLayers(sizesOf(sample)), asLayers(window)];
  const [depths, rows, columns] = box.map((side) => profile(side, weighting)) as [number[], number[], number[]]; // prettier-ignore
  const [fronts, tops, lefts] = size.map((side, axis) => starts(side, box[axis]!, overlap)) as [number[], number[], number[]]; // prettier-ignore
  const places = fronts.flatMap((front) =>
    tops.flatMap((top) => lefts.map((left): Box => [front, top, left])),
  );
  const layer = size[1] * size[2];
  // Layer z of the image is kept at z mod the window's layers.
  const sums = new Float64Array(box[0] * layer * channels);
  const weights = new Float64Array(box[0] * layer);
  let done = 0;

  function* finish(end: number): Generator<Strip> {
    for (; done < end; done++) {
      const from = (done % box[0]) * layer;
      const logits = new Float32Array(layer * channels);
      for (let i = 0, at = 0; i < layer; i++) {
        const weight = weights[from + i]!;
        for (let k = 0; k < channels; k++, at++) logits[at] = sums[from * channels + at]! / weight;
      }
      sums.fill(0, from * channels, (from + layer) * channels);
      weights.fill(0, from, from + layer);
      yield { start: done * layer, logits };
    }
  }

  for (const group of inGroups(places, batchSize)) {
    const { images, labels } = toBatch(group.map((place) => cut(sample, size, place, window)));
    const predicted = model.predict(images) as Tensor;
    const values = await predicted.data();
    [images, labels, predicted].forEach((tensor) => tensor.dispose());
    for (const [i, [front, top, left]] of group.entries()) {
      yield* finish(front);
      for (let z = 0; z < box[0] && front + z < size[0]; z++) {
        for (let y = 0; y < box[1] && top + y < size[1]; y++) {
          const partial = depths[z]! * rows[y]!;
          let to = ((front + z) % box[0]) * layer + (top + y) * size[2] + left;
          let from = ((i * box[0] + z) * box[1] + y) * box[2] * channels;
          for (let x = 0; x < box[2] && left + x < size[2]; x++, to++) {
            const weight = partial * columns[x]!;
            weights[to]! += weight;
            for (let k = 0; k < channels; k++) sums[to * channels + k]! += weight * values[from++]!;
          }
        }
      }
    }
  }
  yield* finish(size[0]);
}

/** The sizes of the model's windows. @throws {RangeError} If the sample or the overlap does not fit. */
function checkedWindow(model: LayersModel, sample: Sample, overlap: number): number[] {
  const shape = model.inputs[0]!.shape.slice(1) as number[];
  const sizes = sizesOf(sample);
  const [window, channels] = [shape.slice(0, -1), shape.at(-1)];
  if (sizes.length !== window.length) {
    throw new RangeError(
      `predictSliding: wanted ${window.length === 3 ? 'a volume' : 'an image'} as the model takes, got [${sizes}] of ${sample.id}`,
    );
  }
  if (sample.channels !== channels) {
    throw new RangeError(
      `predictSliding: wanted ${channels} channels as the model takes, got ${sample.channels} in ${sample.id}`,
    );
  }
  if (!(overlap >= 0 && overlap < 1)) {
    throw new RangeError(`predictSliding: wanted overlap from 0 up to 1, got ${String(overlap)}`);
  }
  return window;
}

/** Sizes of three axes. */
type Box = readonly [number, number, number];

/** Depth, height and width; an image is a volume of its rows, each one pixel high. */
function asLayers(sizes: readonly number[]): Box {
  return (sizes.length === 2 ? [sizes[0], 1, sizes[1]] : sizes) as unknown as Box;
}

/** Where windows begin: the first at 0, the last at the end, the others at equal distances. */
function starts(size: number, window: number, overlap: number): number[] {
  if (size <= window) return [0];
  const steps = Math.ceil((size - window) / Math.max(1, window * (1 - overlap)));
  return Array.from({ length: steps + 1 }, (_, i) => Math.round((i * (size - window)) / steps));
}

function profile(size: number, weighting: 'gaussian' | 'constant'): number[] {
  const at = (i: number) =>
    weighting === 'constant' ? 1 : Math.exp(-0.5 * (((i + 0.5) / size - 0.5) * 8) ** 2);
  return Array.from({ length: size }, (_, i) => at(i));
}

/** A window as a sample of its own; zeros beyond the end. */
function cut(
  { id, image, channels }: Sample,
  size: Box,
  [front, top, left]: Box,
  window: readonly number[],
): Sample {
  const [depth, height, width] = asLayers(window);
  const values = new Float32Array(depth * height * width * channels);
  const used = Math.min(width, size[2] - left);
  for (let z = 0; z < depth && front + z < size[0]; z++) {
    for (let y = 0; y < height && top + y < size[1]; y++) {
      const from = (((front + z) * size[1] + top + y) * size[2] + left) * channels;
      values.set(image.subarray(from, from + used * channels), (z * height + y) * width * channels);
    }
  }
  const mask = new Uint8Array(depth * height * width);
  const sizes = window.length === 3 ? { depth, height, width } : { height: depth, width };
  return { id, ...sizes, channels, image: values, mask };
}
