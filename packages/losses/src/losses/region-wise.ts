import { distanceTransform } from '@segloss/geometry';
import { mul, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { mapsOf } from '../pixels/distance-maps.js';
import {
  checkShapeClasses,
  checkSpacing,
  maskedProbabilities,
  meanOfShapes,
  spacingOf,
  type ShapeClassOptions,
  type SpacingOption,
} from '../pixels/spatial.js';
import { type LossFactory } from '../types.js';

/** Options of {@link regionWise}. */
export interface RegionWiseOptions extends ShapeClassOptions, SpacingOption {}

/**
 * Region-wise loss with rectified maps: a probability outside of its class's true region costs 1, and one inside is rewarded by its
 * depth, up to -1 at the deepest pixel; the mean over valid pixels, classes and images. Use it next to a region loss, as in
 * `dice + region-wise`.
 *
 *     (1/n) Σ_i m_i s_i,  m = -D / max D inside, 1 outside
 *
 * with D the distance to the nearest pixel outside. A class that fills the image is rewarded by 1 everywhere. Needs a backend that can
 * read a tensor synchronously (all but webgpu). Ignored pixels count as outside where D is measured.
 *
 * @returns A float32 scalar from -1 to 1, NEGATIVE for good predictions; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1, 1, 1, 0]], [1, 5], 'int32'); // depths 1, 2, 1
 * regionWiseLoss(labels, tf.tensor3d([[[-20], [20], [20], [20], [-20]]])); // → -0.4000
 * regionWiseLoss(labels, tf.fill([1, 5, 1], 20)); // → 0.0000
 * ```
 *
 * @see Valverde and Tohka, "Region-wise loss for biomedical image segmentation", Pattern Recognition 2023, arXiv:2108.01405, §3.
 */
export const regionWise: LossFactory<RegionWiseOptions, 'region-wise'> = /* @__PURE__ */ defineLoss<
  RegionWiseOptions,
  'region-wise'
>({
  name: 'region-wise',
  summary: 'prediction times a map: 1 outside, minus the depth inside',
  source: 'Valverde and Tohka, arXiv:2108.01405, §3',
  aliases: ['rrw'],
  spatial: true,
  classesDiffer: true,
  defaults: { spacing: 'pixels', classes: 'all', includeBackground: true },
  check(options, name) {
    checkSpacing(name, options.spacing);
    checkShapeClasses(name, options);
  },
  pixels(inputs, options, context) {
    const { s, counts } = maskedProbabilities(inputs, context);
    const spacing = spacingOf(options, inputs, context.name);
    const map = mapsOf(inputs.target, (mask) => rectified(mask, inputs.space, spacing));
    return meanOfShapes(mul(map, s) as Tensor3D, counts, options, context);
  },
});

/** -D / max D in the mask, 1 outside. */
function rectified(
  mask: Uint8Array,
  space: readonly number[],
  spacing: ReturnType<typeof spacingOf>,
): Float64Array {
  const outside = mask.map((value) => (value === 1 ? 0 : 1));
  const depth = distanceTransform(outside, space, spacing);
  const deepest = depth.reduce((most, d) => Math.max(most, d), 0);
  // Without a pixel outside every depth is infinite: all pixels are equally deep.
  return Float64Array.from(depth, (d) => (d === 0 ? 1 : d === deepest ? -1 : -d / deepest));
}

/**
 * {@link regionWise} of labels and logits.
 *
 * @example
 * ```ts
 * regionWiseLoss(tf.zeros([1, 4], 'int32'), tf.zeros([1, 4, 1])); // → 0.5
 * ```
 */
export const regionWiseLoss: LossFunction<RegionWiseOptions> = /* @__PURE__ */ direct(regionWise);
