import { add, div, type Tensor2D } from '@tensorflow/tfjs-core';

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
 * Jensen-Shannon divergence of predicted and true label marginals, the sum over classes and the mean over images.
 *
 *     Σ_k ½ q_k log( q_k / m_k ) + ½ p_k log( p_k / m_k ),  m = (p(T) + q) / 2;  with a sigmoid also the complements
 *
 * Symmetric and bounded, where the Kullback-Leibler divergences are not.
 *
 * @returns A float32 scalar from 0 to log 2 (for each channel with a sigmoid); images without valid pixels are not counted.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32'); // q = [0.75, 0.25]
 * marginalJsLoss(labels, tf.zeros([1, 4, 2])); // → 0.0338
 * marginalJsLoss(labels, tf.zeros([1, 4, 1])); // → 0.0338
 * ```
 *
 * @see Lin, "Divergence measures based on the Shannon entropy", IEEE Transactions on Information Theory 1991.
 */
export const marginalJs: SizeRegularizer<MarginalOptions, 'js'> = /* @__PURE__ */ defineLoss<
  MarginalOptions,
  'js'
>({
  name: 'js',
  summary: 'Jensen-Shannon divergence of predicted and true label marginals',
  source: 'Lin, IEEE Trans. Inf. Theory 1991',
  fullName: 'marginal-js',
  role: 'region-size',
  defaults: MARGINAL_DEFAULTS,
  check: checkMarginalOptions,
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums, { target, backgroundIndex }, context) {
    const { p, q, rest } = marginalsOf(sums, target, context);
    let divergence = jensenShannon(p, q);
    if (rest) divergence = add(divergence, jensenShannon(rest.p, rest.q));
    return meanOfMarginalCosts(divergence, sums.count, backgroundIndex, 'sum', context);
  },
});

function jensenShannon(p: Tensor2D, q: Tensor2D): Tensor2D {
  const middle = div(add(p, q), 2) as Tensor2D;
  return div(add(relativeEntropy(p, middle), relativeEntropy(q, middle)), 2);
}

/**
 * Returns {@link marginalJs} of labels and logits.
 *
 * @example
 * ```ts
 * marginalJsLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0.0000
 * ```
 */
export const marginalJsLoss: LossFunction<MarginalOptions> = /* @__PURE__ */ direct(marginalJs);
