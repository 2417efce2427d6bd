import { add, div, maximum, mul, sub, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { pixelSum } from '../math.js';
import { softSkeleton } from '../pixels/soft-skeleton.js';
import { checkNumber } from '../options/checks.js';
import {
  checkShapeClasses,
  maskedProbabilities,
  SHAPE_CLASS_DEFAULTS,
  shapeClasses,
  type ShapeClassOptions,
} from '../pixels/spatial.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionMeanOptions,
  groupSums,
  meanOfGroups,
  REGION_MEAN_DEFAULTS,
  type RegionMeanOptions,
} from '../families/region-score.js';

/** Options of {@link clDice}. */
export interface ClDiceOptions
  extends Omit<RegionMeanOptions, 'includeBackground' | 'classes'>, ShapeClassOptions {
  /** How many times the skeletons are thinned, at least the largest radius in pixels. */
  iterations: number;
  /** ε > 0, in pixels: added to numerators and denominators. */
  smooth: number;
}

/**
 * Soft clDice (centerline Dice) loss for tubes such as vessels, the mean over images and classes: the harmonic mean of how
 * much of the predicted skeleton lies in the true region and of how much of the true skeleton is predicted.
 *
 *     1 - 2 P R / (P + R),  P = (Σ skel(s) y + ε) / (Σ skel(s) + ε),  R = (Σ skel(y) s + ε) / (Σ skel(y) + ε)
 *
 * Skeletons are what soft opening (erosion by a cross, then dilation by a box) takes away, iterated.
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels. Ignored pixels count as outside.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor3d([[[0, 1, 0], [0, 1, 0], [0, 1, 0]]], [1, 3, 3], 'int32');
 * const logits = tf.reshape(tf.sub(tf.mul(tf.cast(labels, 'float32'), 40), 20), [1, 3, 3, 1]);
 * clDiceLoss(labels, logits); // → 0.0000
 * clDiceLoss(labels, tf.neg(logits)); // → 0.8182
 * ```
 *
 * @see Shit et al., "clDice", CVPR 2021, arXiv:2003.07311, §3, algorithm 1.
 */
export const clDice: LossFactory<ClDiceOptions, 'cldice'> = /* @__PURE__ */ defineLoss<
  ClDiceOptions,
  'cldice'
>({
  name: 'cldice',
  summary: 'centerline Dice, for tubes such as vessels',
  source: 'Shit et al., arXiv:2003.07311, §3',
  fullName: 'cl-dice',
  spatial: true,
  classesDiffer: true,
  defaults: { iterations: 3, smooth: 1, ...REGION_MEAN_DEFAULTS, ...SHAPE_CLASS_DEFAULTS },
  presets: { monai: { aggregation: 'micro' } },
  check(options, name) {
    checkNumber(name, 'iterations', options.iterations, 0, 10_000);
    if (!Number.isInteger(options.iterations))
      throw new RangeError(`${name}: wanted iterations to be an integer, got ${options.iterations}`);
    checkNumber(name, 'smooth', options.smooth, 1e-7);
    checkShapeClasses(name, options);
    checkRegionMeanOptions({ ...options, includeBackground: true }, name);
  },
  pixels(inputs, given, context) {
    const { iterations, smooth } = given;
    const options = shapeClasses(given, context.mode);
    const { target, space } = inputs;
    const { s, counts } = maskedProbabilities(inputs, context);
    const predictedSkeleton = softSkeleton(s, space, iterations);
    const trueSkeleton = withoutGradient(target, (y) => softSkeleton(y as Tensor3D, space, iterations));
    const sums = groupSums(
      {
        count: pixelSum(counts),
        target: pixelSum(target),
        predicted: pixelSum(s),
        predictedLength: pixelSum(predictedSkeleton),
        predictedInside: pixelSum(mul(predictedSkeleton, target) as Tensor3D),
        trueLength: pixelSum(trueSkeleton),
        trueFound: pixelSum(mul(trueSkeleton, s) as Tensor3D),
      },
      options,
      context,
    );
    const precision = div(add(sums.predictedInside, smooth), add(sums.predictedLength, smooth));
    const sensitivity = div(add(sums.trueFound, smooth), add(sums.trueLength, smooth));
    const harmonic = div(mul(2, mul(precision, sensitivity)), maximum(add(precision, sensitivity), 1e-30));
    return meanOfGroups(sub(1, harmonic) as Tensor2D, sums, options, context);
  },
});

/**
 * Returns {@link clDice} of labels and logits.
 *
 * @example
 * ```ts
 * clDiceLoss(tf.zeros([1, 3, 3], 'int32'), tf.fill([1, 3, 3, 1], -20)); // → 0.0000
 * ```
 */
export const clDiceLoss: LossFunction<ClDiceOptions> = /* @__PURE__ */ direct(clDice);
