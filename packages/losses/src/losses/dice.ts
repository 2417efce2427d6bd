import { neg, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { checkChoice } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionScoreOptions,
  complement,
  diceScore,
  meanScoreCost,
  minusLog,
  REGION_SCORE_DEFAULTS,
  REGION_SCORE_PRESETS,
  regionScoreStatistics,
  type DiceOptions,
} from '../families/region-score.js';

/**
 * Soft Dice loss, the mean over images and classes.
 *
 *     1 - (2·overlap + ε) / (target + predicted + ε)
 *
 * With ε = 1 a class absent from labels and prediction costs 0; one absent from the labels alone costs what is
 * predicted of it (see `absentClass`). Its hidden marginal penalty, log(p + q), rises with p: Dice prefers regions that
 * are too small, the extremely imbalanced solution p = 0.
 *
 * @returns A float32 scalar from 0 to 1 (with `negativeScore` from -1 to 0); 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32'); // one image, two pixels
 * const logits = tf.tensor3d([[[9, -9], [-9, 9]]]);
 * diceLoss(labels, logits); // → 0.0000
 * diceLoss(tf.sub(1, labels), logits); // → 0.6667
 * dice({ smooth: 0 }).spec; // → "dice(smooth=0)"
 * dice({ preset: 'monai' }).spec; // → "dice(smooth=0.00001)"
 * ```
 *
 * @see Milletari, Navab, Ahmadi, "V-Net", 3DV 2016, arXiv:1606.04797, §3 (with squares, `squared: true`); Sudre et
 *   al., DLMIA 2017, arXiv:1707.03237.
 */
export const dice: LossFactory<DiceOptions, 'dice'> = /* @__PURE__ */ defineLoss<DiceOptions, 'dice'>({
  name: 'dice',
  summary: 'soft Dice, the mean over images and classes',
  source: 'Milletari et al., arXiv:1606.04797, §3',
  defaults: { ...REGION_SCORE_DEFAULTS, log: false, negativeScore: false },
  presets: {
    ...REGION_SCORE_PRESETS,
    nnunet: { smooth: 1e-5, includeBackground: false, negativeScore: true },
  },
  check(options, name) {
    checkRegionScoreOptions(options, name);
    checkChoice(name, 'log', options.log, [true, false]);
    checkChoice(name, 'negativeScore', options.negativeScore, [true, false]);
    if (options.log && options.negativeScore)
      throw new RangeError(`${name}: wanted log or negativeScore, got both; set one of them to false`);
  },
  statistics: regionScoreStatistics,
  compute(statistics, options, context) {
    const cost = options.log ? minusLog(options.floor) : options.negativeScore ? negative : complement;
    return meanScoreCost(statistics, options, context, diceScore, cost);
  },
});

const negative = (score: Tensor2D): Tensor2D => neg(score);

/**
 * Returns {@link dice} of labels and logits.
 *
 * @example
 * ```ts
 * diceLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const diceLoss: LossFunction<DiceOptions> = /* @__PURE__ */ direct(dice);
