import { regionStatistics, type InputOptions } from '@segloss/losses';
import { div, maximum, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/** Options of {@link marginals}. */
export interface MarginalOptions extends InputOptions {
  /** Factor T on the logits before softmax or sigmoid; larger is sharper. Default 1. */
  temperature?: number;
  /** Nonzero where a pixel counts. */
  mask?: Tensor;
}

/**
 * Label marginals (region proportions) of each image: predicted p(T), soft, and true q.
 *
 * @param labels Class indices `[B, ...spatial]` or probabilities in the logits' shape; 255 is ignored.
 * @param logits float32 `[B, ...spatial, K]`.
 * @returns Tensors `[B, K]`; 0 for an image without valid pixels.
 * @throws {TypeError} If logits are not float32. @throws {RangeError} If shapes or label values do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * const { predicted, truth } = marginals(labels, tf.zeros([1, 4, 2]));
 * truth; // → [[0.75, 0.25]]
 * predicted; // → [[0.5, 0.5]]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §2.
 */
export function marginals(
  labels: Tensor,
  logits: Tensor,
  options: MarginalOptions = {},
): { predicted: Tensor2D; truth: Tensor2D } {
  return tidy(() => {
    const statistics = ['count', 'target', 'tempered'] as const;
    const { count, target, tempered } = regionStatistics(labels, logits, { ...options, statistics });
    const n = maximum(count, 1);
    return { predicted: div(tempered, n) as Tensor2D, truth: div(target, n) as Tensor2D };
  });
}
