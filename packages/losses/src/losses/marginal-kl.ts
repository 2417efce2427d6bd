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
import { checkChoice } from '../options/checks.js';
import { type SizeRegularizer } from '../types.js';

/** Options of {@link marginalKl}. */
export interface MarginalKlOptions extends MarginalOptions {
  /** Leave out the complement terms of sigmoid channels, as the reference code does in multilabel mode; may be negative. */
  oneSided: boolean;
}

/**
 * Kullback-Leibler divergence of the predicted from the true label marginals, the sum over classes and the mean
 * over images.
 *
 *     Σ_k q_k log( q_k / p_k(T) ),  with a sigmoid also (1 - q_k) log( (1 - q_k) / (1 - p_k(T)) )
 *
 * Its gradient by p is -q/p, strong where a region is missed. Proportions carry 1e-10 pixels, and 0·log 0 is 0, so it is
 * finite for every finite logit. In multilabel mode images count per channel, by the channel's own valid pixels.
 *
 * @returns A float32 scalar of at least 0; images without valid pixels are not counted.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32'); // q = [0.75, 0.25]
 * marginalKlLoss(labels, tf.zeros([1, 4, 2])); // → 0.1308
 * marginalKlLoss(labels, tf.zeros([1, 4, 1])); // → 0.1308
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §4.
 */
export const marginalKl: SizeRegularizer<MarginalKlOptions, 'kl'> = /* @__PURE__ */ defineLoss<
  MarginalKlOptions,
  'kl'
>({
  name: 'kl',
  summary: 'KL divergence of predicted from true label marginals',
  source: 'Liu et al., arXiv:2104.08717, §4',
  fullName: 'marginal-kl',
  role: 'region-size',
  defaults: { ...MARGINAL_DEFAULTS, oneSided: false },
  presets: { seglossbias: {} },
  check(options, name) {
    checkMarginalOptions(options, name);
    checkChoice(name, 'oneSided', options.oneSided, [true, false]);
  },
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums, { target, backgroundIndex, oneSided }, context) {
    const { p, q, rest } = marginalsOf(sums, target, context);
    let divergence = relativeEntropy(q, p);
    if (rest && !oneSided) divergence = add(divergence, relativeEntropy(rest.q, rest.p));
    // Where p and q need not have the same sum, p - q keeps each class at 0 or above; elsewhere it cancels.
    else if (target !== 'image' || backgroundIndex !== 'none') divergence = add(divergence, sub(p, q));
    return meanOfMarginalCosts(divergence, sums.count, backgroundIndex, 'sum', context);
  },
});

/**
 * Returns {@link marginalKl} of labels and logits.
 *
 * @example
 * ```ts
 * marginalKlLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0.0000
 * ```
 */
export const marginalKlLoss: LossFunction<MarginalKlOptions> = /* @__PURE__ */ direct(marginalKl);
