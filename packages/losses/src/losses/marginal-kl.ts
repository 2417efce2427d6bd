import { add, div, log, mul, sub, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define-loss.js';
import { checkTemperature, marginalsOf, marginalStatistics, type TemperatureOption } from '../marginals.js';
import { maskedMean, present, PROPORTION_EPSILON } from '../math.js';
import { checkChoice } from '../options.js';
import { type LossFactory } from '../types.js';

/** Options of {@link marginalKl}. */
export interface MarginalKlOptions extends TemperatureOption {
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
export const marginalKl: LossFactory<MarginalKlOptions> = /* @__PURE__ */ defineLoss<MarginalKlOptions>({
  name: 'kl',
  summary: 'KL divergence of predicted from true label marginals',
  source: 'Liu et al., arXiv:2104.08717, §4',
  defaults: { temperature: 1, oneSided: false },
  check({ temperature, oneSided }, name) {
    checkTemperature(name, temperature);
    checkChoice(name, 'oneSided', oneSided, [true, false]);
  },
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums, { oneSided }, { classes }) {
    const { p, q, complement } = marginalsOf(sums);
    let divergence = relativeEntropy(q, p);
    if (complement && !oneSided) {
      const rest = div(sub(sums.count, sums.target), add(sums.count, PROPORTION_EPSILON)) as Tensor2D;
      divergence = add(divergence, relativeEntropy(rest, complement)) as Tensor2D;
    }
    // Σ over classes, mean over images: the mean over (image, class) pairs with pixels, times K.
    return mul(maskedMean(divergence, present(sums.count)), classes) as Scalar;
  },
});

/** a log(a / b), 0 where a = 0 */
function relativeEntropy(a: Tensor2D, b: Tensor2D): Tensor2D {
  const positive = add(a, PROPORTION_EPSILON * PROPORTION_EPSILON); // 1e-20: no rounding except at a = 0
  return mul(a, sub(log(positive), log(b))) as Tensor2D;
}

/**
 * {@link marginalKl} of labels and logits.
 *
 * @example
 * ```ts
 * marginalKlLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0.0000
 * ```
 */
export const marginalKlLoss: LossFunction<MarginalKlOptions> = /* @__PURE__ */ direct(marginalKl);
