import { add, exp, log, mul, sub, type Tensor } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { checkChoice } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionScoreOptions,
  complement,
  diceScore,
  meanScoreCost,
  REGION_SCORE_DEFAULTS,
  regionScoreStatistics,
  type RegionScoreOptions,
} from '../families/region-score.js';

/** Options of {@link logCoshDice}. */
export interface LogCoshDiceOptions extends RegionScoreOptions {
  /** What goes through log cosh: the Dice loss of each class and image, or their mean. */
  appliedTo: 'class' | 'mean';
}

/**
 * Log-cosh Dice loss, the mean over images and classes: flatter than Dice near 0.
 *
 *     log cosh(1 - D),  D = (2·overlap + ε) / (target + predicted + ε)
 *
 * @returns A float32 scalar from 0 to log cosh 1 = 0.434; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * logCoshDiceLoss(labels, tf.zeros([1, 2, 2]), { smooth: 0 }); // → 0.1201
 * ```
 *
 * @see Jadon, "A survey of loss functions for semantic segmentation", CIBCB 2020, arXiv:2006.14822, §II-N.
 */
export const logCoshDice: LossFactory<LogCoshDiceOptions, 'log-cosh-dice'> = /* @__PURE__ */ defineLoss<
  LogCoshDiceOptions,
  'log-cosh-dice'
>({
  name: 'log-cosh-dice',
  summary: 'logarithm of the hyperbolic cosine of the Dice loss',
  source: 'Jadon, arXiv:2006.14822',
  defaults: { appliedTo: 'class', ...REGION_SCORE_DEFAULTS },
  check(options, name) {
    checkChoice(name, 'appliedTo', options.appliedTo, ['class', 'mean']);
    checkRegionScoreOptions(options, name);
  },
  statistics: regionScoreStatistics,
  compute(statistics, options, context) {
    const mean = (cost: typeof complement) => meanScoreCost(statistics, options, context, diceScore, cost);
    if (options.appliedTo === 'mean') return logCosh(mean(complement));
    return mean((score) => logCosh(complement(score)));
  },
});

/** log cosh x = x + log(1 + exp(-2x)) - log 2, for x ≥ 0 */
function logCosh<T extends Tensor>(x: T): T {
  return sub(add(x, log(add(1, exp(mul(-2, x))))), Math.LN2) as T;
}

/**
 * Returns {@link logCoshDice} of labels and logits.
 *
 * @example
 * ```ts
 * logCoshDiceLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const logCoshDiceLoss: LossFunction<LogCoshDiceOptions> = /* @__PURE__ */ direct(logCoshDice);
