import { IGNORED } from '@segloss/data/samples';
import { type Loss } from '@segloss/losses';
import { ConfusionMatrix, diceScores, iouScores, meanScore, regionSizes } from '@segloss/metrics';
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { checkSamples, inGroups, inMemory, loadGroups, toBatch, type TrainingItem } from './batches.js';
import { classify } from './predict.js';

/** What a model reaches on a set of images. */
export interface Evaluation {
  /** Mean over the images of the loss. */
  readonly loss: number;
  /** Mean of each term, without its weight. */
  readonly terms: Record<string, number>;
  /** Dice and IoU of each class over all pixels of the set; NaN for a class that is nowhere. */
  readonly dice: number[];
  readonly iou: number[];
  /** Means over the classes; of binary data those of the foreground. */
  readonly meanDice: number;
  readonly meanIou: number;
  /** Label marginals of the set, by class: true, predicted by summed probabilities, predicted by counted labels. */
  readonly truth: number[];
  readonly soft: number[];
  readonly hard: number[];
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  model: LayersModel;
  loss: Loss;
  /** In memory, or read when they are needed. */
  samples: readonly TrainingItem[];
  /** Names of the classes; two are binary. */
  classes: readonly string[];
  /** Images at once; default 8. */
  batchSize?: number;
  /** Epoch (0-based) for scheduled weights; default 0. */
  epoch?: number;
}

/**
 * Loss, overlap and label marginals of a model on a set of images.
 *
 * @throws {RangeError} If a sample does not fit the model.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const { parseLoss } = await import('@segloss/losses');
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const sample = { id: 'a', width: 4, height: 4, channels: 1, image: new Float32Array(16), mask: new Uint8Array(16) };
 * const { truth } = await evaluate({ model, loss: parseLoss('ce'), samples: [sample], classes: ['no', 'yes'] });
 * truth; // → [1, 0]
 * ```
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { model, loss, samples, classes, batchSize = 8, epoch = 0 } = options;
  const { shape } = model.inputs[0]!;
  checkSamples('evaluate', inMemory(samples), shape);
  const K = classes.length;
  const confusion = new ConfusionMatrix(K);
  const soft = new Float64Array(K);
  const sums: Record<string, number> = {};
  let total = 0;
  for await (const group of loadGroups(inGroups(samples, batchSize))) {
    checkSamples('evaluate', group, shape);
    const { images, labels } = toBatch(group);
    const logits = model.predict(images) as Tensor;
    const value = loss.evaluate(labels, logits, { epoch });
    total += (await value.total.data())[0]! * group.length;
    for (const [name, term] of Object.entries(value.terms)) {
      sums[name] = (sums[name] ?? 0) + (await term.data())[0]! * group.length;
    }
    const values = (await logits.data()) as Float32Array;
    const channels = logits.shape.at(-1)!;
    dispose([images, labels, logits, value as unknown as Tensor]);
    const length = values.length / group.length;
    group.forEach(({ mask }, i) => {
      const { labels: predicted, probabilities } = classify(
        values.subarray(i * length, (i + 1) * length),
        channels,
      );
      confusion.add(mask, predicted, { ignoreIndex: IGNORED });
      for (let pixel = 0; pixel < mask.length; pixel++) {
        if (mask[pixel] === IGNORED) continue;
        for (let k = 0; k < K; k++) soft[k]! += probabilities[pixel * K + k]!;
      }
    });
  }
  const dice = diceScores(confusion);
  const iou = iouScores(confusion);
  const sizes = regionSizes(confusion);
  const scored = (scores: readonly number[]) => meanScore(K === 2 ? scores.slice(1) : scores);
  return {
    loss: total / samples.length,
    terms: Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / samples.length])),
    dice,
    iou,
    meanDice: scored(dice),
    meanIou: scored(iou),
    truth: sizes.map((size) => size.truth),
    soft: Array.from(soft, (sum) => sum / confusion.total),
    hard: sizes.map((size) => size.predicted),
  };
}
