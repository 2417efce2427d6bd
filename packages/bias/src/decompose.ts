import { regionStatistics } from '@segloss/losses';
import {
  add,
  div,
  log,
  maximum,
  mul,
  neg,
  sub,
  sum,
  tidy,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

import { type MarginalOptions } from './marginals.js';

/** Options of the decompositions: how labels are read. */
export type DecompositionOptions = Omit<MarginalOptions, 'temperature'>;

/** -log Dice of each image and class, and the parts that add up to it; NaN for a class that is absent from the image. */
export interface LogDiceParts {
  /** Ground-truth matching, -log m: m is the mean probability inside the true region. */
  readonly matching: Tensor2D;
  /** Marginal penalty, log(p + q). */
  readonly marginalPenalty: Tensor2D;
  /** -log(2 q), which no prediction changes. */
  readonly constant: Tensor2D;
  readonly value: Tensor2D;
}

/**
 * Returns the logarithmic Dice loss (without smoothing) of each image and class as an exact sum: matching, marginal penalty and a
 * constant.
 *
 *     -log Dice_k = -log m_k + log(p_k + q_k) - log(2 q_k)
 *
 * @param labels Class indices `[B, ...spatial]` or probabilities in the logits' shape; 255 is ignored.
 * @param logits float32 `[B, ...spatial, K]`.
 * @returns Tensors `[B, K]`.
 * @throws {TypeError} If logits are not float32. @throws {RangeError} If shapes or label values do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * const { matching, marginalPenalty, constant, value } = decomposeLogDice(labels, tf.zeros([1, 4, 2]));
 * matching; // → [[0.6931, 0.6931]]
 * value; // → [[0.5108, 1.0986]]
 * tf.add(tf.add(matching, marginalPenalty), constant); // → [[0.5108, 1.0986]]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.1.
 */
export function decomposeLogDice(
  labels: Tensor,
  logits: Tensor,
  options: DecompositionOptions = {},
): LogDiceParts {
  return tidy(() => {
    const statistics = ['count', 'target', 'predicted', 'overlap'] as const;
    const { count, target, predicted, overlap } = regionStatistics(labels, logits, {
      ...options,
      statistics,
    });
    const n = maximum(count, 1);
    const q = div(target, n);
    return {
      matching: neg(log(div(overlap, target))) as Tensor2D,
      marginalPenalty: log(add(div(predicted, n), q)) as Tensor2D,
      constant: neg(log(mul(2, q))) as Tensor2D,
      value: neg(log(div(mul(2, overlap), add(target, predicted)))) as Tensor2D,
    };
  });
}

/** -log Tversky of each image and class, and the parts that add up to it; NaN for a class that is absent from the image. */
export interface LogTverskyParts {
  /** Ground-truth matching, -log m. */
  readonly matching: Tensor2D;
  /** log(q m (1-α-β) + α p + β q): a penalty of the proportions alone where α + β = 1. */
  readonly marginalPenalty: Tensor2D;
  /** -log q, which no prediction changes. */
  readonly constant: Tensor2D;
  readonly value: Tensor2D;
}

/** Options of {@link decomposeLogTversky}. */
export interface LogTverskyOptions extends DecompositionOptions {
  /** Weight α of false positives; default ½. */
  alpha?: number;
  /** Weight β of false negatives; default 1 - α. */
  beta?: number;
}

/**
 * Returns the logarithmic Tversky loss (without smoothing) of each image and class as an exact sum: matching, marginal penalty and a constant.
 * Dice is α = β = ½, Jaccard α = β = 1; at β = 1, α = 0 there is no penalty.
 *
 *     -log Tversky_k = -log m_k + log( q_k m_k (1-α-β) + α p_k + β q_k ) - log q_k
 *
 * @param labels Class indices `[B, ...spatial]` or probabilities in the logits' shape; 255 is ignored.
 * @param logits float32 `[B, ...spatial, K]`.
 * @returns Tensors `[B, K]`.
 * @throws {TypeError} If logits are not float32. @throws {RangeError} If shapes or label values do not fit, or a weight is negative.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * const { matching, marginalPenalty, constant, value } = decomposeLogTversky(labels, tf.zeros([1, 4, 2]), { alpha: 1, beta: 1 });
 * value; // → [[0.8473, 1.6094]]
 * tf.add(tf.add(matching, marginalPenalty), constant); // → [[0.8473, 1.6094]]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.1, for Dice; Salehi et al., arXiv:1706.05721, §2.
 */
export function decomposeLogTversky(
  labels: Tensor,
  logits: Tensor,
  { alpha = 0.5, beta = 1 - alpha, ...input }: LogTverskyOptions = {},
): LogTverskyParts {
  if (!(alpha >= 0 && beta >= 0 && alpha + beta > 0)) {
    throw new RangeError(
      `decomposeLogTversky: wanted alpha and beta of at least 0, got ${alpha} and ${beta}`,
    );
  }
  return tidy(() => {
    const statistics = ['count', 'target', 'predicted', 'overlap'] as const;
    const { count, target, predicted, overlap } = regionStatistics(labels, logits, { ...input, statistics });
    const n = maximum(count, 1);
    const below = add(mul(1 - alpha - beta, overlap), add(mul(alpha, predicted), mul(beta, target)));
    return {
      matching: neg(log(div(overlap, target))) as Tensor2D,
      marginalPenalty: log(div(below, n)) as Tensor2D,
      constant: neg(log(div(target, n))) as Tensor2D,
      value: neg(log(div(overlap, below))) as Tensor2D,
    };
  });
}

/** Cross-entropy of each image, and the parts that add up to it. */
export interface CrossEntropyParts {
  /** H(q), which no prediction changes. */
  readonly entropy: Tensor1D;
  /** Marginal penalty, KL(q ‖ p). */
  readonly marginalPenalty: Tensor1D;
  /** Ground-truth matching in the generative view, -Σ_k q_k E_{Y_k} log(s_k / p_k). */
  readonly matching: Tensor1D;
  readonly value: Tensor1D;
}

/**
 * Returns the softmax cross-entropy of each image as an exact sum: entropy of the true proportions, marginal penalty KL(q ‖ p), and
 * the generative matching term.
 *
 *     CE = H(q) + KL(q ‖ p) - Σ_k q_k (1/|Y_k|) Σ_{i∈Y_k} log(s_ik / p_k)
 *
 * @param labels Class indices `[B, ...spatial]` or probabilities in the logits' shape; 255 is ignored.
 * @param logits float32 `[B, ...spatial, K]`, K ≥ 2; lift one channel z to [0, z].
 * @returns Tensors `[B]`; 0 for an image without valid pixels.
 * @throws {TypeError} If logits are not float32. @throws {RangeError} If shapes or label values do not fit, or K = 1.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * const { entropy, marginalPenalty, matching, value } = decomposeCrossEntropy(labels, tf.zeros([1, 4, 2]));
 * entropy; // → [0.5623]
 * marginalPenalty; // → [0.1308]
 * matching; // → [0.0000]
 * value; // → [0.6931]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.2.
 */
export function decomposeCrossEntropy(
  labels: Tensor,
  logits: Tensor,
  options: DecompositionOptions = {},
): CrossEntropyParts {
  const classes = logits.shape[logits.shape.length - 1];
  if (classes === 1 || options.mode === 'multilabel') {
    throw new RangeError(
      'decomposeCrossEntropy: wanted softmax logits of at least two classes, got sigmoid channels; lift one channel z to [0, z] by tf.concat',
    );
  }
  return tidy(() => {
    const statistics = ['count', 'target', 'predicted', 'logLikelihood'] as const;
    const { count, target, predicted, logLikelihood } = regionStatistics(labels, logits, {
      ...options,
      statistics,
    });
    const n = maximum(count, 1);
    const q = div(target, n) as Tensor2D;
    const logP = log(maximum(div(predicted, n), TINY));
    const logQ = log(maximum(q, TINY));
    const perImage = (x: Tensor) => sum(x, -1) as Tensor1D;
    const likelihood = div(logLikelihood, n);
    return {
      entropy: perImage(neg(mul(q, logQ))),
      marginalPenalty: perImage(mul(q, sub(logQ, logP))),
      matching: perImage(sub(mul(q, logP), likelihood)),
      value: perImage(neg(likelihood)),
    };
  });
}

/** Below every proportion of an image; only keeps 0 · log 0 at 0. */
const TINY = 1e-30;
