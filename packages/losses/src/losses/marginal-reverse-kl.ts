import { add, sub } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import {
  checkMarginalOptions,
  MARGINAL_DEFAULTS,
  marginalsOf,
  marginalStatistics,
  meanOfMarginalCosts,
  relativeEntropy,
  type MarginalOptions,
} from '../families/marginals.js';
import { type SizeRegularizer } from '../types.js';

/**
 * Reverse Kullback-Leibler divergence, of the true from the predicted label marginals: the sum over classes, the mean over
 * images.
 *
 *     Σ_k p_k log( p_k(T) / q_k ),  with a sigmoid also (1 - p_k) log( (1 - p_k(T)) / (1 - q_k) )
 *
 * It punishes regions that are predicted where there are none. Proportions carry 1e-10 pixels, so it is finite for an
 * absent class (about 25 times its share).
 *
 * @returns A float32 scalar of at least 0; images without valid pixels are not counted.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32'); // q = [0.75, 0.25]
 * marginalReverseKlLoss(labels, tf.zeros([1, 4, 2])); // → 0.1438
 * marginalReverseKlLoss(labels, tf.zeros([1, 4, 1])); // → 0.1438
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §4, for the divergence in the other direction.
 */
export const marginalReverseKl: SizeRegularizer<MarginalOptions, 'reverse-kl'> = /* @__PURE__ */ defineLoss<
  MarginalOptions,
  'reverse-kl'
>({
  name: 'reverse-kl',
  summary: 'KL divergence of true from predicted label marginals',
  source: 'Liu et al., arXiv:2104.08717, §4, reversed',
  fullName: 'marginal-reverse-kl',
  role: 'region-size',
  defaults: MARGINAL_DEFAULTS,
  check: checkMarginalOptions,
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums, { target, backgroundIndex }, context) {
    const { p, q, rest } = marginalsOf(sums, target, context);
    let divergence = relativeEntropy(p, q);
    if (rest) divergence = add(divergence, relativeEntropy(rest.p, rest.q));
    // Where p and q need not have the same sum, q - p keeps each class at 0 or above; elsewhere it cancels.
    else if (target !== 'image' || backgroundIndex !== 'none') divergence = add(divergence, sub(q, p));
    return meanOfMarginalCosts(divergence, sums.count, backgroundIndex, 'sum', context);
  },
});

/**
 * Returns {@link marginalReverseKl} of labels and logits.
 *
 * @example
 * ```ts
 * marginalReverseKlLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0.0000
 * ```
 */
export const marginalReverseKlLoss: LossFunction<MarginalOptions> = /* @__PURE__ */ direct(marginalReverseKl);
