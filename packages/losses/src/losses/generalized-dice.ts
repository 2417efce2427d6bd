import { defineLoss, direct, type LossFunction } from '../define.js';
import { checkChoice } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkGeneralizedDiceOptions,
  GENERALIZED_DICE_DEFAULTS,
  generalizedDiceActivation,
  generalizedDiceStatistics,
  meanGeneralizedDiceCost,
  type GeneralizedDiceScoreOptions,
} from '../families/generalized-dice-score.js';
import { complement, minusLog } from '../families/region-score.js';

/** Options of {@link generalizedDice}. */
export interface GeneralizedDiceOptions extends GeneralizedDiceScoreOptions {
  /** -log of the score, which is at least 1e-7, in place of 1 - score. */
  log: boolean;
}

const LEAST_SCORE = 1e-7;

/**
 * Generalized Dice loss: one Dice ratio over all classes, each class weighted by its size; the mean over images.
 *
 *     1 - (2 Σ_k w_k overlap_k + ε) / (Σ_k w_k (target_k + predicted_k) + ε),  w_k = 1 / target_k²
 *
 * Weights carry no gradient. An image of which every weight is 0 costs 0. Binary logits get the background as a second
 * class (see `complement`).
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * generalizedDiceLoss(labels, tf.zeros([1, 4, 2])); // → 0.6
 * generalizedDiceLoss(labels, tf.zeros([1, 4, 1])); // → 0.6
 * generalizedDice({ weighting: 'simple' }).spec; // → "generalized-dice(weighting=simple)"
 * ```
 *
 * @see Sudre et al., "Generalised Dice overlap as a deep learning loss function", DLMIA 2017, arXiv:1707.03237, §2.
 */
export const generalizedDice: LossFactory<GeneralizedDiceOptions, 'generalized-dice'> =
  /* @__PURE__ */ defineLoss<GeneralizedDiceOptions, 'generalized-dice'>({
    name: 'generalized-dice',
    aliases: ['gdice'],
    summary: 'generalized Dice: one ratio over classes weighted by size',
    source: 'Sudre et al., arXiv:1707.03237, §2',
    defaults: { ...GENERALIZED_DICE_DEFAULTS, log: false },
    presets: {
      seglossbias: { aggregation: 'perBatch', emptyWeight: 1e-7, activation: 'sigmoid' },
      monai: { emptyWeight: 'max', complement: false, smooth: 1e-5 },
    },
    check(options, name) {
      checkGeneralizedDiceOptions(options, name);
      checkChoice(name, 'log', options.log, [true, false]);
    },
    activation: generalizedDiceActivation,
    statistics: generalizedDiceStatistics,
    compute: (statistics, options, context) =>
      meanGeneralizedDiceCost(statistics, options, context, (loss) =>
        options.log ? minusLog(LEAST_SCORE)(complement(loss)) : loss,
      ),
  });

/**
 * Returns {@link generalizedDice} of labels and logits.
 *
 * @example
 * ```ts
 * generalizedDiceLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const generalizedDiceLoss: LossFunction<GeneralizedDiceOptions> =
  /* @__PURE__ */ direct(generalizedDice);
