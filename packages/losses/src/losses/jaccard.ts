import { defineLoss, direct, type LossFunction } from '../define.js';
import { checkChoice } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionScoreOptions,
  complement,
  jaccardScore,
  meanScoreCost,
  minusLog,
  REGION_SCORE_DEFAULTS,
  REGION_SCORE_PRESETS,
  regionScoreStatistics,
  type RegionScoreOptions,
} from '../families/region-score.js';

/** Options of {@link jaccard}. */
export interface JaccardOptions extends RegionScoreOptions {
  /** The negative logarithm of the score in place of 1 - score. */
  log: boolean;
}

/**
 * Soft Jaccard loss (intersection over union), the mean over images and classes.
 *
 *     1 - (overlap + ε) / (target + predicted - overlap + ε)
 *
 * With ε = 0 its score is D / (2 - D), D the Dice score of the same sums.
 *
 * @returns A float32 scalar from 0 to 1 (16.12 with `log`); 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * jaccardLoss(labels, tf.zeros([1, 2, 2]), { smooth: 0 }); // → 0.6667
 * jaccard({ log: true }).spec; // → "jaccard(log=true)"
 * ```
 *
 * @see Rahman and Wang, "Optimizing Intersection-Over-Union in Deep Neural Networks", ISVC 2016, §3.
 */
export const jaccard: LossFactory<JaccardOptions, 'jaccard'> = /* @__PURE__ */ defineLoss<
  JaccardOptions,
  'jaccard'
>({
  name: 'jaccard',
  summary: 'soft Jaccard (IoU), the mean over images and classes',
  source: 'Rahman and Wang, ISVC 2016, §3',
  defaults: { ...REGION_SCORE_DEFAULTS, log: false },
  // MONAI's has twice the union below, so half its smoothing is ours.
  presets: { smp: REGION_SCORE_PRESETS.smp, monai: { smooth: 5e-6 } },
  check(options, name) {
    checkRegionScoreOptions(options, name);
    checkChoice(name, 'log', options.log, [true, false]);
  },
  statistics: regionScoreStatistics,
  compute: (statistics, options, context) =>
    meanScoreCost(
      statistics,
      options,
      context,
      jaccardScore,
      options.log ? minusLog(options.floor) : complement,
    ),
});

/**
 * Returns {@link jaccard} of labels and logits.
 *
 * @example
 * ```ts
 * jaccardLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const jaccardLoss: LossFunction<JaccardOptions> = /* @__PURE__ */ direct(jaccard);
