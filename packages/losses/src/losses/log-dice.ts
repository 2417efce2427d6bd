import { defineLoss, direct, type LossFunction } from '../define.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionScoreOptions,
  diceScore,
  meanScoreCost,
  minusLog,
  REGION_SCORE_DEFAULTS,
  REGION_SCORE_PRESETS,
  regionScoreStatistics,
  type RegionScoreOptions,
} from '../families/region-score.js';

/**
 * Logarithmic Dice loss, the mean over images and classes of the negative logarithm of the Dice score.
 *
 *     -log[ (2·overlap + ε) / (target + predicted + ε) ]
 *
 * With ε = 0 and a present class this is -log m + log(p + q) - log(2q): the ground-truth matching term and the
 * marginal penalty of the paper, exactly. The score has a floor of 1e-7, where the loss is 16.1.
 *
 * @returns A float32 scalar from 0 to 16.12; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * logDiceLoss(labels, tf.zeros([1, 2, 2]), { smooth: 0 }); // → 0.6931
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.1.
 */
export const logDice: LossFactory<RegionScoreOptions, 'log-dice'> = /* @__PURE__ */ defineLoss<
  RegionScoreOptions,
  'log-dice'
>({
  name: 'log-dice',
  summary: 'negative logarithm of the soft Dice score',
  source: 'Liu et al., arXiv:2104.08717, §3.1',
  defaults: REGION_SCORE_DEFAULTS,
  presets: { seglossbias: REGION_SCORE_PRESETS.seglossbias, smp: REGION_SCORE_PRESETS.smp },
  check: checkRegionScoreOptions,
  statistics: regionScoreStatistics,
  compute: (statistics, options, context) =>
    meanScoreCost(statistics, options, context, diceScore, minusLog(options.floor)),
});

/**
 * Returns {@link logDice} of labels and logits.
 *
 * @example
 * ```ts
 * logDiceLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const logDiceLoss: LossFunction<RegionScoreOptions> = /* @__PURE__ */ direct(logDice);
