import {
  batchNorm,
  engine,
  getBackend,
  getKernel,
  moments,
  relu,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';

/** The fused kernel: moments of the batch, normalization, scale and offset, and on request a ReLU, in one operation. */
export const BATCH_NORM_TRAINING = 'SeglossBatchNormTraining';

/** Results of {@link batchNormOfBatch}. */
export interface BatchNormOfBatch<T extends Tensor> {
  /** Shape of x. */
  output: T;
  /** `[channels]`. */
  mean: Tensor1D;
  /** `[channels]`, biased: divided by the number of values. */
  variance: Tensor1D;
}

/**
 * Batch normalization by the mean and variance of the batch itself, as in training: one fused kernel and one for its gradient
 * where they are registered (wasm), else tf.moments and tf.batchNorm. Differentiable by x, scale and offset.
 *
 * @param x `[..., channels]`, float32.
 * @param scale `[channels]`, gamma.
 * @param offset `[channels]`, beta.
 * @param varianceEpsilon Added to the variance. Default 1e-3, as in tf.layers.
 * @param activation `relu`: max(·, 0) of the output, in the same passes. Default `linear`.
 * @throws {RangeError} If activation is neither, x is empty or has no axis but the channels, or scale or offset is not `[channels]`.
 *
 * @example
 * ```ts
 * const x = tf.tensor2d([[1], [3]]);
 * const { output, mean } = batchNormOfBatch(x, tf.tensor1d([1]), tf.tensor1d([0]), 0);
 * tf.reshape(output, [2]); // → [-1, 1]
 * mean; // → [2]
 * ```
 *
 * @see Ioffe & Szegedy, "Batch Normalization", ICML 2015, algorithm 1.
 */
export function batchNormOfBatch<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  varianceEpsilon = 1e-3,
  activation: 'linear' | 'relu' = 'linear',
): BatchNormOfBatch<T> {
  const channels = x.shape[x.rank - 1];
  if (x.rank < 2 || scale.shape[0] !== channels || offset.shape[0] !== channels) {
    throw new RangeError(
      `batchNormOfBatch: wanted x [..., channels] with scale and offset [channels], got x [${x.shape}], ` +
        `scale [${scale.shape}], offset [${offset.shape}]`,
    );
  }
  if (x.size === 0) {
    throw new RangeError(
      `batchNormOfBatch: wanted at least one value for each channel, got x [${x.shape}]; leave empty batches out`,
    );
  }
  if (activation !== 'linear' && activation !== 'relu') {
    throw new RangeError(
      `batchNormOfBatch: wanted activation 'linear' | 'relu', got ${JSON.stringify(activation)}`,
    );
  }
  if (getKernel(BATCH_NORM_TRAINING, getBackend()) && x.dtype === 'float32') {
    const results = engine().runKernel(
      BATCH_NORM_TRAINING,
      { x, scale, offset },
      { varianceEpsilon, activation },
    );
    const [output, mean, variance] = results as unknown as [T, Tensor1D, Tensor1D];
    return { output, mean, variance };
  }
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const { mean, variance } = moments(x, axes);
  const output = batchNorm(x, mean as Tensor1D, variance as Tensor1D, offset, scale, varianceEpsilon) as T;
  return {
    output: activation === 'relu' ? relu(output) : output,
    mean: mean as Tensor1D,
    variance: variance as Tensor1D,
  };
}
