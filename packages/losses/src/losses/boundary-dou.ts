import {
  add,
  cast,
  clipByValue,
  div,
  greater,
  mul,
  square,
  sub,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { pixelSum } from '../math.js';
import { crossMean } from '../pixels/neighbors.js';
import { checkNumber } from '../options/checks.js';
import { maskedProbabilities } from '../pixels/spatial.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionMeanOptions,
  groupSums,
  meanOfGroups,
  REGION_MEAN_DEFAULTS,
  type RegionMeanOptions,
} from '../families/region-score.js';

/** Options of {@link boundaryDou}. */
export interface BoundaryDouOptions extends RegionMeanOptions {
  /** ε > 0, in pixels: added to the denominator. */
  smooth: number;
  /** The largest α, from 0 to below 1: how much of the interior of a large region may be taken out of the union. */
  maxAlpha: number;
}

/**
 * Boundary difference over union, the mean over images and classes: like the Jaccard loss, but most of the interior of the
 * true region leaves the denominator, so that errors at the border of large regions count.
 *
 *     (U - I) / (U - α I + ε),  I = Σ s y,  U = Σ s² + Σ y² - I,  α = 1 - 2 C/T from 0 to maxAlpha
 *
 * T pixels has the true region, C of them touch its outside. Ignored pixels count as outside.
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * boundaryDouLoss(labels, tf.tensor3d([[[-20], [20]]])); // → 0.0000
 * boundaryDouLoss(labels, tf.zeros([1, 2, 1])); // → 0.5000
 * ```
 *
 * @see Sun, Luo, Li, "Boundary difference over union loss for medical image segmentation", MICCAI 2023,
 *   arXiv:2308.00220, §2.
 */
export const boundaryDou: LossFactory<BoundaryDouOptions, 'boundary-dou'> = /* @__PURE__ */ defineLoss<
  BoundaryDouOptions,
  'boundary-dou'
>({
  name: 'boundary-dou',
  summary: 'Jaccard in which the border of large regions counts',
  source: 'Sun et al., arXiv:2308.00220, §2',
  spatial: true,
  defaults: { smooth: 1e-5, maxAlpha: 0.8, ...REGION_MEAN_DEFAULTS },
  check(options, name) {
    checkNumber(name, 'smooth', options.smooth, 1e-7);
    checkNumber(name, 'maxAlpha', options.maxAlpha, 0, 0.999);
    checkRegionMeanOptions(options, name);
  },
  pixels(inputs, options, context) {
    const { smooth, maxAlpha } = options;
    const { target, space } = inputs;
    const { s, counts } = maskedProbabilities(inputs, context);
    const inner = mul(target, cast(greater(crossMean(target, space), 0.999), 'float32')) as Tensor3D;
    const sums = groupSums(
      {
        count: pixelSum(counts),
        target: pixelSum(target),
        predicted: pixelSum(s),
        inner: pixelSum(inner),
        apart: pixelSum(square(sub(s, target)) as Tensor3D),
        shared: pixelSum(mul(s, target) as Tensor3D),
      },
      options,
      context,
    );
    const border = div(add(sub(sums.target, sums.inner), smooth), add(sums.target, smooth));
    const alpha = clipByValue(sub(1, mul(2, border)), 0, maxAlpha);
    // U - I = Σ (s - y)², without the cancellation of a difference.
    const below = add(sums.apart, mul(sub(1, alpha), sums.shared));
    const cost = div(sums.apart, add(below, smooth)) as Tensor2D;
    return meanOfGroups(cost, sums, options, context);
  },
});

/**
 * Returns {@link boundaryDou} of labels and logits.
 *
 * @example
 * ```ts
 * boundaryDouLoss(tf.ones([1, 4], 'int32'), tf.fill([1, 4, 1], 20)); // → 0.0000
 * ```
 */
export const boundaryDouLoss: LossFunction<BoundaryDouOptions> = /* @__PURE__ */ direct(boundaryDou);
