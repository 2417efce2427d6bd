import { mul, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { mapsOf } from '../pixels/distance-maps.js';
import { borderWeights } from '../pixels/distance-weights.js';
import { maskedProbabilities } from '../pixels/spatial.js';
import { pixelSum } from '../math.js';
import { checkChoice } from '../options/checks.js';
import { type LossFactory, type RegionStatistics } from '../types.js';
import {
  checkRegionScoreOptions,
  complement,
  diceScore,
  meanScoreCost,
  REGION_SCORE_DEFAULTS,
  type RegionScoreOptions,
} from '../families/region-score.js';

/** Options of {@link distanceDice}. */
export interface DistanceDiceOptions extends RegionScoreOptions {
  /** Where the weights enter: `both` numerator and denominator, so that the score is at most 1, or the `numerator` alone. */
  weighted: 'both' | 'numerator';
}

/**
 * Distance-weighted Dice loss, the mean over images and classes: pixels count up to twice, the more the nearer they lie to
 * the border of the class's region. Ignored pixels count as outside of the region where distances are measured.
 *
 *     1 - (2 Σ w y s + ε) / (Σ w (y + s) + ε)
 *
 * Needs a backend that can read a tensor at once (all but webgpu).
 *
 * @returns A float32 scalar from 0 to 1 (from -1 with weights in the numerator alone); 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 1, 1]], [1, 4], 'int32');
 * distanceDiceLoss(labels, tf.zeros([1, 4, 2]), { smooth: 0 }); // → 0.5
 * ```
 *
 * @see Caliva et al., "Distance map loss penalty term for semantic segmentation", MIDL 2019, arXiv:1908.03679, §2.
 */
export const distanceDice: LossFactory<DistanceDiceOptions, 'distance-dice'> = /* @__PURE__ */ defineLoss<
  DistanceDiceOptions,
  'distance-dice'
>({
  name: 'distance-dice',
  summary: 'Dice weighted near borders',
  source: 'Caliva et al., arXiv:1908.03679, §2',
  spatial: true,
  defaults: { weighted: 'both', ...REGION_SCORE_DEFAULTS },
  check(options, name) {
    checkChoice(name, 'weighted', options.weighted, ['both', 'numerator']);
    checkRegionScoreOptions(options, name);
    if (options.softLabels !== 'product')
      throw new RangeError(`${name}: wanted softLabels 'product', got ${options.softLabels}`);
    if (options.squared) throw new RangeError(`${name}: wanted squared false, got ${options.squared}`);
  },
  pixels(inputs, options, context) {
    const { target, space } = inputs;
    const { s, counts } = maskedProbabilities(inputs, context);
    const w = mapsOf(target, (mask) => borderWeights(mask, space));
    const size = (x: Tensor3D) => pixelSum(options.weighted === 'both' ? (mul(w, x) as Tensor3D) : x);
    const sums = {
      count: pixelSum(counts),
      target: size(target),
      predicted: size(s),
      overlap: pixelSum(mul(w, mul(target, s)) as Tensor3D),
    };
    return meanScoreCost(sums as RegionStatistics, options, context, diceScore, complement);
  },
});

/**
 * Returns {@link distanceDice} of labels and logits.
 *
 * @example
 * ```ts
 * distanceDiceLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const distanceDiceLoss: LossFunction<DistanceDiceOptions> = /* @__PURE__ */ direct(distanceDice);
