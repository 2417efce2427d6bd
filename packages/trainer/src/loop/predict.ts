import { type LayersModel } from '@tensorflow/tfjs-layers';

import { type TrainingItem } from './batches.js';
import { checkLogits, classify, type Prediction } from './classify.js';
import { groupLogits, type LogitsOptions } from './logits.js';

/**
 * Predicts labels and probabilities of samples.
 *
 * @param model Returns logits `[B, H, W, K]`; K = 1 is binary.
 * @param samples Of the size of the model's input, or with `window` of any size; in memory, or read when needed.
 * @param options See {@link LogitsOptions}.
 * @throws {RangeError} If a sample does not fit the model, or a logit is not finite.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const model = unet({ inputShape: [4, 4, 1], outputs: 3, widths: [2], seed: 1 });
 * const sample = { id: 'a', width: 4, height: 4, channels: 1, image: new Float32Array(16), mask: new Uint8Array(16) };
 * const [{ labels, probabilities }] = await predict(model, [sample]);
 * [labels.length, probabilities.length]; // → [16, 48]
 * ```
 */
export async function predict(
  model: LayersModel,
  samples: readonly TrainingItem[],
  options: LogitsOptions = {},
): Promise<Prediction[]> {
  const predictions: Prediction[] = [];
  for await (const { group, logits } of groupLogits('predict', model, samples, options)) {
    const values = (await logits.data()) as Float32Array;
    const length = values.length / group.length;
    group.forEach(({ id }, i) => {
      const own = values.subarray(i * length, (i + 1) * length);
      checkLogits('predict', own, id);
      predictions.push({ id, ...classify(own, logits.shape.at(-1)!) });
    });
  }
  return predictions;
}
