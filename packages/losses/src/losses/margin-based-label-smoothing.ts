import { abs, add, cast, div, equal, max, mul, relu, sub, sum, type Tensor3D } from '@tensorflow/tfjs-core';

import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { elementsOf, hideIgnored } from '../inputs/ignored.js';
import { likelihoodCosts, meanOfElements, negativeLog } from '../pixels/likelihood.js';
import { checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link marginBasedLabelSmoothing}. */
export interface MarginBasedLabelSmoothingOptions {
  /** Distance m ≥ 0 of a logit from the largest one that costs nothing. 0 is close to label smoothing. */
  margin: number;
  /** Weight α ≥ 0 of the margin term. */
  alpha: number;
}

/**
 * Margin-based label smoothing, a calibration loss: cross-entropy, and logits that lie more than a margin below the largest one
 * are pulled back; the mean over valid pixels and classes.
 *
 *     CE + α mean_ik relu( max_j z_ij - z_ik - m )
 *
 * A channel with a sigmoid is two classes with the logits 0 and z.
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0]], [1, 1], 'int32');
 * const logits = tf.tensor3d([[[20, 0]]]); // cross-entropy 0; the second logit is 10 beyond the margin
 * marginBasedLabelSmoothingLoss(labels, logits, { margin: 10, alpha: 0.1 }); // → 0.5000
 * marginBasedLabelSmoothing().spec; // → "mbls"
 * ```
 *
 * @see Liu, Ben Ayed, Galdran, Dolz, "The devil is in the margin: margin-based label smoothing for network calibration", CVPR 2022,
 *   arXiv:2111.15430, §3.
 */
export const marginBasedLabelSmoothing: LossFactory<MarginBasedLabelSmoothingOptions, 'mbls'> =
  /* @__PURE__ */ defineLoss<MarginBasedLabelSmoothingOptions, 'mbls'>({
    name: 'mbls',
    summary: 'margin-based label smoothing: logits stay within a margin',
    source: 'Liu et al., arXiv:2111.15430, §3',
    fullName: 'margin-based-label-smoothing',
    defaults: { margin: 10, alpha: 0.1 },
    check({ margin, alpha }, name) {
      checkNumber(name, 'margin', margin);
      checkNumber(name, 'alpha', alpha);
    },
    pixels(inputs, { margin, alpha }, { activation }) {
      const counts = elementsOf(inputs.valid, inputs.target);
      const z = hideIgnored(inputs.logits, inputs.valid);
      const below = activation === 'softmax' ? sub(largest(z), z) : abs(z);
      // Of the two logits of a sigmoid one is the largest: half of the mean.
      const share = activation === 'softmax' ? 1 : 1 / 2;
      const costs = mul(counts, mul(share, relu(sub(below, margin)))) as Tensor3D;
      const crossEntropy = meanOfElements(likelihoodCosts(inputs, activation, negativeLog));
      return add(crossEntropy, mul(alpha, meanOfElements({ costs, valid: counts })));
    },
  });

/** The largest logit of each pixel; logits that tie share the gradient (that of tf.max counts each in full). */
function largest(z: Tensor3D): Tensor3D {
  const share = withoutGradient(z, (given) => {
    const ties = cast(equal(given, max(given, -1, true)), 'float32');
    return div(ties, sum(ties, -1, true));
  });
  return sum(mul(share, z), -1, true) as Tensor3D;
}

/**
 * {@link marginBasedLabelSmoothing} of labels and logits.
 *
 * @example
 * ```ts
 * marginBasedLabelSmoothingLoss(tf.ones([1, 2], 'int32'), tf.fill([1, 2, 1], 20)); // → 0.5000
 * ```
 */
export const marginBasedLabelSmoothingLoss: LossFunction<MarginBasedLabelSmoothingOptions> =
  /* @__PURE__ */ direct(marginBasedLabelSmoothing);
