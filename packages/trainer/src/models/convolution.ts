import { layers, type initializers } from '@tensorflow/tfjs-layers';
import { conv2d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';

type Layer = ReturnType<typeof layers.conv2d>;
type Initializer = ReturnType<typeof initializers.heNormal>;

/**
 * tf.layers.conv2d without bias and activation, 3 x 3 and `same`, saved and loaded as that. The layer itself runs the fused
 * operation of tfjs, whose gradient always computes that of the image too; this one leaves it out for the first layer.
 */
export function convolution(filters: number, kernelInitializer: Initializer): Layer {
  const layer = layers.conv2d({
    filters,
    kernelSize: 3,
    padding: 'same',
    kernelInitializer,
    useBias: false,
  });
  const inner = layer as unknown as { kernel: { read(): Tensor4D } };
  layer.call = (inputs) =>
    tidy(() =>
      conv2d((Array.isArray(inputs) ? inputs[0]! : inputs) as Tensor4D, inner.kernel.read(), 1, 'same'),
    );
  return layer;
}
