import { dilate, skeleton } from '@segloss/geometry';
import { add, div, maximum, mul, slice, sub, sum, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { pixelSum } from '../math.js';
import { mapsOf } from '../pixels/distance-maps.js';
import { checkChoice, checkNumber } from '../options/checks.js';
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

/** Options of {@link skeletonRecall}. */
export interface SkeletonRecallOptions
  extends Omit<RegionMeanOptions, 'includeBackground' | 'classes'>, ShapeClassOptions {
  /** The line that must be found: the skeleton of the labels, grown by two steps within them (`tube`), the `skeleton` alone, or the
   * `labels` as they are, where they are skeletons already. */
  target: 'tube' | 'skeleton' | 'labels';
  /** Whose skeleton: of each class (`class`), or of the classes that count together, as in the original code (`union`). */
  skeletonOf: 'class' | 'union';
  /** ε ≥ 0, in pixels: added to numerator and denominator. */
  smooth: number;
}

/**
 * Skeleton recall loss for thin tubes such as vessels: the share of the true skeleton that is predicted; the mean over images and
 * classes. Add it to losses that count false positives, as in `dice + ce + skeleton-recall`.
 *
 *     1 - (Σ t s + ε) / (Σ t + ε)
 *
 * with t the skeleton of the true region, made a tube by two steps of growth. The skeleton depends on the labels only, so it costs little.
 * A region whose skeleton is empty counts in full. Needs a backend that can read a tensor synchronously (all but webgpu) and images of 2
 * or 3 spatial axes (one axis is its own skeleton).
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels. Ignored pixels count as outside.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor3d([[[0, 1, 0], [0, 1, 0], [0, 1, 0]]], [1, 3, 3], 'int32');
 * skeletonRecallLoss(labels, tf.zeros([1, 3, 3, 1]), { smooth: 0 }); // → 0.5000
 * skeletonRecallLoss(labels, tf.fill([1, 3, 3, 1], 20)); // → 0.0000
 * ```
 *
 * @see Kirchhoff et al., "Skeleton recall loss for connectivity conserving and resource efficient segmentation of thin tubular
 *   structures", ECCV 2024, arXiv:2404.03010, §3.
 */
export const skeletonRecall: LossFactory<SkeletonRecallOptions, 'skeleton-recall'> =
  /* @__PURE__ */ defineLoss<SkeletonRecallOptions, 'skeleton-recall'>({
    name: 'skeleton-recall',
    summary: 'share of the true skeleton that is predicted, for tubes',
    source: 'Kirchhoff et al., arXiv:2404.03010, §3',
    spatial: true,
    classesDiffer: true,
    defaults: {
      target: 'tube',
      skeletonOf: 'class',
      smooth: 1,
      ...REGION_MEAN_DEFAULTS,
      ...SHAPE_CLASS_DEFAULTS,
      absentClass: 'skip',
    },
    presets: {
      nnunet: { skeletonOf: 'union', smooth: 1e-5, absentClass: 'smooth' },
    },
    check(options, name) {
      checkChoice(name, 'target', options.target, ['tube', 'skeleton', 'labels']);
      checkChoice(name, 'skeletonOf', options.skeletonOf, ['class', 'union']);
      checkNumber(name, 'smooth', options.smooth);
      checkShapeClasses(name, options);
      checkRegionMeanOptions({ ...options, includeBackground: true }, name);
    },
    pixels(inputs, given, context) {
      const options = shapeClasses(given, context.mode);
      const { target: y, space } = inputs;
      const { s, counts } = maskedProbabilities(inputs, context);
      const line = withoutGradient(y, (target) => lineOf(target as Tensor3D, space, options));
      const sums = groupSums(
        {
          count: pixelSum(counts),
          target: pixelSum(line),
          predicted: pixelSum(s),
          found: pixelSum(mul(line, s) as Tensor3D),
        },
        options,
        context,
      );
      const below = maximum(add(sums.target, options.smooth), 1e-7);
      const recall = div(add(sums.found, options.smooth), below);
      return meanOfGroups(sub(1, recall) as Tensor2D, sums, options, context);
    },
  });

type LineOptions = Pick<SkeletonRecallOptions, 'target' | 'skeletonOf'> & { includeBackground: boolean };

/** The pixels of every region that must be found, `[B, N, K]`. */
function lineOf(y: Tensor3D, space: readonly number[], options: LineOptions): Tensor3D {
  if (options.target === 'labels') return mul(y, 1);
  const line = (mask: Uint8Array) => lineOfMask(mask, space, options.target === 'tube');
  if (options.skeletonOf === 'class') return mul(y, mapsOf(y, line));
  const from = options.includeBackground || y.shape[2] === 1 ? 0 : 1;
  const union = sum(slice(y, [0, 0, from], [-1, -1, -1]), -1, true) as Tensor3D;
  return mul(y, mapsOf(union, line));
}

function lineOfMask(mask: Uint8Array, space: readonly number[], tube: boolean): Uint8Array {
  const shape = space.length === 1 ? [1, ...space] : space;
  if (shape.length > 3) return mask;
  const thin = skeleton(mask, shape);
  if (!thin.includes(1)) return mask;
  if (!tube) return thin;
  const grown = dilate(thin, shape, { connectivity: shape.length === 3 ? 6 : 4, iterations: 2 });
  return grown.map((value, i) => value * mask[i]!);
}

/**
 * {@link skeletonRecall} of labels and logits.
 *
 * @example
 * ```ts
 * skeletonRecallLoss(tf.ones([1, 1, 3], 'int32'), tf.fill([1, 1, 3, 1], -20), { smooth: 0 }); // → 1.0000
 * ```
 */
export const skeletonRecallLoss: LossFunction<SkeletonRecallOptions> = /* @__PURE__ */ direct(skeletonRecall);
