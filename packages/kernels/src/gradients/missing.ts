import {
  broadcast_util,
  engine,
  getGradient,
  registerGradient,
  reshape,
  sum,
  transpose,
  type KernelFunc,
  type KernelConfig,
  type Tensor,
} from '@tensorflow/tfjs-core';

import { useGradient } from './on-wasm.js';

/**
 * Registers gradients that tfjs-core has on no backend, by operations of every backend: of tf.conv3dTranspose and tf.depthToSpace.
 * `@segloss/kernels/wasm` does this by itself; call it where you train such operations on another backend. Calling it twice does
 * nothing.
 *
 * @example
 * ```ts
 * registerMissingGradients();
 * tf.getGradient('Conv3DBackpropInputV2') !== undefined; // → true
 * ```
 */
export function registerMissingGradients(): void {
  if (getGradient('Conv3DBackpropInputV2') === undefined) {
    registerGradient({
      kernelName: 'Conv3DBackpropInputV2', // conv3dTranspose; its adjoint is the convolution
      inputsToSave: ['dy', 'filter'],
      gradFunc: (ddx, [dy, filter], attrs) => ({
        dy: () => engine().runKernel('Conv3D', { x: ddx as Tensor, filter: filter! }, { ...attrs, dataFormat: 'NDHWC', dilations: [1, 1, 1] }), // prettier-ignore
        filter: () => engine().runKernel('Conv3DBackpropFilterV2', { x: ddx as Tensor, dy: dy! }, { ...attrs, filterShape: filter!.shape }), // prettier-ignore
      }),
    });
  }
  if (getGradient('DepthToSpace') === undefined) {
    registerGradient({
      kernelName: 'DepthToSpace',
      gradFunc: (dy, _, attrs) => {
        const { blockSize, dataFormat } = attrs as unknown as { blockSize: number; dataFormat: string };
        return { x: () => spaceToDepth(dy as Tensor, blockSize, dataFormat) };
      },
    });
  }
}

/** Each block of pixels as channels of one: undoes tf.depthToSpace. */
function spaceToDepth(y: Tensor, block: number, dataFormat: string): Tensor {
  if (dataFormat === 'NCHW') {
    const [batch, channels, height, width] = y.shape as [number, number, number, number];
    const [rows, columns] = [height / block, width / block];
    const blocks = reshape(y, [batch, channels, rows, block, columns, block]);
    const order = [0, 3, 5, 1, 2, 4];
    return reshape(transpose(blocks, order), [batch, block * block * channels, rows, columns]);
  }
  const [batch, height, width, channels] = y.shape as [number, number, number, number];
  const [rows, columns] = [height / block, width / block];
  const blocks = reshape(y, [batch, rows, block, columns, block, channels]);
  return reshape(transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch, rows, columns, block * block * channels]);
}

/**
 * An operation on two tensors with tfjs-core's gradient summed over what was broadcast: of maximum, minimum and
 * squaredDifference tfjs-core gives the gradient of the result's shape to the smaller input too, and then refuses it.
 */
export function withBroadcastGradient(
  name: string,
): (original: KernelFunc) => Pick<KernelConfig, 'kernelFunc'> {
  return (original) => ({
    kernelFunc(args) {
      useGradient(name, (gradient) => (dy, saved, attrs) => {
        const gradients = gradient(dy, saved, attrs) as Record<'a' | 'b', () => Tensor>;
        const [a, b] = saved as [Tensor, Tensor];
        return {
          a: () => sumTo(gradients.a(), a.shape),
          b: () => sumTo(gradients.b(), b.shape),
        };
      });
      return original(args);
    },
  });
}

function sumTo(gradient: Tensor, shape: number[]): Tensor {
  const axes = broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : reshape(sum(gradient, axes), shape);
}
