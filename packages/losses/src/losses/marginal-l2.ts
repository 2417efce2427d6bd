import { square, sub, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import {
  checkMarginalOptions,
  MARGINAL_DEFAULTS,
  marginalsOf,
  marginalStatistics,
  meanOfMarginalCosts,
  type MarginalOptions,
} from '../families/marginals.js';
import { checkChoice } from '../options/checks.js';
import { type SizeRegularizer } from '../types.js';

/** Options of {@link marginalL2}. */
export interface MarginalL2Options extends MarginalOptions {
  /** `mean` over the classes, or their `sum`. */
  classReduction: 'mean' | 'sum';
}

/**
 * Squared distance of the predicted from the true label marginals, the mean over images and classes.
 *
 *     (1/K) Σ_k ( p_k(T) - q_k )²
 *
 * Its gradient by p vanishes at p = q, so it forgives small errors of size that L1 does not.
 *
 * @returns A float32 scalar from 0 to 1 (`mean`) or 2 (`sum`); images without valid pixels are not counted.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32'); // q = [0.75, 0.25]
 * marginalL2Loss(labels, tf.zeros([1, 4, 2])); // → 0.0625
 * marginalL2Loss(labels, tf.zeros([1, 4, 2]), { target: [0.5, 0.5] }); // → 0
 * ```
 *
 * @see Kervadec et al., "Constrained-CNN losses for weakly supervised segmentation", MedIA 2019, arXiv:1805.04628.
 */
export const marginalL2: SizeRegularizer<MarginalL2Options, 'l2'> = /* @__PURE__ */ defineLoss<
  MarginalL2Options,
  'l2'
>({
  name: 'l2',
  summary: 'squared distance of predicted and true label marginals',
  source: 'Kervadec et al., arXiv:1805.04628',
  fullName: 'marginal-l2',
  role: 'region-size',
  defaults: { ...MARGINAL_DEFAULTS, classReduction: 'mean' },
  check(options, name) {
    checkMarginalOptions(options, name);
    checkChoice(name, 'classReduction', options.classReduction, ['mean', 'sum']);
  },
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums, { target, backgroundIndex, classReduction }, context) {
    const { p, q } = marginalsOf(sums, target, context);
    const costs = square(sub(p, q)) as Tensor2D;
    return meanOfMarginalCosts(costs, sums.count, backgroundIndex, classReduction, context);
  },
});

/**
 * Returns {@link marginalL2} of labels and logits.
 *
 * @example
 * ```ts
 * marginalL2Loss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0
 * ```
 */
export const marginalL2Loss: LossFunction<MarginalL2Options> = /* @__PURE__ */ direct(marginalL2);
