import { add, mul, neg, scalar, sum, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';

import {
  aggregate,
  checkAggregation,
  type AggregationOption,
  type NormalizeOption,
} from '../options/aggregation.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { maskedMean, present, quotient } from '../math.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions extends AggregationOption, NormalizeOption {
  /** Weight of the pixels with y = 1, or one for each channel; the mean is still over all valid pixels, as PyTorch's `pos_weight`. */
  positiveWeight: number | readonly number[];
  /** Share ε of the label moved to 1/2: y (1 - ε) + ε/2, from 0 to 1. */
  labelSmoothing: number;
}

/**
 * Binary cross-entropy, one against the rest: a sigmoid for every channel also where labels are classes; the mean
 * over valid pixels and channels.
 *
 *     BCE = -(1/nK) Σ_k Σ_i [ w y_ik log σ(z_ik) + (1 - y_ik) log(1 - σ(z_ik)) ]
 *
 * Finite for every finite logit. With one channel and w = 1 it equals {@link crossEntropy}.
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {RangeError} If shapes, label values or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * binaryCrossEntropyLoss(labels, tf.zeros([1, 2, 1])); // → 0.6931
 * binaryCrossEntropyLoss(labels, tf.zeros([1, 2, 1]), { positiveWeight: 3 }); // → 1.3863
 * ```
 *
 * @see torch.nn.BCEWithLogitsLoss for the meaning of the positive weight.
 */
export const binaryCrossEntropy: LossFactory<BinaryCrossEntropyOptions, 'bce'> = /* @__PURE__ */ defineLoss<
  BinaryCrossEntropyOptions,
  'bce'
>({
  name: 'bce',
  summary: 'binary cross-entropy, a sigmoid for every channel',
  source: 'Good, J. R. Stat. Soc. B 1952',
  fullName: 'binary-cross-entropy',
  defaults: { positiveWeight: 1, labelSmoothing: 0, aggregation: 'perBatch', normalizeBy: 'valid' },
  presets: { seglossbias: {}, smp: { normalizeBy: 'all' }, monai: {}, nnunet: {}, keras: {}, torch: {} },
  check({ positiveWeight, labelSmoothing, aggregation, normalizeBy }, name) {
    checkChoice(name, 'normalizeBy', normalizeBy, ['valid', 'all']);
    if (typeof positiveWeight === 'number') checkNumber(name, 'positiveWeight', positiveWeight);
    else checkWeightList(name, positiveWeight);
    checkNumber(name, 'labelSmoothing', labelSmoothing, 0, 1);
    checkAggregation(name, aggregation);
  },
  activation: () => 'sigmoid',
  statistics({ labelSmoothing }) {
    const plain = ['count', 'logLikelihood', 'complementLogLikelihood'] as const;
    return labelSmoothing > 0 ? [...plain, 'logSum', 'complementLogSum'] : plain;
  },
  compute(
    statistics,
    { positiveWeight, labelSmoothing: e, aggregation, normalizeBy },
    { classes, name, batch, pixels },
  ) {
    const sums = aggregate(statistics, aggregation);
    const smoothed = (log: Tensor2D, all: Tensor2D) =>
      e === 0 ? log : add(mul(1 - e, log), mul(e / 2, all));
    const weight =
      typeof positiveWeight === 'number' ? positiveWeight : weightRow(name, positiveWeight, classes);
    const log = add(
      mul(weight, smoothed(sums.logLikelihood, sums.logSum)),
      smoothed(sums.complementLogLikelihood, sums.complementLogSum),
    );
    const count = sum(sums.count, -1, true) as Tensor2D;
    const elements = (aggregation === 'perImage' ? 1 : batch) * pixels * classes;
    const below = normalizeBy === 'valid' ? count : scalar(elements);
    return maskedMean(quotient(sum(neg(log), -1, true), below) as Tensor2D, present(count));
  },
});

function checkWeightList(name: string, weights: readonly number[]): void {
  if (!Array.isArray(weights) || !weights.every((w) => Number.isFinite(w) && w >= 0)) {
    throw new RangeError(
      `${name}: wanted positiveWeight to be a number of at least 0 or a list of such, got ${JSON.stringify(weights)}`,
    );
  }
}

function weightRow(name: string, weights: readonly number[], classes: number): Tensor2D {
  if (weights.length !== classes) {
    throw new RangeError(
      `${name}: wanted ${classes} values in positiveWeight, one for each channel, got ${weights.length}`,
    );
  }
  return tensor2d([...weights], [1, classes]);
}

/**
 * Returns {@link binaryCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * binaryCrossEntropyLoss(tf.ones([1, 1], 'int32'), tf.fill([1, 1, 1], 1000)); // → 0
 * ```
 */
export const binaryCrossEntropyLoss: LossFunction<BinaryCrossEntropyOptions> =
  /* @__PURE__ */ direct(binaryCrossEntropy);
