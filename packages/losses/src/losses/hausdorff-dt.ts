import { signedDistanceMap } from '@segloss/geometry';
import { add, log1p, mul, square, sub, type Tensor3D } from '@tensorflow/tfjs-core';

import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { mapsOf } from '../pixels/distance-maps.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import {
  checkShapeClasses,
  checkSpacing,
  maskedProbabilities,
  meanOfShapes,
  SHAPE_CLASS_DEFAULTS,
  spacingOf,
  type ShapeClassOptions,
  type SpacingOption,
} from '../pixels/spatial.js';
import { type LossFactory } from '../types.js';

/** Options of {@link hausdorffDt}. */
export interface HausdorffDtOptions extends ShapeClassOptions, SpacingOption {
  /** Exponent α > 0 of the distances; larger punishes far errors more. */
  alpha: number;
  /** Distances on `both` sides of a border, or inside the regions alone (`foreground`). */
  field: 'both' | 'foreground';
  /** log(1 + loss), which keeps it in the range of other losses. */
  log: boolean;
}

/**
 * Hausdorff distance loss by distance transforms: squared errors weighed by how far they lie from the true and from the
 * predicted border; the mean over valid pixels, classes and images. The predicted region is where s > 1/2; the distances
 * carry no gradient, and a region that is empty or fills the image has none.
 *
 *     (1/n) Σ_i (s_i - y_i)² (D_s^α + D_y^α)
 *
 * Needs a backend that can read a tensor at once (all but webgpu). Ignored pixels count as outside where distances are
 * measured.
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1, 1, 0]], [1, 4], 'int32');
 * hausdorffDtLoss(labels, tf.zeros([1, 4, 1])); // → 0.25
 * hausdorffDtLoss(labels, tf.tensor3d([[[-20], [20], [20], [-20]]])); // → 0.0000
 * ```
 *
 * @see Karimi and Salcudean, "Reducing the Hausdorff distance in medical image segmentation with convolutional neural
 *   networks", IEEE TMI 2019, arXiv:1904.10030, §II-B.
 */
export const hausdorffDt: LossFactory<HausdorffDtOptions, 'hausdorff-dt'> = /* @__PURE__ */ defineLoss<
  HausdorffDtOptions,
  'hausdorff-dt'
>({
  name: 'hausdorff-dt',
  summary: 'squared errors weighted by their distance from the borders',
  source: 'Karimi and Salcudean, arXiv:1904.10030, §II-B',
  spatial: true,
  classesDiffer: true,
  defaults: { alpha: 2, field: 'both', log: false, spacing: 'pixels', ...SHAPE_CLASS_DEFAULTS },
  presets: { monai: {} },
  check(options, name) {
    checkNumber(name, 'alpha', options.alpha, 1e-3);
    checkChoice(name, 'field', options.field, ['both', 'foreground']);
    checkChoice(name, 'log', options.log, [true, false]);
    checkSpacing(name, options.spacing);
    checkShapeClasses(name, options);
  },
  pixels(inputs, options, context) {
    const { alpha, field, log } = options;
    const { s, counts } = maskedProbabilities(inputs, context);
    const depth = (mask: Uint8Array) =>
      signedDistanceMap(mask, inputs.space, spacingOf(options, inputs, context.name)).map((distance) =>
        field === 'both' ? Math.abs(distance) ** alpha : Math.max(0, -distance) ** alpha,
      );
    const far = withoutGradient(s, (given) =>
      add(mapsOf(given as Tensor3D, depth), mapsOf(inputs.target, depth)),
    );
    const costs = mul(mul(square(sub(s, inputs.target)), far), counts) as Tensor3D;
    const mean = meanOfShapes(costs, counts, options, context);
    return log ? log1p(mean) : mean;
  },
});

/**
 * Returns {@link hausdorffDt} of labels and logits.
 *
 * @example
 * ```ts
 * hausdorffDtLoss(tf.tensor2d([[0, 1, 1, 0]], [1, 4], 'int32'), tf.zeros([1, 4, 1]), { log: true }); // → 0.2231
 * ```
 */
export const hausdorffDtLoss: LossFunction<HausdorffDtOptions> = /* @__PURE__ */ direct(hausdorffDt);
