import { type Sample } from '@segloss/data/samples';
import { type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { inGroups, sizesOf, toBatch } from './batches.js';
import { checkLogits, classify, type Prediction } from './classify.js';

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
  const logits = await slidingLogits(model, sample, options);
  checkLogits('predictSliding', logits, sample.id);
  return { id: sample.id, ...classify(logits, model.outputs[0]!.shape.at(-1)!) };
}

/** Weighted means of the logits of windows, `[pixels, channels]`. */
export async function slidingLogits(
  model: LayersModel,
  sample: Sample,
  { overlap = 0.5, weighting = 'gaussian', batchSize = 8 }: SlidingWindowOptions = {},
): Promise<Float32Array> {
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
  const outputs = model.outputs[0]!.shape.at(-1)!;
  // An image is a volume of one slice.
  const size = asVolume(sizes);
  const box = asVolume(window);
  const voxels = size[0] * size[1] * size[2];
  const sums = new Float64Array(voxels * outputs);
  const weights = new Float64Array(voxels);
  const [slices, rows, columns] = box.map((side) => profile(side, weighting)) as [number[], number[], number[]]; // prettier-ignore
  const [fronts, tops, lefts] = size.map((side, axis) => starts(side, box[axis]!, overlap)) as [number[], number[], number[]]; // prettier-ignore
  const places = fronts.flatMap((front) =>
    tops.flatMap((top) => lefts.map((left): Box => [front, top, left])),
  );
  for (const group of inGroups(places, batchSize)) {
    const { images, labels } = toBatch(group.map((place) => cut(sample, size, place, window)));
    const logits = model.predict(images) as Tensor;
    const values = await logits.data();
    [images, labels, logits].forEach((tensor) => tensor.dispose());
    group.forEach(([front, top, left], i) => {
      for (let z = 0; z < box[0] && front + z < size[0]; z++) {
        for (let y = 0; y < box[1] && top + y < size[1]; y++) {
          for (let x = 0; x < box[2] && left + x < size[2]; x++) {
            const weight = slices[z]! * rows[y]! * columns[x]!;
            const to = ((front + z) * size[1] + top + y) * size[2] + left + x;
            const from = (((i * box[0] + z) * box[1] + y) * box[2] + x) * outputs;
            weights[to]! += weight;
            for (let k = 0; k < outputs; k++) sums[to * outputs + k]! += weight * values[from + k]!;
          }
        }
      }
    });
  }
  return Float32Array.from(sums, (sum, i) => sum / weights[Math.floor(i / outputs)]!);
}

/** Depth, height and width. */
type Box = readonly [number, number, number];

function asVolume(sizes: readonly number[]): Box {
  return (sizes.length === 2 ? [1, ...sizes] : sizes) as unknown as Box;
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
  const [depth, height, width] = asVolume(window);
  const values = new Float32Array(depth * height * width * channels);
  const used = Math.min(width, size[2] - left);
  for (let z = 0; z < depth && front + z < size[0]; z++) {
    for (let y = 0; y < height && top + y < size[1]; y++) {
      const from = (((front + z) * size[1] + top + y) * size[2] + left) * channels;
      values.set(image.subarray(from, from + used * channels), (z * height + y) * width * channels);
    }
  }
  const mask = new Uint8Array(depth * height * width);
  return { id, ...(window.length === 3 && { depth }), height, width, channels, image: values, mask };
}
