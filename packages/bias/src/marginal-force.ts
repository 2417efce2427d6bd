import { pixelSum, type LossCall } from '@segloss/losses';
import {
  grad,
  reshape,
  tidy,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

/** A function with the signature of a loss. */
export type LossLike = (labels: Tensor, logits: Tensor, call?: LossCall) => Scalar;

/**
 * Returns the marginal force of a loss: how hard it pushes on the size of each class.
 *
 * It is the derivative of the loss by a uniform shift of the class's logit, f_k = Σ_i ∂L/∂z_ik, which is the gradient of the last layer's
 * bias. Positive: training makes the class smaller. 0: training leaves the size unchanged.
 *
 * @param loss Any differentiable loss, including your own.
 * @param labels In any form that the loss accepts. @param logits float32 `[B, ...spatial, K]`.
 * @returns `[K]`, one force for each class.
 *
 * @example
 * ```ts
 * const { crossEntropy } = await import('@segloss/losses');
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * marginalForce(crossEntropy(), labels, tf.zeros([1, 4, 2])); // → [-0.25, 0.25]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3; for cross-entropy it is p - q.
 */
export function marginalForce(loss: LossLike, labels: Tensor, logits: Tensor, call?: LossCall): Tensor1D {
  return tidy(() => {
    const gradient = grad((z: Tensor) => loss(labels, z, call))(logits);
    const classes = logits.shape[logits.shape.length - 1]!;
    // In blocks: a running float32 sum over 2^20 pixels was 2e-3 off.
    return reshape(pixelSum(reshape(gradient, [1, -1, classes]) as Tensor3D), [classes]) as Tensor1D;
  });
}
