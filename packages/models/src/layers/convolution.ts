import { layers } from '@tensorflow/tfjs-layers';
import { conv2d, tidy, type Tensor4D } from '@tensorflow/tfjs-core';

type Layer = ReturnType<typeof layers.conv2d>;
type Arguments = Omit<Parameters<typeof layers.conv2d>[0], 'useBias' | 'activation' | 'padding'> & {
  padding?: 'same' | 'valid';
};

/**
 * Returns tf.layers.conv2d without bias and activation, padding `same` by default, also saved as that. tfjs's own layer runs a fused
 * operation whose gradient always includes that of the image; this one omits it for the first layer.
 */
export function convolution(args: Arguments): Layer {
  const { padding = 'same' } = args;
  const layer = layers.conv2d({ ...args, padding, useBias: false });
  const inner = layer as unknown as {
    kernel: { read(): Tensor4D };
    strides: [number, number];
    dilationRate: [number, number];
  };
  layer.call = (inputs) =>
    tidy(() =>
      conv2d(
        (Array.isArray(inputs) ? inputs[0]! : inputs) as Tensor4D,
        inner.kernel.read(),
        inner.strides,
        padding,
        'NHWC',
        inner.dilationRate,
      ),
    );
  return layer;
}
