import { add, square, sub, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { elementsOf } from '../inputs/ignored.js';
import { gentlePower, absolute, pixelSum, quotient } from '../math.js';
import { probabilitiesOf } from '../statistics/probabilities.js';
import { checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionMeanOptions,
  groupSums,
  meanOfGroups,
  REGION_MEAN_DEFAULTS,
  type RegionMeanOptions,
} from '../families/region-score.js';

/** Options of {@link noiseRobustDice}. */
export interface NoiseRobustDiceOptions extends RegionMeanOptions {
  /** Exponent γ of the errors, 1 to 2: 2 is Dice with squares, 1 the mean absolute error, which noisy labels harm less. */
  gamma: number;
  /** ε, in pixels: added to the denominator. */
  smooth: number;
}

/**
 * Noise-robust Dice loss, the mean over images and classes: between Dice and the mean absolute error.
 *
 *     Σ |s - y|^γ / (Σ s² + Σ y² + ε)
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * noiseRobustDiceLoss(labels, tf.zeros([1, 2, 1]), { gamma: 2, smooth: 0 }); // → 0.3333
 * ```
 *
 * @see Wang et al., "A noise-robust framework for automatic segmentation of COVID-19 pneumonia lesions", IEEE TMI 2020,
 *   §III-B.
 */
export const noiseRobustDice: LossFactory<NoiseRobustDiceOptions, 'noise-robust-dice'> =
  /* @__PURE__ */ defineLoss<NoiseRobustDiceOptions, 'noise-robust-dice'>({
    name: 'noise-robust-dice',
    summary: 'between Dice and the mean absolute error, for noisy labels',
    source: 'Wang et al., IEEE TMI 2020, §III-B',
    defaults: { gamma: 1.5, smooth: 1e-5, ...REGION_MEAN_DEFAULTS },
    check(options, name) {
      checkNumber(name, 'gamma', options.gamma, 1, 2);
      checkNumber(name, 'smooth', options.smooth);
      checkRegionMeanOptions(options, name);
    },
    pixels(inputs, options, context) {
      const { target, valid } = inputs;
      const s = probabilitiesOf(inputs, context.activation);
      const sums = groupSums(
        {
          count: pixelSum(elementsOf(valid, target)),
          target: pixelSum(target),
          predicted: pixelSum(s),
          error: pixelSum(gentlePower(absolute(sub(s, target) as Tensor3D), options.gamma)),
          squares: pixelSum(add(square(s), square(target)) as Tensor3D),
        },
        options,
        context,
      );
      const cost = quotient(sums.error, add(sums.squares, options.smooth)) as Tensor2D;
      return meanOfGroups(cost, sums, options, context);
    },
  });

/**
 * Returns {@link noiseRobustDice} of labels and logits.
 *
 * @example
 * ```ts
 * noiseRobustDiceLoss(tf.ones([1, 4], 'int32'), tf.fill([1, 4, 1], 20)); // → 0.0000
 * ```
 */
export const noiseRobustDiceLoss: LossFunction<NoiseRobustDiceOptions> =
  /* @__PURE__ */ direct(noiseRobustDice);
