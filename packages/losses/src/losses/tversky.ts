import { defineLoss, direct, type LossFunction } from '../define.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionScoreOptions,
  complement,
  meanScoreCost,
  minusLog,
  REGION_SCORE_DEFAULTS,
  REGION_SCORE_PRESETS,
  regionScoreStatistics,
  tverskyScore,
  type RegionScoreOptions,
} from '../families/region-score.js';

/** Options of {@link tversky}. */
export interface TverskyOptions extends RegionScoreOptions {
  /** Weight α of false positives. */
  alpha: number;
  /** Weight β of false negatives. */
  beta: number;
  /** The negative logarithm of the score in place of 1 - score. */
  log: boolean;
}

/**
 * Tversky loss, the mean over images and classes: overlap against weighted false positives and false negatives.
 *
 *     1 - (overlap + ε) / (overlap + α (predicted - overlap) + β (target - overlap) + ε)
 *
 * α = β = 1/2 is Dice (with twice the ε), α = β = 1 is Jaccard, and α = 1/(1 + b²), β = b²/(1 + b²) is the F_b loss.
 *
 * @returns A float32 scalar from 0 to 1 (16.12 with `log`); 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * tverskyLoss(labels, tf.zeros([1, 2, 2]), { smooth: 0 }); // → 0.5
 * tversky({ alpha: 0.3, beta: 0.7 }).spec; // → "tversky(alpha=0.3,beta=0.7)"
 * ```
 *
 * @see Salehi, Erdogmus, Gholipour, "Tversky loss function for image segmentation", MLMI 2017, arXiv:1706.05721, §2.
 */
export const tversky: LossFactory<TverskyOptions, 'tversky'> = /* @__PURE__ */ defineLoss<
  TverskyOptions,
  'tversky'
>({
  name: 'tversky',
  summary: 'Tversky loss: weighted false positives and false negatives',
  source: 'Salehi et al., arXiv:1706.05721, §2',
  defaults: { alpha: 0.5, beta: 0.5, ...REGION_SCORE_DEFAULTS, log: false },
  presets: {
    smp: REGION_SCORE_PRESETS.smp,
    monai: REGION_SCORE_PRESETS.monai,
    keras: REGION_SCORE_PRESETS.keras,
  },
  check(options, name) {
    checkNumber(name, 'alpha', options.alpha);
    checkNumber(name, 'beta', options.beta);
    checkRegionScoreOptions(options, name);
    checkChoice(name, 'log', options.log, [true, false]);
  },
  statistics: regionScoreStatistics,
  compute: (statistics, options, context) =>
    meanScoreCost(
      statistics,
      options,
      context,
      tverskyScore(options.alpha, options.beta),
      options.log ? minusLog(options.floor) : complement,
    ),
});

/**
 * Returns {@link tversky} of labels and logits.
 *
 * @example
 * ```ts
 * tverskyLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const tverskyLoss: LossFunction<TverskyOptions> = /* @__PURE__ */ direct(tversky);
