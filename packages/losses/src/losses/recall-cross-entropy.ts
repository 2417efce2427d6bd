import {
  add,
  argMax,
  cast,
  greater,
  maximum,
  mul,
  oneHot,
  reshape,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { elementsOf, hideIgnored } from '../inputs/ignored.js';
import { pixelSum, quotient } from '../math.js';
import { aggregate, checkAggregation, type AggregationOption } from '../options/aggregation.js';
import { checkNumber } from '../options/checks.js';
import { likelihoodCosts, meanOfElements, negativeLog } from '../pixels/likelihood.js';
import { type LossFactory } from '../types.js';

/** Options of {@link recallCrossEntropy}. */
export interface RecallCrossEntropyOptions extends AggregationOption {
  /** Pixels that a class misses at least, in its weight; above 0, so that a class with full recall still learns. */
  leastMissed: number;
}

/**
 * Recall loss: cross-entropy in which each pixel counts as much as the current predictions miss of its class; the mean over the
 * valid pixels. Weights carry no gradient.
 *
 *     (1/n) Σ_i w_y(i) (-log s_i),  w_k = FN_k / GT_k = 1 - recall_k
 *
 * FN counts the pixels of class k whose most probable class is another one; a channel with a sigmoid has a weight for its foreground
 * and one for its background. Recall is that of the batch, as in the original code, or of each image.
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 1, 1]], [1, 4], 'int32');
 * const logits = tf.tensor3d([[[1, 0], [1, 0], [1, 0], [0, 1]]]); // of 2 pixels each, 0 (counted as 1) and 1 are missed
 * recallCrossEntropyLoss(labels, logits); // → 0.2816
 * recallCrossEntropy({ aggregation: 'perImage' }).spec; // → "recall-ce(aggregation=perImage)"
 * ```
 *
 * @see Tian et al., "Striking the right balance: recall loss for semantic segmentation", ICRA 2022, arXiv:2106.14917, §3.
 */
export const recallCrossEntropy: LossFactory<RecallCrossEntropyOptions, 'recall-ce'> =
  /* @__PURE__ */ defineLoss<RecallCrossEntropyOptions, 'recall-ce'>({
    name: 'recall-ce',
    summary: 'cross-entropy weighted by the missed share of each class',
    source: 'Tian et al., arXiv:2106.14917, §3',
    fullName: 'recall-cross-entropy',
    aliases: ['recall-loss'],
    defaults: { leastMissed: 1, aggregation: 'perBatch' },
    check({ leastMissed, aggregation }, name) {
      checkNumber(name, 'leastMissed', leastMissed, 1e-6);
      checkAggregation(name, aggregation);
    },
    pixels(inputs, { leastMissed, aggregation }, { activation }) {
      const { target, valid } = inputs;
      const softly = activation === 'softmax';
      const { costs, valid: counts } = likelihoodCosts(inputs, activation, negativeLog);
      const weights = withoutGradient(inputs.logits, (logits) => {
        const z = hideIgnored(logits as Tensor3D, valid);
        const chosen = cast(softly ? oneHot(argMax(z, -1), inputs.classes) : greater(z, 0), 'float32');
        const weigh = (y: Tensor, wrong: Tensor) => mul(y, weightsOf(y, wrong, leastMissed, aggregation));
        const ofClass = weigh(target, sub(1, chosen));
        if (softly) return sum(ofClass, -1, true) as Tensor3D;
        const rest = weigh(sub(elementsOf(valid, target), target), chosen);
        return add(ofClass, rest) as Tensor3D;
      });
      return meanOfElements({ costs: mul(weights, costs) as Tensor3D, valid: counts });
    },
  });

/** max(FN, least) / max(GT, 1) of each class, as `[B or 1, 1, K]`. */
function weightsOf(
  y: Tensor,
  wrong: Tensor,
  least: number,
  aggregation: AggregationOption['aggregation'],
): Tensor {
  const sums = { truth: pixelSum(y as Tensor3D), missed: pixelSum(mul(y, wrong) as Tensor3D) };
  const { truth, missed } = aggregate(sums, aggregation);
  const weights = quotient(maximum(missed, least), maximum(truth, 1)) as Tensor2D;
  return reshape(weights, [weights.shape[0], 1, weights.shape[1]]);
}

/**
 * {@link recallCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * recallCrossEntropyLoss(tf.ones([1, 2], 'int32'), tf.fill([1, 2, 1], -1)); // → 1.3133
 * ```
 */
export const recallCrossEntropyLoss: LossFunction<RecallCrossEntropyOptions> =
  /* @__PURE__ */ direct(recallCrossEntropy);
