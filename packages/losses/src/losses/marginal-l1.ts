import { mul, sub, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define-loss.js';
import { checkTemperature, marginalsOf, marginalStatistics, type TemperatureOption } from '../marginals.js';
import { absolute, maskedMean, present } from '../math.js';
import { checkChoice } from '../options.js';
import { type LossFactory } from '../types.js';

/** Options of {@link marginalL1}. */
export interface MarginalL1Options extends TemperatureOption {
  /** `mean` over the classes, as in the reference code, or their `sum`, the norm of the paper's text. */
  classReduction: 'mean' | 'sum';
}

/**
 * L1 distance of the predicted from the true label marginals, the mean over images.
 *
 *     (1/K) Σ_k | p_k(T) - q_k |
 *
 * Its gradient by p is ±1 however small the region, and 0 at p = q. A regulariser: add it to a loss that matches
 * pixels, `compound(crossEntropy(), marginalL1({ temperature: 10 }))`.
 *
 * @returns A float32 scalar from 0 to 1 (`mean`) or 2 (`sum`); images without valid pixels are not counted.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32'); // q = [0.75, 0.25]
 * marginalL1Loss(labels, tf.zeros([1, 4, 2])); // → 0.25
 * marginalL1Loss(labels, tf.zeros([1, 4, 2]), { classReduction: 'sum' }); // → 0.5
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §4.
 */
export const marginalL1: LossFactory<MarginalL1Options> = /* @__PURE__ */ defineLoss<MarginalL1Options>({
  name: 'l1',
  summary: 'L1 distance of predicted and true label marginals',
  source: 'Liu et al., arXiv:2104.08717, §4',
  defaults: { temperature: 1, classReduction: 'mean' },
  check({ temperature, classReduction }, name) {
    checkTemperature(name, temperature);
    checkChoice(name, 'classReduction', classReduction, ['mean', 'sum']);
  },
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums, { classReduction }, { classes }) {
    const { p, q } = marginalsOf(sums);
    const mean = maskedMean(absolute(sub(p, q) as Tensor2D), present(sums.count));
    return (classReduction === 'sum' ? mul(mean, classes) : mean) as Scalar;
  },
});

/**
 * {@link marginalL1} of labels and logits.
 *
 * @example
 * ```ts
 * marginalL1Loss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0
 * ```
 */
export const marginalL1Loss: LossFunction<MarginalL1Options> = /* @__PURE__ */ direct(marginalL1);
