import { div, exp, mul, sub } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { meanLikelihoodCost } from '../pixels/likelihood.js';
import { checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link generalizedCrossEntropy}. */
export interface GeneralizedCrossEntropyOptions {
  /** Exponent q, above 0 and up to 1: near 0 it is cross-entropy, at 1 the mean absolute error 1 - s_y. */
  q: number;
}

/**
 * Generalized cross-entropy, between cross-entropy and the mean absolute error, for labels with noise; the mean over valid
 * pixels (and, with a sigmoid, channels).
 *
 *     (1 - s_y^q) / q
 *
 * @returns A float32 scalar from 0 to 1/q; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * generalizedCrossEntropyLoss(labels, tf.zeros([1, 2, 2])); // → 0.5492
 * generalizedCrossEntropyLoss(labels, tf.zeros([1, 2, 2]), { q: 1 }); // → 0.5
 * ```
 *
 * @see Zhang and Sabuncu, NeurIPS 2018, arXiv:1805.07836, §3.2.
 */
export const generalizedCrossEntropy: LossFactory<GeneralizedCrossEntropyOptions, 'gce'> =
  /* @__PURE__ */ defineLoss<GeneralizedCrossEntropyOptions, 'gce'>({
    name: 'gce',
    summary: 'between cross-entropy and the mean absolute error',
    source: 'Zhang and Sabuncu, arXiv:1805.07836, §3.2',
    fullName: 'generalized-cross-entropy',
    defaults: { q: 0.7 },
    presets: { keras: {} },
    check: ({ q }, name) => checkNumber(name, 'q', q, 1e-3, 1),
    pixels: (inputs, { q }, { activation }) =>
      meanLikelihoodCost(inputs, activation, ['generalized', q], (logS) => div(sub(1, exp(mul(q, logS))), q)),
  });

/**
 * Returns {@link generalizedCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * generalizedCrossEntropyLoss(tf.ones([1, 2], 'int32'), tf.zeros([1, 2, 1]), { q: 1 }); // → 0.5
 * ```
 */
export const generalizedCrossEntropyLoss: LossFunction<GeneralizedCrossEntropyOptions> =
  /* @__PURE__ */ direct(generalizedCrossEntropy);
