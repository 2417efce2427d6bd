import { add, exp, mul, neg, sub } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { meanLikelihoodCost } from '../pixels/likelihood.js';
import { checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link poly}. */
export interface PolyOptions {
  /** Weight ε ≥ -1 of the first term of the expansion of cross-entropy in powers of 1 - s_y; 0 is cross-entropy. */
  epsilon: number;
}

/**
 * Poly-1 cross-entropy; the mean over valid pixels (and, with a sigmoid, channels).
 *
 *     -log s_y + ε (1 - s_y)
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * polyLoss(labels, tf.zeros([1, 2, 2])); // → 1.1931
 * ```
 *
 * @see Leng et al., "PolyLoss", ICLR 2022, arXiv:2204.12511, §4.
 */
export const poly: LossFactory<PolyOptions, 'poly'> = /* @__PURE__ */ defineLoss<PolyOptions, 'poly'>({
  name: 'poly',
  summary: 'cross-entropy with its first power term reweighted',
  source: 'Leng et al., arXiv:2204.12511, §4',
  defaults: { epsilon: 1 },
  check: ({ epsilon }, name) => checkNumber(name, 'epsilon', epsilon, -1),
  pixels: (inputs, { epsilon }, { activation }) =>
    meanLikelihoodCost(inputs, activation, ['poly', epsilon], (logS) =>
      add(neg(logS), mul(epsilon, sub(1, exp(logS)))),
    ),
});

/**
 * Returns {@link poly} of labels and logits.
 *
 * @example
 * ```ts
 * polyLoss(tf.ones([1, 2], 'int32'), tf.zeros([1, 2, 1]), { epsilon: 0 }); // → 0.6931
 * ```
 */
export const polyLoss: LossFunction<PolyOptions> = /* @__PURE__ */ direct(poly);
