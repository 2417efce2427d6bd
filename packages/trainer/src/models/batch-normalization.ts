import { batchNormOfBatch } from '@segloss/kernels';
import { layers } from '@tensorflow/tfjs-layers';
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

type Layer = ReturnType<typeof layers.batchNormalization>;

/**
 * tf.layers.batchNormalization over the channels, saved and loaded as that; in training it uses the fused kernels of
 * `@segloss/kernels` where they are.
 */
export function batchNormalization(): Layer {
  const layer = layers.batchNormalization({});
  const inner = layer as unknown as Inner;
  const apart = layer.call.bind(layer);
  layer.call = (inputs, kwargs) => {
    if (!kwargs['training']) return apart(inputs, kwargs);
    return tidy(() => {
      const x = Array.isArray(inputs) ? inputs[0]! : inputs;
      const { output, mean, variance } = batchNormOfBatch(
        x,
        inner.gamma.read(),
        inner.beta.read(),
        inner.epsilon,
      );
      move(inner.movingMean, mean, inner.momentum);
      move(inner.movingVariance, variance, inner.momentum);
      return output;
    });
  };
  return layer;
}

/** average ← momentum · average + (1 - momentum) · value */
function move(average: Weight, value: Tensor1D, momentum: number): void {
  tidy(() => {
    const old = average.read();
    average.write(sub(old, mul(sub(old, value), 1 - momentum)));
  });
}
