import {
  add,
  mul,
  neg,
  scalar,
  sub,
  sum,
  tensor2d,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

import {
  aggregate,
  checkAggregation,
  type AggregationOption,
  type NormalizeOption,
} from '../options/aggregation.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { classWeightRow, maskedMean, present, quotient } from '../math.js';
import { checkChoice, checkClassWeights, checkNumber } from '../options/checks.js';
import { type LossFactory, type RegionStatistics } from '../types.js';

/** Options of {@link crossEntropy}. */
export interface CrossEntropyOptions extends AggregationOption, NormalizeOption {
  /** Weight of each class, normalized by the weights of the pixels seen, as in PyTorch; binary: [background, foreground]. */
  classWeights: 'uniform' | readonly number[];
  /** Share of the label spread evenly over the classes, 0 to 1. */
  labelSmoothing: number;
}

/**
 * Cross-entropy, the mean over the valid pixels: softmax in multiclass mode, sigmoid for each channel otherwise.
 *
 *     CE = -Σ_k w_k Σ_i y_ik log s_ik / Σ_k w_k Σ_i y_ik
 *
 * A batch without valid pixels gives 0 and no gradient. Its hidden marginal penalty is KL(q ‖ p), least at the true
 * proportions. `crossEntropy(options)` fixes the options; `crossEntropyLoss(labels, logits, options)` is the value.
 *
 * @returns A float32 scalar of at least 0.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32'); // one image of two pixels
 * crossEntropyLoss(labels, tf.zeros([1, 2, 2])); // → 0.6931
 * crossEntropy({ labelSmoothing: 0.1 }).spec; // → "ce(labelSmoothing=0.1)"
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.2, for the decomposition into KL(q ‖ p) and a matching term.
 */
export const crossEntropy: LossFactory<CrossEntropyOptions, 'ce'> = /* @__PURE__ */ defineLoss<
  CrossEntropyOptions,
  'ce'
>({
  name: 'ce',
  summary: 'cross-entropy, the mean over valid pixels',
  source: 'Liu et al., arXiv:2104.08717, §3.2',
  fullName: 'cross-entropy',
  defaults: { classWeights: 'uniform', labelSmoothing: 0, aggregation: 'perBatch', normalizeBy: 'valid' },
  presets: { seglossbias: {}, smp: { normalizeBy: 'all' }, monai: {}, nnunet: {}, keras: {}, torch: {} },
  check({ classWeights, labelSmoothing, aggregation, normalizeBy }, name) {
    checkChoice(name, 'normalizeBy', normalizeBy, ['valid', 'all']);
    checkClassWeights(name, classWeights);
    checkNumber(name, 'labelSmoothing', labelSmoothing, 0, 1);
    checkAggregation(name, aggregation);
  },
  statistics({ labelSmoothing }, { activation }) {
    const plain = ['count', 'target', 'logLikelihood'] as const;
    const smooth = labelSmoothing > 0 ? (['logSum'] as const) : [];
    if (activation === 'softmax') return [...plain, ...smooth];
    const complements = labelSmoothing > 0 ? (['complementLogSum'] as const) : [];
    return [...plain, 'complementLogLikelihood', ...smooth, ...complements];
  },
  compute(statistics, options, { activation, classes, name, batch, pixels }) {
    const sums = aggregate(statistics, options.aggregation);
    const [loss, weight] =
      activation === 'softmax'
        ? softmaxParts(sums, options, classes, name)
        : sigmoidParts(sums, options, classes, name);
    // Per image (or batch): Σ w · loss / Σ w; then the mean over those that have pixels.
    const elements =
      (options.aggregation === 'perImage' ? 1 : batch) * pixels * (activation === 'softmax' ? 1 : classes);
    const below = options.normalizeBy === 'valid' ? sum(weight, -1, true) : scalar(elements);
    const group = quotient(sum(loss, -1, true), below) as Tensor2D;
    return maskedMean(group, present(sum(sums.count, -1, true) as Tensor2D)) as Scalar;
  },
});

function softmaxParts(
  { target, logLikelihood, logSum }: RegionStatistics,
  { classWeights, labelSmoothing }: CrossEntropyOptions,
  classes: number,
  name: string,
): [Tensor, Tensor] {
  const w = classWeightRow(name, classWeights, classes);
  const weight = mul(w, target);
  const hard = mul(w, neg(logLikelihood));
  if (labelSmoothing === 0) return [hard, weight];
  const even = mul(w, mul(labelSmoothing / classes, neg(logSum)));
  return [add(mul(1 - labelSmoothing, hard), even), weight];
}

function sigmoidParts(
  sums: RegionStatistics,
  { classWeights, labelSmoothing: e }: CrossEntropyOptions,
  classes: number,
  name: string,
): [Tensor, Tensor] {
  const { count, target } = sums;
  const [onTrue, onFalse] = sigmoidWeights(name, classWeights, classes);
  const smoothed = (log: Tensor2D, all: Tensor2D | undefined) =>
    e === 0 ? neg(log) : neg(add(mul(1 - e, log), mul(e / 2, all!)));
  const loss = add(
    mul(onTrue, smoothed(sums.logLikelihood, sums.logSum)),
    mul(onFalse, smoothed(sums.complementLogLikelihood, sums.complementLogSum)),
  );
  return [loss, add(mul(onTrue, target), mul(onFalse, sub(count, target)))];
}

/** Weights of y = 1 and of y = 0: in binary mode those of foreground and background, else one for each channel. */
function sigmoidWeights(
  name: string,
  weights: 'uniform' | readonly number[],
  classes: number,
): [Tensor2D, Tensor2D] {
  if (classes > 1 || weights === 'uniform') {
    const row = classWeightRow(name, weights, classes);
    return [row, row];
  }
  if (weights.length !== 2) {
    throw new RangeError(
      `${name}: wanted 2 classWeights [background, foreground] in binary mode, got ${weights.length}: ${JSON.stringify(weights)}`,
    );
  }
  return [tensor2d([weights[1]!], [1, 1]), tensor2d([weights[0]!], [1, 1])];
}

/**
 * Returns {@link crossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1, 255]], [1, 3], 'int32'); // the last pixel is ignored
 * crossEntropyLoss(labels, tf.tensor3d([[[1, 0], [0, 1], [9, 9]]])); // → 0.3133
 * ```
 */
export const crossEntropyLoss: LossFunction<CrossEntropyOptions> = /* @__PURE__ */ direct(crossEntropy);
