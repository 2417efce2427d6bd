import { mul, square, sub, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

import { classRow } from '../options/classes.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { meanOfMeans, pixelSum, present, quotient } from '../math.js';
import { erode } from '../pixels/neighbors.js';
import {
  checkShapeClasses,
  maskedProbabilities,
  SHAPE_CLASS_DEFAULTS,
  shapeClasses,
  type ShapeClassOptions,
} from '../pixels/spatial.js';
import { type LossFactory } from '../types.js';

/**
 * Perimeter loss: the squared difference between the lengths of the predicted and the true contour, as shares of the
 * valid pixels; the mean over classes and images. It says nothing of where the contour lies: use it beside a region loss.
 *
 *     (P(s) - P(y))²,  P(x) = (1/n) Σ_i (x - erode x)_i
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels. Ignored pixels count as outside.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1, 1, 0]], [1, 4], 'int32');
 * perimeterLoss(labels, tf.zeros([1, 4, 1])); // → 0.25
 * perimeterLoss(labels, tf.tensor3d([[[-20], [20], [20], [-20]]])); // → 0.0000
 * ```
 *
 * @see El Jurdi et al., "A surprisingly effective perimeter-based loss for medical image segmentation", MIDL 2021.
 */
export const perimeter: LossFactory<ShapeClassOptions, 'perimeter'> = /* @__PURE__ */ defineLoss<
  ShapeClassOptions,
  'perimeter'
>({
  name: 'perimeter',
  summary: 'squared difference between the lengths of the contours',
  source: 'El Jurdi et al., MIDL 2021',
  spatial: true,
  classesDiffer: true,
  defaults: SHAPE_CLASS_DEFAULTS,
  check: (options, name) => checkShapeClasses(name, options),
  pixels(inputs, options, context) {
    const { target, space } = inputs;
    const { s, counts } = maskedProbabilities(inputs, context);
    const count = pixelSum(counts);
    const length = (x: Tensor3D) => quotient(pixelSum(sub(x, erode(x, space)) as Tensor3D), count);
    const costs = square(sub(length(s), length(target))) as Tensor2D;
    const row = classRow(context.name, shapeClasses(options, context.mode), context.classes);
    return meanOfMeans(costs, mul(present(count), row));
  },
});

/**
 * Returns {@link perimeter} of labels and logits.
 *
 * @example
 * ```ts
 * perimeterLoss(tf.ones([1, 4], 'int32'), tf.zeros([1, 4, 1])); // → 0
 * ```
 */
export const perimeterLoss: LossFunction<ShapeClassOptions> = /* @__PURE__ */ direct(perimeter);
