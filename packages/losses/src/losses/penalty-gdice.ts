import { add, div, mul, sub, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define-loss.js';
import { checkNumber } from '../options.js';
import { type LossFactory } from '../types.js';
import {
  checkGeneralizedDiceOptions,
  GENERALIZED_DICE_DEFAULTS,
  generalizedDiceActivation,
  generalizedDiceStatistics,
  meanGeneralizedDiceCost,
  type GeneralizedDiceOptions,
} from './generalized-dice-score.js';

/** Options of {@link penaltyGdice}. */
export interface PenaltyGeneralizedDiceOptions extends GeneralizedDiceOptions {
  /** k ≥ 0: how much more a large loss counts than a small one; 0 is generalized Dice. */
  penalty: number;
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
 * penaltyGdice({ penalty: 1 }).spec; // → "penalty-gdice(penalty=1)"
 * ```
 *
 * @see Yang, Kweon, Kim, "Major vessel segmentation ... using penalty Dice loss", MIDL 2019.
 */
export const penaltyGdice: LossFactory<PenaltyGeneralizedDiceOptions> =
  /* @__PURE__ */ defineLoss<PenaltyGeneralizedDiceOptions>({
    name: 'penalty-gdice',
    summary: 'generalized Dice that punishes large losses more',
    source: 'Yang et al., MIDL 2019',
    defaults: { penalty: 2.5, ...GENERALIZED_DICE_DEFAULTS },
    check(options, name) {
      checkNumber(name, 'penalty', options.penalty);
      checkGeneralizedDiceOptions(options, name);
    },
    activation: generalizedDiceActivation,
    statistics: generalizedDiceStatistics,
    compute: (statistics, options, context) =>
      meanGeneralizedDiceCost(
        statistics,
        options,
        context,
        (loss) => div(loss, add(1, mul(options.penalty, sub(1, loss)))) as Tensor2D,
      ),
  });

/**
 * {@link penaltyGdice} of labels and logits.
 *
 * @example
 * ```ts
 * penaltyGeneralizedDiceLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const penaltyGeneralizedDiceLoss: LossFunction<PenaltyGeneralizedDiceOptions> =
  /* @__PURE__ */ direct(penaltyGdice);
