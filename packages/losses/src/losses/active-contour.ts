import { add, mul, scalar, sqrt, square, sub, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { total } from '../math.js';
import { neighborsAlong } from '../pixels/neighbors.js';
import { checkNumber } from '../options/checks.js';
import {
  checkShapeClasses,
  maskedProbabilities,
  meanOfShapes,
  SHAPE_CLASS_DEFAULTS,
  type ShapeClassOptions,
} from '../pixels/spatial.js';
import { type LossFactory } from '../types.js';

/** Options of {@link activeContour}. */
export interface ActiveContourOptions extends ShapeClassOptions {
  /** Weight λ ≥ 0 of the region term against the length of the contour. */
  regionWeight: number;
}

const EPSILON = 1e-8; // under the root, which has no slope at 0

/**
 * Active contour loss: the length of the predicted contour (total variation) and the energy of the regions within and
 * without; the mean over valid pixels, classes and images.
 *
 *     (1/n) Σ_i |∇s_i| + λ (1/n) Σ_i [ s_i (1 - y_i)² + (1 - s_i) y_i² ]
 *
 * @returns A float32 scalar of at least 0 (not 0 for a perfect prediction: its contour has a length); 0 for a batch
 *   without valid pixels. Differences to ignored pixels are left out.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1, 1, 0]], [1, 4], 'int32');
 * activeContourLoss(labels, tf.tensor3d([[[-20], [20], [20], [-20]]])); // → 0.5000
 * activeContourLoss(labels, tf.zeros([1, 4, 1])); // → 0.5001
 * ```
 *
 * @see Chen et al., "Learning active contour models for medical image segmentation", CVPR 2019, §3.2.
 */
export const activeContour: LossFactory<ActiveContourOptions, 'active-contour'> = /* @__PURE__ */ defineLoss<
  ActiveContourOptions,
  'active-contour'
>({
  name: 'active-contour',
  summary: 'length of the predicted contour and energy of the regions',
  source: 'Chen et al., CVPR 2019, §3.2',
  spatial: true,
  classesDiffer: true,
  defaults: { regionWeight: 1, ...SHAPE_CLASS_DEFAULTS },
  check(options, name) {
    checkNumber(name, 'regionWeight', options.regionWeight);
    checkShapeClasses(name, options);
  },
  pixels(inputs, options, context) {
    const { target: y, space } = inputs;
    const { s, counts } = maskedProbabilities(inputs, context);
    const steps = space.map((_, axis) => {
      const both = mul(counts, neighborsAlong(counts, space, axis, 'edge').after);
      return mul(both, square(sub(neighborsAlong(s, space, axis, 'edge').after, s)));
    });
    const length = sqrt(total([...steps, scalar(EPSILON)]));
    const region = add(mul(s, square(sub(1, y))), mul(sub(1, s), square(y)));
    const costs = mul(counts, add(length, mul(options.regionWeight, region))) as Tensor3D;
    return meanOfShapes(costs, counts, options, context);
  },
});

/**
 * Returns {@link activeContour} of labels and logits.
 *
 * @example
 * ```ts
 * activeContourLoss(tf.ones([1, 4], 'int32'), tf.zeros([1, 4, 1]), { regionWeight: 0 }); // → 0.0001
 * ```
 */
export const activeContourLoss: LossFunction<ActiveContourOptions> = /* @__PURE__ */ direct(activeContour);
