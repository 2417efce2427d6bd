import { add, mul, neg, sub, sum, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

import { aggregate, checkAggregation, type AggregationOption } from '../options/aggregation.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { maskedMean, present, quotient } from '../math.js';
import { checkChoice } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link balancedCrossEntropy}. */
export interface BalancedCrossEntropyOptions extends AggregationOption {
  /**
   * Weight of a pixel of a class with T of n pixels: n / T, so that every class that is present counts the same
   * (`inverse`), or 1 - T/n, as for boundary maps (`complement`).
   */
  weighting: 'inverse' | 'complement';
}

/**
 * Cross-entropy with pixels weighed by the size of their class in the image: `inverse` is the mean over the classes that
 * are present of the mean over their pixels. One sigmoid channel has two classes, 1 and 0.
 *
 *     inverse: mean_k (1/T_k) Σ_i -y_ik log s_ik          complement: (1/n) Σ_k (1 - T_k/n) Σ_i -y_ik log s_ik
 *
 * Inverse weights take the pull of cross-entropy to the true proportions away: small classes are predicted too large.
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * const logits = tf.tensor3d([[[-20], [-20], [-20], [0]]]);
 * balancedCrossEntropyLoss(labels, logits); // → 0.3466
 * balancedCrossEntropyLoss(labels, logits, { weighting: 'complement' }); // → 0.1300
 * ```
 *
 * @see Xie and Tu, "Holistically-nested edge detection", ICCV 2015, arXiv:1504.06375, eq. 2 (`complement`).
 */
export const balancedCrossEntropy: LossFactory<BalancedCrossEntropyOptions, 'balanced-ce'> =
  /* @__PURE__ */ defineLoss<BalancedCrossEntropyOptions, 'balanced-ce'>({
    name: 'balanced-ce',
    summary: 'cross-entropy with weights from the class sizes of each image',
    source: 'Xie and Tu, arXiv:1504.06375, eq. 2',
    fullName: 'balanced-cross-entropy',
    defaults: { weighting: 'inverse', aggregation: 'perImage' },
    check({ weighting, aggregation }, name) {
      checkChoice(name, 'weighting', weighting, ['inverse', 'complement']);
      checkAggregation(name, aggregation);
    },
    statistics(_options, { activation }) {
      const plain = ['count', 'target', 'logLikelihood'] as const;
      return activation === 'sigmoid' ? [...plain, 'complementLogLikelihood'] : plain;
    },
    compute(statistics, { weighting, aggregation }, { activation }) {
      const sums = aggregate(statistics, aggregation);
      const { count, target, logLikelihood, complementLogLikelihood } = sums;
      const groups: { size: Tensor; cost: Tensor }[] = [{ size: target, cost: neg(logLikelihood) }];
      if (activation === 'sigmoid')
        groups.push({ size: sub(count, target), cost: neg(complementLogLikelihood) });
      const every = (of: (group: { size: Tensor; cost: Tensor }) => Tensor) =>
        groups.map(of).reduce((a, b) => add(a, b));
      if (weighting === 'complement') {
        const costs = every(({ size, cost }) => quotient(mul(sub(1, quotient(size, count)), cost), count));
        // Softmax: a sum over classes; sigmoid: a mean over channels.
        const perGroup =
          activation === 'softmax'
            ? sum(costs, -1, true)
            : quotient(sum(costs, -1, true), sum(present(count), -1, true));
        return maskedMean(perGroup as Tensor2D, present(sum(count, -1, true) as Tensor2D));
      }
      const means = every(({ size, cost }) => quotient(cost, size));
      const classes = every(({ size }) => present(size as Tensor2D));
      const perGroup = quotient(sum(means, -1, true), sum(classes, -1, true)) as Tensor2D;
      return maskedMean(perGroup, present(sum(count, -1, true) as Tensor2D));
    },
  });

/**
 * Returns {@link balancedCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * balancedCrossEntropyLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0.6931
 * ```
 */
export const balancedCrossEntropyLoss: LossFunction<BalancedCrossEntropyOptions> =
  /* @__PURE__ */ direct(balancedCrossEntropy);
