import { type Sample } from '@segloss/data/samples';
import { type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { inGroups, toBatch } from './batches.js';
import { checkLogits, classify, type Prediction } from './predict.js';

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
 * Predicts an image that is larger than the model's input: windows of the model's size cover it at equal distances, and their
 * logits are averaged. A smaller image is padded with zeros.
 *
 * @param model Returns logits `[B, H, W, K]`; K = 1 is binary.
 * @param sample Of any height and width.
 * @throws {RangeError} If the channels are not those of the model, an option is out of range, or a logit is not finite.
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
  { overlap = 0.5, weighting = 'gaussian', batchSize = 8 }: SlidingWindowOptions = {},
): Promise<Prediction> {
  const [height, width, channels] = model.inputs[0]!.shape.slice(1) as [number, number, number];
  if (sample.channels !== channels) {
    throw new RangeError(
      `predictSliding: wanted ${channels} channels as the model takes, got ${sample.channels} in ${sample.id}`,
    );
  }
  if (!(overlap >= 0 && overlap < 1)) {
    throw new RangeError(`predictSliding: wanted overlap from 0 up to 1, got ${String(overlap)}`);
  }
  const outputs = model.outputs[0]!.shape.at(-1)!;
  const sums = new Float64Array(sample.height * sample.width * outputs);
  const weights = new Float64Array(sample.height * sample.width);
  const [rows, columns] = [profile(height, weighting), profile(width, weighting)];
  const places = starts(sample.height, height, overlap).flatMap((top) =>
    starts(sample.width, width, overlap).map((left) => ({ top, left })),
  );
  for (const group of inGroups(places, batchSize)) {
    const { images, labels } = toBatch(group.map((place) => cut(sample, place, height, width)));
    const logits = model.predict(images) as Tensor;
    const values = await logits.data();
    [images, labels, logits].forEach((tensor) => tensor.dispose());
    group.forEach(({ top, left }, i) => {
      for (let y = 0; y < height && top + y < sample.height; y++) {
        for (let x = 0; x < width && left + x < sample.width; x++) {
          const weight = rows[y]! * columns[x]!;
          const to = (top + y) * sample.width + left + x;
          const from = ((i * height + y) * width + x) * outputs;
          weights[to]! += weight;
          for (let k = 0; k < outputs; k++) sums[to * outputs + k]! += weight * values[from + k]!;
        }
      }
    });
  }
  const logits = Float32Array.from(sums, (sum, i) => sum / weights[Math.floor(i / outputs)]!);
  checkLogits('predictSliding', logits, sample.id);
  return { id: sample.id, ...classify(logits, outputs) };
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

function cut(sample: Sample, at: { top: number; left: number }, height: number, width: number): Sample {
  const { channels } = sample;
  const image = new Float32Array(height * width * channels);
  const used = Math.min(width, sample.width - at.left);
  for (let y = 0; y < height && at.top + y < sample.height; y++) {
    const from = ((at.top + y) * sample.width + at.left) * channels;
    image.set(sample.image.subarray(from, from + used * channels), y * width * channels);
  }
  return { id: sample.id, height, width, channels, image, mask: new Uint8Array(height * width) };
}
