import { add, div, maximum, mul, sub, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { gentlePower, pixelSum } from '../math.js';
import { checkNumber } from '../options/checks.js';
import { maskedProbabilities } from '../pixels/spatial.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionMeanOptions,
  groupSums,
  meanOfGroups,
  REGION_MEAN_DEFAULTS,
  type RegionMeanOptions,
} from '../families/region-score.js';

/** Options of {@link dicePlusPlus}. */
export interface DicePlusPlusOptions extends RegionMeanOptions {
  /** Exponent γ ≥ 0.1 of each pixel's error: above 1 confident errors cost most, and unsure ones little. 1 is Tversky. */
  gamma: number;
  /** Weight α of false positives; α = β = 1/2 is Dice. */
  alpha: number;
  /** Weight β of false negatives. */
  beta: number;
  /** Exponent of 1 - score, as in the focal Tversky loss. */
  power: number;
  /** ε ≥ 0, in pixels: added to numerator and denominator. */
  smooth: number;
}

/**
 * Dice++ (DSC++) loss: Dice in which the error of each pixel is raised to a power, for calibrated probabilities; the mean over
 * images and classes.
 *
 *     1 - (TP + ε) / (TP + α Σ (s (1 - y))^γ + β Σ ((1 - s) y)^γ + ε),  TP = Σ s y
 *
 * With other α and β it is Tversky++, and with `power` focal Tversky++.
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * dicePlusPlusLoss(labels, tf.zeros([1, 2, 1]), { gamma: 1, smooth: 0 }); // → 0.5000
 * dicePlusPlusLoss(labels, tf.zeros([1, 2, 1]), { gamma: 2, smooth: 0 }); // → 0.3333
 * dicePlusPlus({ alpha: 0.3, beta: 0.7, power: 0.75 }).spec; // → "dice-plus-plus(alpha=0.3,beta=0.7,power=0.75)"
 * ```
 *
 * @see Yeung et al., "Calibrating the Dice loss to handle neural network overconfidence for biomedical image segmentation", Journal of
 *   Digital Imaging 2023, arXiv:2111.00528, §3.
 */
export const dicePlusPlus: LossFactory<DicePlusPlusOptions, 'dice-plus-plus'> = /* @__PURE__ */ defineLoss<
  DicePlusPlusOptions,
  'dice-plus-plus'
>({
  name: 'dice-plus-plus',
  summary: 'Dice++ (DSC++): errors to a power, for calibration',
  source: 'Yeung et al., arXiv:2111.00528, §3',
  aliases: ['dsc-plus-plus'],
  defaults: { gamma: 2, alpha: 0.5, beta: 0.5, power: 1, smooth: 1, ...REGION_MEAN_DEFAULTS },
  presets: { keras: { smooth: 5e-8 } },
  check(options, name) {
    checkNumber(name, 'gamma', options.gamma, 0.1, 100);
    checkNumber(name, 'alpha', options.alpha);
    checkNumber(name, 'beta', options.beta);
    checkNumber(name, 'power', options.power, 0.1, 100);
    checkNumber(name, 'smooth', options.smooth);
    checkRegionMeanOptions(options, name);
  },
  pixels(inputs, options, context) {
    const { gamma, alpha, beta, power, smooth } = options;
    const y = inputs.target;
    const { s, counts } = maskedProbabilities(inputs, context);
    const sums = groupSums(
      {
        count: pixelSum(counts),
        target: pixelSum(y),
        predicted: pixelSum(s),
        overlap: pixelSum(mul(s, y) as Tensor3D),
        falsely: pixelSum(gentlePower(mul(s, sub(1, y)) as Tensor3D, gamma)),
        missed: pixelSum(gentlePower(mul(sub(1, s), y) as Tensor3D, gamma)),
      },
      options,
      context,
    );
    const errors = add(mul(alpha, sums.falsely), mul(beta, sums.missed));
    const cost = div(errors, maximum(add(add(sums.overlap, errors), smooth), 1e-7)) as Tensor2D;
    return meanOfGroups(power === 1 ? cost : gentlePower(cost, power), sums, options, context);
  },
});

/**
 * {@link dicePlusPlus} of labels and logits.
 *
 * @example
 * ```ts
 * dicePlusPlusLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const dicePlusPlusLoss: LossFunction<DicePlusPlusOptions> = /* @__PURE__ */ direct(dicePlusPlus);
