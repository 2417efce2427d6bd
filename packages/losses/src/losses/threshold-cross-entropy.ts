import {
  cast,
  less,
  maximum,
  mul,
  neg,
  sigmoid,
  softmax,
  max as largest,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { hideIgnored } from '../inputs/ignored.js';
import {
  fromLabelProbability,
  likelihoodCosts,
  meanOfElements,
  negativeLog,
  withLogits,
} from '../pixels/likelihood.js';
import { meanLabelCost } from '../statistics/label.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { type Activation, type LossFactory, type PixelInputs } from '../types.js';

/** Options of {@link thresholdCrossEntropy}. */
export interface ThresholdCrossEntropyOptions {
  /** Pixels of which the probability is below it count; above 0 and up to 1. */
  threshold: number;
  /** Which probability: that of the `label`, as in the paper, or the largest one (`max`). */
  by: 'label' | 'max';
}

/**
 * Cross-entropy of the pixels that are not learnt yet: the mean over those of which the probability is below a threshold.
 * Which pixels these are carries no gradient.
 *
 * @returns A float32 scalar of at least 0; 0 if no pixel is below the threshold.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * thresholdCrossEntropyLoss(labels, tf.tensor3d([[[0, 0], [-9, 9]]])); // → 0.6931
 * ```
 *
 * @see Wu, Shen, van den Hengel, 2016, arXiv:1605.06885, §3 (online bootstrapping).
 */
export const thresholdCrossEntropy: LossFactory<ThresholdCrossEntropyOptions, 'threshold-ce'> =
  /* @__PURE__ */ defineLoss<ThresholdCrossEntropyOptions, 'threshold-ce'>({
    name: 'threshold-ce',
    summary: 'cross-entropy of the pixels below a probability',
    source: 'Wu et al., arXiv:1605.06885, §3',
    fullName: 'threshold-cross-entropy',
    defaults: { threshold: 0.7, by: 'label' },
    check({ threshold, by }, name) {
      checkNumber(name, 'threshold', threshold, 1e-6, 1);
      checkChoice(name, 'by', by, ['label', 'max']);
    },
    pixels(inputs, { threshold, by }, { activation }) {
      const fused =
        by === 'label' && activation === 'softmax' ? meanLabelCost(inputs, 'below', threshold) : undefined;
      if (fused !== undefined) return fused;
      const elements = likelihoodCosts(inputs, activation, negativeLog);
      const { costs, valid } = elements;
      const below = (probability: Tensor) =>
        mul(valid, cast(less(probability, threshold), 'float32')) as Tensor3D;
      const counts =
        by === 'label'
          ? fromLabelProbability(inputs, activation, elements, below)
          : withoutGradient(inputs.logits, (z) =>
              below(largestProbability(withLogits(inputs, z), activation)),
            );
      return meanOfElements({ costs: mul(costs, counts) as Tensor3D, valid: counts });
    },
  });

function largestProbability({ logits, valid }: PixelInputs, activation: Activation): Tensor {
  const z = hideIgnored(logits, valid);
  return activation === 'softmax' ? largest(softmax(z), -1, true) : maximum(sigmoid(z), sigmoid(neg(z)));
}

/**
 * Returns {@link thresholdCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * thresholdCrossEntropyLoss(tf.ones([1, 1], 'int32'), tf.fill([1, 1, 1], 9)); // → 0
 * ```
 */
export const thresholdCrossEntropyLoss: LossFunction<ThresholdCrossEntropyOptions> =
  /* @__PURE__ */ direct(thresholdCrossEntropy);
