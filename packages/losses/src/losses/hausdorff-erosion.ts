import { add, mul, relu, square, sub, zerosLike, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { crossMean } from '../pixels/neighbors.js';
import { checkNumber } from '../options/checks.js';
import {
  checkShapeClasses,
  maskedProbabilities,
  meanOfShapes,
  SHAPE_CLASS_DEFAULTS,
  type ShapeClassOptions,
} from '../pixels/spatial.js';
import { type LossFactory } from '../types.js';

/** Options of {@link hausdorffErosion}. */
export interface HausdorffErosionOptions extends ShapeClassOptions {
  /** Exponent α > 0 of the number of erosions; larger punishes thick errors more. */
  alpha: number;
  /** How many erosions, from 1; thicker errors than so many pixels on each side are not told apart. */
  erosions: number;
}

/**
 * Hausdorff distance loss by erosions: squared errors that survive k erosions weigh k^α; the mean over valid pixels,
 * classes and images. Differentiable throughout. An erosion doubles the mean over a cross of neighbors and subtracts 1, so
 * that an error keeps its size only where the whole cross is wrong.
 *
 *     (1/n) Σ_i Σ_k k^α e_k,  e_0 = (s - y)², e_k = relu(2 · mean of the cross of e_(k-1) - 1)
 *
 * @returns A float32 scalar of at least 0; 0 where every error is thinner than one erosion, and for a batch without valid
 *   pixels. Ignored pixels count as right.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.zeros([1, 3, 3], 'int32');
 * hausdorffErosionLoss(labels, tf.fill([1, 3, 3, 1], 20), { erosions: 1 }); // → 0.4667
 * hausdorffErosionLoss(labels, tf.fill([1, 3, 3, 1], -20)); // → 0
 * ```
 *
 * @see Karimi and Salcudean, IEEE TMI 2019, arXiv:1904.10030, §II-B, eq. 9.
 */
export const hausdorffErosion: LossFactory<HausdorffErosionOptions, 'hausdorff-erosion'> =
  /* @__PURE__ */ defineLoss<HausdorffErosionOptions, 'hausdorff-erosion'>({
    name: 'hausdorff-erosion',
    summary: 'errors weighted by how many erosions they survive',
    source: 'Karimi and Salcudean, arXiv:1904.10030, §II-B',
    spatial: true,
    classesDiffer: true,
    gradientCheck: { errors: 'everywhere' }, // thin errors cost nothing
    defaults: { alpha: 2, erosions: 10, ...SHAPE_CLASS_DEFAULTS },
    check(options, name) {
      checkNumber(name, 'alpha', options.alpha, 1e-3);
      checkNumber(name, 'erosions', options.erosions, 1, 1000);
      if (!Number.isInteger(options.erosions))
        throw new RangeError(`${name}: wanted erosions to be an integer, got ${options.erosions}`);
      checkShapeClasses(name, options);
    },
    pixels(inputs, options, context) {
      const { alpha, erosions } = options;
      const { s, counts } = maskedProbabilities(inputs, context);
      let error = square(sub(s, inputs.target)) as Tensor3D;
      let costs = zerosLike(error);
      for (let k = 1; k <= erosions; k++) {
        error = relu(sub(mul(2, crossMean(error, inputs.space)), 1)) as Tensor3D;
        costs = add(costs, mul(k ** alpha, error));
      }
      return meanOfShapes(mul(costs, counts) as Tensor3D, counts, options, context);
    },
  });

/**
 * Returns {@link hausdorffErosion} of labels and logits.
 *
 * @example
 * ```ts
 * hausdorffErosionLoss(tf.ones([1, 3, 3], 'int32'), tf.zeros([1, 3, 3, 1])); // → 0
 * ```
 */
export const hausdorffErosionLoss: LossFunction<HausdorffErosionOptions> =
  /* @__PURE__ */ direct(hausdorffErosion);
