import { signedDistanceMap } from '@segloss/geometry';
import { mul, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { mapsOf } from '../pixels/distance-maps.js';
import { checkChoice } from '../options/checks.js';
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

/** Options of {@link boundary}. */
export interface BoundaryOptions extends ShapeClassOptions, SpacingOption {
  /** Signed distance of the region's own pixels at the border: minus one pixel (`negative`) or `zero`. */
  innerBorder: 'negative' | 'zero';
}

/**
 * Boundary (surface) loss: the predicted probability times the signed distance to the border of the true region, negative
 * inside it; the mean over valid pixels, classes and images. Use it beside a region loss, as in `dice + 0.01*boundary`:
 * a class without pixels, which has no border, costs nothing.
 *
 *     (1/n) Σ_i φ_i s_i
 *
 * Needs a backend that can read a tensor at once (all but webgpu). Ignored pixels count as outside where φ is measured.
 *
 * @returns A float32 scalar, NEGATIVE for good predictions, in the unit of `spacing`; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1, 1, 0]], [1, 4], 'int32');
 * boundaryLoss(labels, tf.tensor3d([[[-20], [20], [20], [-20]]])); // → -0.5000
 * boundaryLoss(labels, tf.zeros([1, 4, 1])); // → 0
 * ```
 *
 * @see Kervadec et al., "Boundary loss for highly unbalanced segmentation", MIDL 2019, arXiv:1812.07032, §2.
 */
export const boundary: LossFactory<BoundaryOptions, 'boundary'> = /* @__PURE__ */ defineLoss<
  BoundaryOptions,
  'boundary'
>({
  name: 'boundary',
  summary: 'prediction times the signed distance to the true border',
  source: 'Kervadec et al., arXiv:1812.07032, §2',
  spatial: true,
  classesDiffer: true,
  defaults: { innerBorder: 'negative', spacing: 'pixels', ...SHAPE_CLASS_DEFAULTS },
  check(options, name) {
    checkChoice(name, 'innerBorder', options.innerBorder, ['negative', 'zero']);
    checkSpacing(name, options.spacing);
    checkShapeClasses(name, options);
  },
  pixels(inputs, options, context) {
    const { s, counts } = maskedProbabilities(inputs, context);
    const { innerBorder } = options;
    const phi = mapsOf(inputs.target, (mask) =>
      signedDistanceMap(mask, inputs.space, { innerBorder, ...spacingOf(options, inputs, context.name) }),
    );
    return meanOfShapes(mul(phi, s) as Tensor3D, counts, options, context);
  },
});

/**
 * Returns {@link boundary} of labels and logits.
 *
 * @example
 * ```ts
 * boundaryLoss(tf.ones([1, 4], 'int32'), tf.zeros([1, 4, 1])); // → 0
 * ```
 */
export const boundaryLoss: LossFunction<BoundaryOptions> = /* @__PURE__ */ direct(boundary);
