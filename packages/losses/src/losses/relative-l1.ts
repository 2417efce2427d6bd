import { add, div, sub, type Tensor2D } from '@tensorflow/tfjs-core';

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
import { checkNumber } from '../options/checks.js';
import { type SizeRegularizer } from '../types.js';

/** Options of {@link relativeL1}. */
export interface RelativeL1Options extends MarginalOptions {
  /** ε > 0, a proportion of the image: added to q, so that regions far below it are not compared with their own size. */
  epsilon: number;
}

/**
 * Relative error of the region sizes: the difference of predicted and true label marginals in units of the true one; the mean
 * over images and classes.
 *
 *     (1/K) Σ_k | p_k(T) - q_k | / (q_k + ε)
 *
 * Every class weighs the same, however small its region: the gradient by p_k is ±1/(q_k + ε), where that of `l1` is ±1.
 *
 * @returns A float32 scalar of at least 0; images without valid pixels are not counted.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32'); // q = [0.75, 0.25]
 * relativeL1Loss(labels, tf.zeros([1, 4, 2]), { epsilon: 0.05 }); // → 0.5729
 * relativeL1({ temperature: 10 }).spec; // → "relative-l1(temperature=10)"
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §4, for the distance without the division.
 */
export const relativeL1: SizeRegularizer<RelativeL1Options, 'relative-l1'> = /* @__PURE__ */ defineLoss<
  RelativeL1Options,
  'relative-l1'
>({
  name: 'relative-l1',
  summary: 'relative error of the region sizes, |p - q| / q',
  source: 'Liu et al., arXiv:2104.08717, §4, divided by q',
  role: 'region-size',
  aliases: ['relative-marginal-l1'],
  defaults: { ...MARGINAL_DEFAULTS, epsilon: 0.01 },
  check(options, name) {
    checkMarginalOptions(options, name);
    checkNumber(name, 'epsilon', options.epsilon, 1e-9, 1);
  },
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums, { target, backgroundIndex, epsilon }, context) {
    const { p, q } = marginalsOf(sums, target, context);
    const costs = div(absolute(sub(p, q) as Tensor2D), add(q, epsilon)) as Tensor2D;
    return meanOfMarginalCosts(costs, sums.count, backgroundIndex, 'mean', context);
  },
});

/**
 * {@link relativeL1} of labels and logits.
 *
 * @example
 * ```ts
 * relativeL1Loss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0
 * ```
 */
export const relativeL1Loss: LossFunction<RelativeL1Options> = /* @__PURE__ */ direct(relativeL1);
