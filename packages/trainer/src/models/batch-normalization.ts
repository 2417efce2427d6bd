import { batchNormOfBatch } from '@segloss/kernels';
import { layers, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { mul, sub, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core';

/** What we use of the layer's private side. */
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
 * tf.layers.batchNormalization over the channels and tf.layers.reLU after it, saved and loaded as those; in training the first
 * does the work of both, by the fused kernels of `@segloss/kernels` where they are, and the second hands it on.
 */
export function batchNormalizationRelu(x: SymbolicTensor): SymbolicTensor {
  const norm = layers.batchNormalization({});
  const relu = layers.reLU();
  const inner = norm as unknown as Inner;
  const normApart = norm.call.bind(norm);
  const reluApart = relu.call.bind(relu);
  norm.call = (inputs, kwargs) => {
    if (!kwargs['training']) return normApart(inputs, kwargs);
    return tidy(() => {
      const { output, mean, variance } = batchNormOfBatch(
        Array.isArray(inputs) ? inputs[0]! : inputs,
        inner.gamma.read(),
        inner.beta.read(),
        inner.epsilon,
        'relu',
      );
      move(inner.movingMean, mean, inner.momentum);
      move(inner.movingVariance, variance, inner.momentum);
      return output;
    });
  };
  relu.call = (inputs, kwargs) => (kwargs['training'] ? inputs : reluApart(inputs, kwargs));
  return relu.apply(norm.apply(x)) as SymbolicTensor;
}

/** average ← momentum · average + (1 - momentum) · value */
function move(average: Weight, value: Tensor1D, momentum: number): void {
  tidy(() => {
    const old = average.read();
    average.write(sub(old, mul(sub(old, value), 1 - momentum)));
  });
}
