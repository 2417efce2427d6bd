import {
  cast,
  greater,
  less,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  sub,
  sum,
  where,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import {
  fromLabelProbability,
  likelihoodCosts,
  meanOfElements,
  negativeLog,
  weighByClass,
} from '../pixels/likelihood.js';
import { valuesAtRanks } from '../pixels/ranking.js';
import { checkClassWeights, checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link ohemCrossEntropy}. */
export interface OhemCrossEntropyOptions {
  /** Pixels whose label has a probability below it always count; above 0 and up to 1. */
  threshold: number;
  /** The threshold is raised until about so many pixels of the batch count. */
  minKept: number;
  /** Factor on the cost of each pixel by its label, or of each channel with a sigmoid. */
  classWeights: 'uniform' | readonly number[];
}

/**
 * Cross-entropy with online hard example mining: the mean over the pixels whose label has a probability below
 * max(threshold, the (minKept + 1)-smallest probability of the batch). Which pixels these are carries no gradient.
 *
 * @returns A float32 scalar of at least 0; 0 if no pixel is below the limit.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * ohemCrossEntropyLoss(labels, tf.tensor3d([[[0, 0], [-9, 9]]]), { minKept: 1 }); // → 0.6931
 * ```
 *
 * @see Shrivastava, Gupta, Girshick, "Training region-based object detectors with online hard example mining", CVPR 2016,
 *   arXiv:1604.03540; over pixels as in MMSegmentation's OhemCrossEntropy.
 */
export const ohemCrossEntropy: LossFactory<OhemCrossEntropyOptions, 'ohem'> = /* @__PURE__ */ defineLoss<
  OhemCrossEntropyOptions,
  'ohem'
>({
  name: 'ohem',
  summary: 'cross-entropy with online hard example mining',
  source: 'Shrivastava et al., arXiv:1604.03540',
  fullName: 'ohem-cross-entropy',
  defaults: { threshold: 0.7, minKept: 100_000, classWeights: 'uniform' },
  check({ threshold, minKept, classWeights }, name) {
    checkNumber(name, 'threshold', threshold, 1e-6, 1);
    checkNumber(name, 'minKept', minKept, 1);
    checkClassWeights(name, classWeights);
  },
  pixels(inputs, { threshold, minKept, classWeights }, { activation, name }) {
    const elements = likelihoodCosts(inputs, activation, negativeLog);
    const { costs, valid } = weighByClass(elements, inputs, classWeights, name);
    const counts = fromLabelProbability(inputs, activation, elements, (s) => {
      const limit = maximum(atRank(s, valid, minKept), threshold);
      return mul(valid, cast(less(s, limit), 'float32')) as Tensor3D;
    });
    return meanOfElements({ costs: mul(costs, counts) as Tensor3D, valid: counts });
  },
});

/** The valid value of which `rank` others are smaller; the largest one if there are not so many. */
function atRank(values: Tensor3D, valid: Tensor3D, rank: number) {
  const ranked = reshape(where(greater(valid, 0), values, 2), [1, -1]) as Tensor2D; // a probability is at most 1
  const index = reshape(minimum(rank, sub(sum(valid), 1)), [1, 1]) as Tensor2D;
  return neg(reshape(valuesAtRanks(neg(ranked) as Tensor2D, index), []));
}

/**
 * Returns {@link ohemCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * ohemCrossEntropyLoss(tf.ones([1, 2], 'int32'), tf.tensor3d([[[0], [9]]])); // → 0.6931
 * ```
 */
export const ohemCrossEntropyLoss: LossFunction<OhemCrossEntropyOptions> =
  /* @__PURE__ */ direct(ohemCrossEntropy);
