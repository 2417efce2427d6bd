import { engine, type KernelConfig, type KernelFunc, type Tensor } from '@tensorflow/tfjs-core';

import { useGradient } from './on-wasm.js';

type Override = (original: KernelFunc) => Pick<KernelConfig, 'kernelFunc'>;

/** The kernels of both gradients of a convolution. */
const GRADIENTS = {
  Conv2D: { input: 'Conv2DBackpropInput', filter: 'Conv2DBackpropFilter' },
  Conv3D: { input: 'Conv3DBackpropInputV2', filter: 'Conv3DBackpropFilterV2' },
  DepthwiseConv2dNative: {
    input: 'DepthwiseConv2dNativeBackpropInput',
    filter: 'DepthwiseConv2dNativeBackpropFilter',
  },
} as const;

/**
 * A convolution with a gradient for every dilation and rounding: tfjs-core's gradients take no dilations (and drop
 * dimRoundingMode), though the kernels could.
 */
export function withDilatedGradient(name: keyof typeof GRADIENTS, forward: Override): Override {
  const { input, filter: ofFilter } = GRADIENTS[name];
  return (original) => {
    const { kernelFunc } = forward(original);
    return {
      kernelFunc(args) {
        useGradient(name, () => (dy, [x, filter], attrs) => ({
          x: () => engine().runKernel(input, { dy: dy as Tensor, filter: filter! }, { ...attrs, inputShape: x!.shape }), // prettier-ignore
          filter: () => engine().runKernel(ofFilter, { x: x!, dy: dy as Tensor }, { ...attrs, filterShape: filter!.shape }), // prettier-ignore
        }));
        return kernelFunc(args);
      },
    };
  };
}
