import { add, mul, square, sub, type Tensor, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { elementsOf } from '../inputs/ignored.js';
import { pixelSum, quotient } from '../math.js';
import { probabilitiesOf } from '../statistics/probabilities.js';
import { checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionMeanOptions,
  groupSums,
  meanOfGroups,
  REGION_MEAN_DEFAULTS,
  type RegionMeanOptions,
} from '../families/region-score.js';

/** Options of {@link sensitivitySpecificity}. */
export interface SensitivitySpecificityOptions extends RegionMeanOptions {
  /** r, 0 to 1: weight of the errors on the pixels of the class; 1 - r is that of the other pixels. */
  sensitivityWeight: number;
  /** ε, in pixels: added to both denominators. */
  smooth: number;
}

/**
 * Sensitivity-specificity loss, the mean over images and classes: squared errors on a class and off it, each relative to
 * its number of pixels.
 *
 *     r Σ (y - s)² y / (Σ y + ε) + (1 - r) Σ (y - s)² (1 - y) / (Σ (1 - y) + ε)
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * sensitivitySpecificityLoss(labels, tf.zeros([1, 2, 1]), { smooth: 0 }); // → 0.25
 * ```
 *
 * @see Brosch et al., "Deep convolutional encoder networks for multiple sclerosis lesion segmentation", MICCAI 2015,
 *   §2.2.
 */
export const sensitivitySpecificity: LossFactory<SensitivitySpecificityOptions, 'sensitivity-specificity'> =
  /* @__PURE__ */ defineLoss<SensitivitySpecificityOptions, 'sensitivity-specificity'>({
    name: 'sensitivity-specificity',
    summary: 'squared errors inside and outside each class, relative to its size',
    source: 'Brosch et al., MICCAI 2015, §2.2',
    defaults: { sensitivityWeight: 0.1, smooth: 1, ...REGION_MEAN_DEFAULTS },
    check(options, name) {
      checkNumber(name, 'sensitivityWeight', options.sensitivityWeight, 0, 1);
      checkNumber(name, 'smooth', options.smooth);
      checkRegionMeanOptions(options, name);
    },
    pixels(inputs, options, context) {
      const { target, valid } = inputs;
      const s = probabilitiesOf(inputs, context.activation);
      const error = square(sub(target, s));
      const on = (x: Tensor) => pixelSum(mul(x, target) as Tensor3D);
      const off = (x: Tensor) => pixelSum(mul(x, sub(valid, target)) as Tensor3D);
      const one = elementsOf(valid, target); // [B, N, K] where valid may be [B, N, 1]
      const sums = groupSums(
        {
          target: on(one),
          count: pixelSum(one),
          predicted: pixelSum(s),
          missed: on(error),
          invented: off(error),
          rest: off(one),
        },
        options,
        context,
      );
      const { sensitivityWeight: r, smooth } = options;
      const cost = add(
        mul(r, quotient(sums.missed, add(sums.target, smooth))),
        mul(1 - r, quotient(sums.invented, add(sums.rest, smooth))),
      ) as Tensor2D;
      return meanOfGroups(cost, sums, options, context);
    },
  });

/**
 * Returns {@link sensitivitySpecificity} of labels and logits.
 *
 * @example
 * ```ts
 * sensitivitySpecificityLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const sensitivitySpecificityLoss: LossFunction<SensitivitySpecificityOptions> =
  /* @__PURE__ */ direct(sensitivitySpecificity);
