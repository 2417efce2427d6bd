import { mul, sum, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { mapsOf } from '../pixels/distance-maps.js';
import { borderWeights } from '../pixels/distance-weights.js';
import { likelihoodCosts, meanOfElements, negativeLog } from '../pixels/likelihood.js';
import { type LossFactory } from '../types.js';

/**
 * Distance-penalized cross-entropy: pixels count up to twice, the more the nearer they lie to the border of their region;
 * the mean over valid pixels (and, with a sigmoid, channels). Ignored pixels count as outside of every region where
 * distances are measured.
 *
 *     mean_i of (1 + (max D - D_i) / max(max D - D)) (-log s_i),  D the distance to the border, in pixels
 *
 * Needs a backend that can read a tensor at once (all but webgpu).
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 1, 1]], [1, 4], 'int32');
 * distanceCrossEntropyLoss(labels, tf.zeros([1, 4, 2])); // → 1.0397
 * ```
 *
 * @see Caliva et al., "Distance map loss penalty term for semantic segmentation", MIDL 2019, arXiv:1908.03679, §2.
 */
export const distanceCrossEntropy: LossFactory<object, 'distance-ce'> = /* @__PURE__ */ defineLoss<
  object,
  'distance-ce'
>({
  name: 'distance-ce',
  summary: 'cross-entropy weighted near borders',
  source: 'Caliva et al., arXiv:1908.03679, §2',
  fullName: 'distance-cross-entropy',
  spatial: true,
  defaults: {},
  pixels(inputs, _options, { activation }) {
    const { costs, valid } = likelihoodCosts(inputs, activation, negativeLog);
    const each = mapsOf(inputs.target, (mask) => borderWeights(mask, inputs.space));
    const weights = activation === 'softmax' ? sum(mul(each, inputs.target), -1, true) : each;
    return meanOfElements({ costs: mul(costs, weights) as Tensor3D, valid });
  },
});

/**
 * Returns {@link distanceCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * distanceCrossEntropyLoss(tf.ones([1, 4], 'int32'), tf.zeros([1, 4, 1])); // → 0.6931
 * ```
 */
export const distanceCrossEntropyLoss: LossFunction<object> = /* @__PURE__ */ direct(distanceCrossEntropy);
