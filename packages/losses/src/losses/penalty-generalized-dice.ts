import { add, div, mul, sign, sub, sum, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkGeneralizedDiceOptions,
  GENERALIZED_DICE_DEFAULTS,
  generalizedDiceActivation,
  generalizedDiceStatistics,
  meanGeneralizedDiceCost,
  type GeneralizedDiceScoreOptions,
} from '../families/generalized-dice-score.js';

/** Options of {@link penaltyGeneralizedDice}. */
export interface PenaltyGeneralizedDiceOptions extends GeneralizedDiceScoreOptions {
  /** k ≥ 0: how much more a large loss counts than a small one; 0 is generalized Dice. */
  penalty: number;
  /** The form that is punished: the loss L = 1 - score, or the negative score L = -score, as SegLossOdyssey has it (values below 0). */
  applied: 'loss' | 'negativeScore';
  /** What is punished: the loss of each image, or their mean. */
  appliedTo: 'image' | 'mean';
}

/**
 * Penalty generalized Dice loss, the mean over images.
 *
 *     L / (1 + k (1 - L)),  L the generalized Dice loss of an image
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * penaltyGeneralizedDiceLoss(labels, tf.zeros([1, 4, 2])); // → 0.3
 * penaltyGeneralizedDice({ penalty: 1 }).spec; // → "penalty-generalized-dice(penalty=1)"
 * ```
 *
 * @see Yang, Kweon, Kim, "Major vessel segmentation ... using penalty Dice loss", MIDL 2019.
 */
export const penaltyGeneralizedDice: LossFactory<PenaltyGeneralizedDiceOptions, 'penalty-generalized-dice'> =
  /* @__PURE__ */ defineLoss<PenaltyGeneralizedDiceOptions, 'penalty-generalized-dice'>({
    name: 'penalty-generalized-dice',
    aliases: ['penalty-gdice'],
    summary: 'generalized Dice that punishes large losses more',
    source: 'Yang et al., MIDL 2019',
    defaults: { penalty: 2.5, applied: 'loss', appliedTo: 'image', ...GENERALIZED_DICE_DEFAULTS },
    check(options, name) {
      checkNumber(name, 'penalty', options.penalty);
      checkChoice(name, 'applied', options.applied, ['loss', 'negativeScore']);
      checkChoice(name, 'appliedTo', options.appliedTo, ['image', 'mean']);
      checkGeneralizedDiceOptions(options, name);
    },
    activation: generalizedDiceActivation,
    statistics: generalizedDiceStatistics,
    compute(statistics, options, context) {
      const punished = <T extends Tensor>(loss: T): T => {
        const applied = options.applied === 'loss' ? loss : sub(loss, 1);
        return div(applied, add(1, mul(options.penalty, sub(1, applied)))) as T;
      };
      const mean = (cost: (loss: Tensor2D) => Tensor2D) =>
        meanGeneralizedDiceCost(statistics, options, context, cost);
      if (options.appliedTo === 'image') return mean(punished);
      const anyPixel = sign(sum(statistics.count)); // a negative score of nothing is not 0
      return mul(punished(mean((loss) => loss)), anyPixel);
    },
  });

/**
 * Returns {@link penaltyGeneralizedDice} of labels and logits.
 *
 * @example
 * ```ts
 * penaltyGeneralizedDiceLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const penaltyGeneralizedDiceLoss: LossFunction<PenaltyGeneralizedDiceOptions> =
  /* @__PURE__ */ direct(penaltyGeneralizedDice);
