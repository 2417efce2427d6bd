import { maximum, neg } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { meanLikelihoodCost } from '../pixels/likelihood.js';
import { checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link clippedCrossEntropy}. */
export interface ClippedCrossEntropyOptions {
  /** Lower limit of the probability, above 0 and below 1. A pixel below it costs -log(floor) and has no gradient. */
  floor: number;
}

/**
 * Cross-entropy of clipped probabilities, as libraries compute it after the softmax or sigmoid; the mean over valid pixels (and, with a
 * sigmoid, channels).
 *
 *     -log max(s_y, floor)
 *
 * Keras uses the same floor. For training prefer {@link crossEntropy}: below the floor the gradient is 0, so the worst pixels are not corrected.
 *
 * @returns A float32 scalar from 0 to -log floor; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * clippedCrossEntropyLoss(labels, tf.tensor3d([[[0, 0], [40, -40]]])); // → 8.4056
 * crossEntropyLoss(labels, tf.tensor3d([[[0, 0], [40, -40]]])); // → 40.3466
 * ```
 *
 * @see keras.losses.CategoricalCrossentropy with `from_logits=False`, of which `keras.config.epsilon()` is the floor; Bouteille et al.,
 *   arXiv:2511.17146, whose code has the same floor in CC-CE.
 */
export const clippedCrossEntropy: LossFactory<ClippedCrossEntropyOptions, 'clipped-ce'> =
  /* @__PURE__ */ defineLoss<ClippedCrossEntropyOptions, 'clipped-ce'>({
    name: 'clipped-ce',
    summary: 'cross-entropy of probabilities with a floor',
    source: 'keras.losses.CategoricalCrossentropy',
    fullName: 'clipped-cross-entropy',
    aliases: ['clamped-ce'],
    defaults: { floor: 1e-7 },
    check({ floor }, name) {
      checkNumber(name, 'floor', floor, 1e-30, 1 - 1e-6);
    },
    pixels: (inputs, { floor }, { activation }) =>
      meanLikelihoodCost(inputs, activation, ['clipped', Math.log(floor)], (logS) =>
        neg(maximum(logS, Math.log(floor))),
      ),
  });

/**
 * Returns {@link clippedCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * clippedCrossEntropyLoss(tf.ones([1, 1], 'int32'), tf.fill([1, 1, 1], -1000)); // → 16.1181
 * ```
 */
export const clippedCrossEntropyLoss: LossFunction<ClippedCrossEntropyOptions> =
  /* @__PURE__ */ direct(clippedCrossEntropy);
