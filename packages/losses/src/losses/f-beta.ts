import { defineLoss, direct, type LossFunction } from '../define.js';
import { checkNumber } from '../options/checks.js';
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

/** Options of {@link fBeta}. */
export interface FBetaOptions extends RegionScoreOptions {
  /** How many times recall matters as much as precision, above 0; 1 is Dice. */
  beta: number;
}

/**
 * Asymmetric similarity loss, 1 - F_β, the mean over images and classes: the Tversky loss that weighs false negatives by
 * β²/(1 + β²) and false positives by 1/(1 + β²).
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * fBetaLoss(labels, tf.zeros([1, 2, 2]), { smooth: 0 }); // → 0.5
 * fBeta({ beta: 2 }).spec; // → "f-beta(beta=2)"
 * ```
 *
 * @see Hashemi et al., "Asymmetric loss functions and deep densely-connected networks for highly-imbalanced medical image
 *   segmentation", IEEE Access 2019, arXiv:1803.11078, §II-C.
 */
export const fBeta: LossFactory<FBetaOptions, 'f-beta'> = /* @__PURE__ */ defineLoss<FBetaOptions, 'f-beta'>({
  name: 'f-beta',
  summary: '1 - F_β: recall matters β times as much as precision',
  source: 'Hashemi et al., arXiv:1803.11078, §II-C',
  defaults: { beta: 1.5, ...REGION_SCORE_DEFAULTS },
  check(options, name) {
    checkNumber(name, 'beta', options.beta, 1e-3);
    checkRegionScoreOptions(options, name);
  },
  statistics: regionScoreStatistics,
  compute(statistics, options, context) {
    const recall = options.beta ** 2 / (1 + options.beta ** 2);
    return meanScoreCost(statistics, options, context, tverskyScore(1 - recall, recall), complement);
  },
});

/**
 * Returns {@link fBeta} of labels and logits.
 *
 * @example
 * ```ts
 * fBetaLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const fBetaLoss: LossFunction<FBetaOptions> = /* @__PURE__ */ direct(fBeta);
