import { engine, type KernelConfig, type KernelFunc, type Tensor } from '@tensorflow/tfjs-core';

import { useGradient } from './gradients.js';

type Override = (original: KernelFunc) => Pick<KernelConfig, 'kernelFunc'>;

/**
 * A convolution with a gradient for every dilation and rounding: tfjs-core's gradient takes no dilations (and drops
 * dimRoundingMode), though the kernels of both gradients could.
 */
export function withDilatedGradient(forward: Override): Override {
  return (original) => {
    const { kernelFunc } = forward(original);
    return {
      kernelFunc(args) {
        useConv2DGradient();
        return kernelFunc(args);
      },
    };
  };
}

function useConv2DGradient(): void {
  useGradient('Conv2D', () => (dy, [x, filter], attrs) => ({
    x: () => engine().runKernel('Conv2DBackpropInput', { dy: dy as Tensor, filter: filter! }, { ...attrs, inputShape: x!.shape }), // prettier-ignore
    filter: () => engine().runKernel('Conv2DBackpropFilter', { x: x!, dy: dy as Tensor }, { ...attrs, filterShape: filter!.shape }), // prettier-ignore
  }));
}
