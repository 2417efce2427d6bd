import { add, mul, neg, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';

import { aggregate, checkAggregation, type AggregationOption } from '../aggregation.js';
import { defineLoss, direct, type LossFunction } from '../define-loss.js';
import { maskedMean, present, quotient } from '../math.js';
import { checkNumber } from '../options.js';
import { type LossFactory } from '../types.js';

/** Options of {@link binaryCrossEntropy}. */
export interface BinaryCrossEntropyOptions extends AggregationOption {
  /** Weight of the pixels with y = 1; the mean is still over all valid pixels, as PyTorch's `pos_weight`. */
  positiveWeight: number;
}

/**
 * Binary cross-entropy, one against the rest: a sigmoid for every channel also where labels are classes; the mean
 * over valid pixels and channels.
 *
 *     BCE = -(1/nK) Σ_k Σ_i [ w y_ik log σ(z_ik) + (1 - y_ik) log(1 - σ(z_ik)) ]
 *
 * Finite for every finite logit. With one channel and w = 1 it equals {@link crossEntropy}.
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {RangeError} If shapes, label values or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * binaryCrossEntropyLoss(labels, tf.zeros([1, 2, 1])); // → 0.6931
 * binaryCrossEntropyLoss(labels, tf.zeros([1, 2, 1]), { positiveWeight: 3 }); // → 1.3863
 * ```
 *
 * @see torch.nn.BCEWithLogitsLoss for the meaning of the positive weight.
 */
export const binaryCrossEntropy: LossFactory<BinaryCrossEntropyOptions> =
  /* @__PURE__ */ defineLoss<BinaryCrossEntropyOptions>({
    name: 'bce',
    summary: 'binary cross-entropy, a sigmoid for every channel',
    source: 'Good, J. R. Stat. Soc. B 1952',
    defaults: { positiveWeight: 1, aggregation: 'perBatch' },
    check({ positiveWeight, aggregation }, name) {
      checkNumber(name, 'positiveWeight', positiveWeight);
      checkAggregation(name, aggregation);
    },
    activation: () => 'sigmoid',
    statistics: () => ['count', 'logLikelihood', 'complementLogLikelihood'],
    compute(statistics, { positiveWeight, aggregation }) {
      const { count, logLikelihood, complementLogLikelihood } = aggregate(statistics, aggregation);
      const sums = neg(add(mul(positiveWeight, logLikelihood), complementLogLikelihood));
      return maskedMean(quotient(sums, count) as Tensor2D, present(count)) as Scalar;
    },
  });

/**
 * {@link binaryCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * binaryCrossEntropyLoss(tf.ones([1, 1], 'int32'), tf.fill([1, 1, 1], 1000)); // → 0
 * ```
 */
export const binaryCrossEntropyLoss: LossFunction<BinaryCrossEntropyOptions> =
  /* @__PURE__ */ direct(binaryCrossEntropy);
