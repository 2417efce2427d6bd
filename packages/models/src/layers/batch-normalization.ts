import { batchNormOfBatch } from '@segloss/kernels';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { mul, sub, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';

/** Private parts of the layer that are used here. */
interface Inner {
  gamma: Weight;
  beta: Weight;
  movingMean: Weight;
  movingVariance: Weight;
  momentum: number;
  epsilon: number;
}

interface Weight {
  read(): Tensor1D;
  write(value: Tensor): void;
}

/**
 * Share of a running average that an update keeps, in every model. PyTorch calls it momentum 0.1; tfjs has 0.99 by default, whose averages
 * lag 100 updates behind the weights.
 */
export const BATCH_NORM_MOMENTUM = 0.9;

type Arguments = NonNullable<Parameters<typeof layers.batchNormalization>[0]>;

/**
 * Applies tf.layers.batchNormalization over the channels, also saved as that; in training it runs the fused kernels of
 * `@segloss/kernels` where they are registered.
 */
export function batchNormalization(x: SymbolicTensor, args: Arguments = {}): SymbolicTensor {
  return normalization(args, 'linear').apply(x) as SymbolicTensor;
}

/**
 * Applies {@link batchNormalization} and tf.layers.reLU, also saved as those two; in training the first computes both, and the second
 * passes its input through.
 */
export function batchNormalizationRelu(x: SymbolicTensor, args: Arguments = {}): SymbolicTensor {
  const norm = normalization(args, 'relu');
  const relu = layers.reLU();
  const reluApart = relu.call.bind(relu);
  relu.call = (inputs, kwargs) => (kwargs['training'] ? inputs : reluApart(inputs, kwargs));
  return relu.apply(norm.apply(x)) as SymbolicTensor;
}

function normalization(args: Arguments, activation: 'linear' | 'relu') {
  const norm = layers.batchNormalization(args);
  const inner = norm as unknown as Inner;
  const normApart = norm.call.bind(norm);
  norm.call = (inputs, kwargs) => {
    if (!kwargs['training']) return normApart(inputs, kwargs);
    return tidy(() => {
      const { output, mean, variance } = batchNormOfBatch(
        Array.isArray(inputs) ? inputs[0]! : inputs,
        inner.gamma.read(),
        inner.beta.read(),
        inner.epsilon,
        activation,
      );
      move(inner.movingMean, mean, inner.momentum);
      move(inner.movingVariance, variance, inner.momentum);
      return output;
    });
  };
  return norm;
}

/** average ← momentum · average + (1 - momentum) · value */
function move(average: Weight, value: Tensor1D, momentum: number): void {
  tidy(() => {
    const old = average.read();
    average.write(sub(old, mul(sub(old, value), 1 - momentum)));
  });
}
