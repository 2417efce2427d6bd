import { add, div, maximum, mul, sqrt, square, sub, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionMeanOptions,
  groupSums,
  meanOfGroups,
  REGION_MEAN_DEFAULTS,
  type RegionMeanOptions,
} from '../families/region-score.js';

/** Options of {@link tVmfDice}. */
export interface TVmfDiceOptions extends RegionMeanOptions {
  /** Concentration κ ≥ 0: the larger, the closer to a perfect prediction the similarity begins to rise. 0 gives the cosine. */
  kappa: number;
}

/**
 * t-vMF Dice loss: the overlap as the cosine of the angle between prediction and labels, sharpened by a heavy-tailed von
 * Mises-Fisher similarity; the mean over images and classes.
 *
 *     (1 - f)²,  f = (1 + cos θ) / (1 + κ (1 - cos θ)) - 1,  cos θ = Σ s y / √(Σ s² Σ y²)
 *
 * A class without labels has no angle: it is left out of the mean (`absentClass: 'skip'`), where the formula as it stands
 * (`smooth`, as in the original code) adds the constant (2 - 1/(1 + κ))².
 *
 * @returns A float32 scalar from 0 to 4; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * tVmfDiceLoss(labels, tf.zeros([1, 2, 2]), { kappa: 0 }); // → 0.0858
 * tVmfDiceLoss(labels, tf.zeros([1, 2, 2]), { kappa: 8 }); // → 2.2182
 * ```
 *
 * @see Kato and Hotta, "Adaptive t-vMF Dice loss: an effective expansion of Dice loss for medical image segmentation",
 *   Computers in Biology and Medicine 2024, arXiv:2207.07842, §3.
 */
export const tVmfDice: LossFactory<TVmfDiceOptions, 't-vmf-dice'> = /* @__PURE__ */ defineLoss<
  TVmfDiceOptions,
  't-vmf-dice'
>({
  name: 't-vmf-dice',
  summary: 'Dice as an angle, sharpened by a t-vMF similarity',
  source: 'Kato and Hotta, arXiv:2207.07842, §3',
  defaults: { kappa: 8, ...REGION_MEAN_DEFAULTS, absentClass: 'skip' },
  check(options, name) {
    checkNumber(name, 'kappa', options.kappa, 0, 1e4);
    checkRegionMeanOptions(options, name);
  },
  statistics: () => ['count', 'target', 'predicted', 'overlap', 'predictedSquares', 'targetSquares'],
  compute(statistics, options, context) {
    const sums = groupSums(statistics, options, context);
    const lengths = mul(length(sums.predictedSquares), length(sums.targetSquares));
    const cosine = div(sums.overlap, maximum(lengths, 1e-12));
    const similarity = sub(div(add(1, cosine), add(1, mul(options.kappa, sub(1, cosine)))), 1);
    return meanOfGroups(square(sub(1, similarity)) as Tensor2D, sums, options, context);
  },
});

/** √Σx², at least 1e-12 so that an empty class has a cosine of 0. */
const length = (squares: Tensor2D) => sqrt(maximum(squares, 1e-24));

/**
 * {@link tVmfDice} of labels and logits.
 *
 * @example
 * ```ts
 * tVmfDiceLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.tensor3d([[[-20], [20]]])); // → 0.0000
 * ```
 */
export const tVmfDiceLoss: LossFunction<TVmfDiceOptions> = /* @__PURE__ */ direct(tVmfDice);
