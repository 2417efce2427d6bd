import { sub, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import {
  checkMarginalOptions,
  MARGINAL_DEFAULTS,
  marginalsOf,
  marginalStatistics,
  meanOfMarginalCosts,
  type MarginalOptions,
} from '../families/marginals.js';
import { absolute } from '../math.js';
import { checkChoice } from '../options/checks.js';
import { type SizeRegularizer } from '../types.js';

/** Options of {@link marginalL1}. */
export interface MarginalL1Options extends MarginalOptions {
  /** `mean` over the classes, as in the reference code, or their `sum`, the norm of the paper's text. */
  classReduction: 'mean' | 'sum';
}

/**
 * L1 distance of the predicted from the true label marginals, the mean over images.
 *
 *     (1/K) Σ_k | p_k(T) - q_k |
 *
 * Its gradient by p is ±1 however small the region, and 0 at p = q. A regularizer: add it to a loss that matches
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
export const marginalL1: SizeRegularizer<MarginalL1Options, 'l1'> = /* @__PURE__ */ defineLoss<
  MarginalL1Options,
  'l1'
>({
  name: 'l1',
  summary: 'L1 distance of predicted and true label marginals',
  source: 'Liu et al., arXiv:2104.08717, §4',
  fullName: 'marginal-l1',
  role: 'region-size',
  defaults: { ...MARGINAL_DEFAULTS, classReduction: 'mean' },
  presets: { seglossbias: {} },
  check(options, name) {
    checkMarginalOptions(options, name);
    checkChoice(name, 'classReduction', options.classReduction, ['mean', 'sum']);
  },
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums, { target, backgroundIndex, classReduction }, context) {
    const { p, q } = marginalsOf(sums, target, context);
    const costs = absolute(sub(p, q) as Tensor2D);
    return meanOfMarginalCosts(costs, sums.count, backgroundIndex, classReduction, context);
  },
});

/**
 * Returns {@link marginalL1} of labels and logits.
 *
 * @example
 * ```ts
 * marginalL1Loss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0
 * ```
 */
export const marginalL1Loss: LossFunction<MarginalL1Options> = /* @__PURE__ */ direct(marginalL1);
