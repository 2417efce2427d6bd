import { IGNORED } from '@segloss/data/samples';
import { type Loss } from '@segloss/losses';
import { scoreCase, summarizeCases, type CaseScore, type ScoreCaseOptions } from '@segloss/metrics';
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { sizesOf, type TrainingItem } from './batches.js';
import { DivergedError } from './diverged.js';
import { groupLogits, type LogitsOptions } from './logits.js';
import { classify } from './classify.js';
import { predictMirrored } from './predict-mirrored.js';

/** Scores of a model over a set of images. */
export interface Evaluation {
  /** Mean over the images of the loss. */
  readonly loss: number;
  /** Mean of each term, without its weight. */
  readonly terms: Record<string, number>;
  /** Dice and IoU of each class over all pixels of the set; NaN for a class that is neither true nor predicted. */
  readonly dice: number[];
  readonly iou: number[];
  /** Means over the foreground classes, which exclude the background; NaN where no class has a score. */
  readonly foregroundDice: number;
  readonly foregroundIou: number;
  /** Label marginals of the set, by class: true, predicted by summed probabilities, predicted by counted labels. */
  readonly truth: number[];
  readonly soft: number[];
  readonly hard: number[];
}

/** An {@link Evaluation} with the scores of each image. */
export interface CaseEvaluation extends Evaluation {
  readonly cases: readonly CaseScore[];
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends LogitsOptions {
  model: LayersModel;
  loss: Loss;
  /** In memory, or read when they are needed. */
  samples: readonly TrainingItem[];
  /** Names of the classes; two are binary. */
  classes: readonly string[];
  /** Index of the background class, which the foreground means exclude; null where every class counts. Default 0. */
  background?: number | null;
  /** Distances between surfaces in the scores of each image, as in `scoreCase`; default `none`, which is fast. */
  distances?: NonNullable<ScoreCaseOptions['distances']>;
  /** Scores the means of the probabilities over all mirrorings of each image; the loss stays that of the images as they are. Default false. */
  tta?: boolean;
  /** Epoch (0-based) for scheduled weights; default 0. */
  epoch?: number;
}

/**
 * Computes loss, overlap and label marginals of a model on a set of images, and the scores of each image.
 *
 * @throws {RangeError} If a sample does not fit the model, or two have one id. @throws {DivergedError} If logits are not finite.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const { parseLoss } = await import('@segloss/losses');
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const sample = { id: 'a', width: 4, height: 4, channels: 1, image: new Float32Array(16), mask: new Uint8Array(16) };
 * const { truth, cases } = await evaluate({ model, loss: parseLoss('ce'), samples: [sample], classes: ['no', 'yes'] });
 * truth; // → [1, 0]
 * cases[0].classes[0].target; // → 16
 * ```
 */
export async function evaluate(options: EvaluateOptions): Promise<CaseEvaluation> {
  const { model, loss, samples, classes, background = 0, distances = 'none' } = options;
  const { epoch = 0, tta = false } = options;
  const cases: CaseScore[] = [];
  const sums: Record<string, number> = {};
  let total = 0;
  for await (const { group, labels, logits } of groupLogits('evaluate', model, samples, options)) {
    const value = loss.evaluate(labels, logits, { epoch });
    total += (await value.total.data())[0]! * group.length;
    for (const [name, term] of Object.entries(value.terms)) {
      sums[name] = (sums[name] ?? 0) + (await term.data())[0]! * group.length;
    }
    dispose(value as unknown as Tensor);
    const values = (await logits.data()) as Float32Array;
    const channels = logits.shape.at(-1)!;
    const length = values.length / group.length;
    const means = tta ? await predictMirrored(model, group, options) : undefined;
    group.forEach((sample, i) => {
      const { id, mask, spacing } = sample;
      const own = values.subarray(i * length, (i + 1) * length);
      if (!own.every(Number.isFinite)) throw new DivergedError('the prediction', epoch, undefined, [id]);
      const { labels: predicted, probabilities } = means?.[i] ?? classify(own, channels);
      const pixels = { truth: mask, predicted, probabilities, shape: sizesOf(sample), ignoreIndex: IGNORED };
      cases.push(scoreCase({ id, ...pixels, classes, background, distances, ...(spacing && { spacing }) }));
    });
  }
  const { classes: summaries, foreground } = summarizeCases(cases, { classes, background });
  return {
    loss: total / samples.length,
    terms: Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / samples.length])),
    dice: summaries.map(({ dice }) => dice ?? NaN),
    iou: summaries.map(({ iou }) => iou ?? NaN),
    foregroundDice: foreground.dice ?? NaN,
    foregroundIou: foreground.iou ?? NaN,
    truth: summaries.map(({ truth }) => truth),
    soft: summaries.map(({ soft }) => soft!.predicted),
    hard: summaries.map(({ hard }) => hard.predicted),
    cases,
  };
}
