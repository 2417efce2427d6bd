import { defineLoss, direct, type LossFunction } from '../define.js';
import { gentlePower } from '../math.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionScoreOptions,
  complement,
  meanScoreCost,
  REGION_SCORE_DEFAULTS,
  regionScoreStatistics,
  tverskyScore,
  type RegionScoreOptions,
} from '../families/region-score.js';

/** Options of {@link focalTversky}. */
export interface FocalTverskyOptions extends RegionScoreOptions {
  /** Weight α of false positives. */
  alpha: number;
  /** Weight β of false negatives. */
  beta: number;
  /** Exponent γ > 0; below 1 it raises the gradient of classes that are nearly right. */
  gamma: number;
  /** What is raised to γ: the loss of each class and image, as in the paper, or their mean. */
  powerOf: 'class' | 'mean';
}

/**
 * Focal Tversky loss: the Tversky loss of each class to the power γ, the mean over images and classes.
 *
 *     (1 - TI)^γ,  TI = (overlap + ε) / (overlap + α (predicted - overlap) + β (target - overlap) + ε)
 *
 * Below 1e-6 the power is a straight line through 0, so that the gradient of a perfect prediction is finite.
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * focalTverskyLoss(labels, tf.zeros([1, 2, 2]), { smooth: 0 }); // → 0.5946
 * focalTversky({ gamma: 1.5 }).spec; // → "focal-tversky(gamma=1.5)"
 * ```
 *
 * @see Abraham and Khan, "A novel focal Tversky loss function", ISBI 2019, arXiv:1810.07842, §2 (their exponent is 1/γ).
 */
export const focalTversky: LossFactory<FocalTverskyOptions, 'focal-tversky'> = /* @__PURE__ */ defineLoss<
  FocalTverskyOptions,
  'focal-tversky'
>({
  name: 'focal-tversky',
  summary: 'Tversky loss of each class to the power γ',
  source: 'Abraham and Khan, arXiv:1810.07842, §2',
  defaults: { alpha: 0.3, beta: 0.7, gamma: 0.75, powerOf: 'class', ...REGION_SCORE_DEFAULTS },
  check(options, name) {
    checkNumber(name, 'alpha', options.alpha);
    checkNumber(name, 'beta', options.beta);
    checkNumber(name, 'gamma', options.gamma, 0.1);
    checkChoice(name, 'powerOf', options.powerOf, ['class', 'mean']);
    checkRegionScoreOptions(options, name);
  },
  statistics: regionScoreStatistics,
  compute(statistics, options, context) {
    const { alpha, beta, gamma, powerOf } = options;
    const mean = (cost: typeof complement) =>
      meanScoreCost(statistics, options, context, tverskyScore(alpha, beta), cost);
    if (powerOf === 'mean') return gentlePower(mean(complement), gamma);
    return mean((score) => gentlePower(complement(score), gamma));
  },
});

/**
 * Returns {@link focalTversky} of labels and logits.
 *
 * @example
 * ```ts
 * focalTverskyLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const focalTverskyLoss: LossFunction<FocalTverskyOptions> = /* @__PURE__ */ direct(focalTversky);
