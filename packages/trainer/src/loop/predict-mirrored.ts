import { type Sample } from '@segloss/data/samples';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { sizesOf } from './batches.js';
import { mostProbable, type Prediction } from './classify.js';
import { type LogitsOptions } from './logits.js';
import { mirrored, mirrorings } from './mirror.js';
import { predict } from './predict.js';

/**
 * Predicts samples by the means of the probabilities over all mirrorings, 4 of an image and 8 of a volume.
 *
 * @throws {RangeError} As `predict`.
 */
export async function predictMirrored(
  model: LayersModel,
  samples: readonly Sample[],
  options: LogitsOptions,
): Promise<Prediction[]> {
  const sums: Float64Array[] = [];
  const choices = mirrorings(model.inputs[0]!.shape.length - 2);
  for (const along of choices) {
    const turned = samples.map((sample) => ({
      ...sample,
      image: mirrored(sample.image, sizesOf(sample), sample.channels, along),
    }));
    const predictions = await predict(model, turned, options);
    predictions.forEach(({ probabilities, labels }, i) => {
      const back = mirrored(probabilities, sizesOf(samples[i]!), probabilities.length / labels.length, along);
      const sum = (sums[i] ??= new Float64Array(back.length));
      for (let at = 0; at < sum.length; at++) sum[at]! += back[at]!;
    });
  }
  return samples.map(({ id, mask, labels = 1 }, i) => {
    const probabilities = Float32Array.from(sums[i]!, (sum) => sum / choices.length);
    return { id, probabilities, labels: mostProbable(probabilities, (probabilities.length * labels) / mask.length) }; // prettier-ignore
  });
}
