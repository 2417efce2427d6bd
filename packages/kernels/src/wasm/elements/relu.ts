import {
  engine,
  util,
  type KernelConfig,
  type KernelFunc,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { useGradient } from '../../gradients/on-wasm.js';
import { kernelsOf } from '../memory/module.js';
import { runParts } from '../threads/parts.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';

const GRADIENT = 'SeglossReluGradient';

/** tf.relu as it is, with a gradient in one pass. */
export function relu(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      useGradient('Relu', (gradient) => (dy, saved, attrs) => {
        const x = saved[0]!;
        if (Array.isArray(dy) || dy.dtype !== 'float32' || x.dtype !== 'float32') {
          return gradient(dy, saved, attrs);
        }
        return { x: () => engine().runKernel(GRADIENT, { dy, x }) as Tensor };
      });
      return original(args);
    },
  };
}

/** dy where x is positive. */
export const reluGradient: KernelConfig = {
  kernelName: GRADIENT,
  backendName: 'wasm',
  kernelFunc({ inputs, backend }) {
    const { dy, x } = inputs as { dy: TensorInfo; x: TensorInfo };
    const wasm = backend as WasmBackend;
    const out = wasm.makeOutput(x.shape, 'float32');
    const [dyAt, xAt, outAt] = [dy, x, out].map((tensor) => pointer(wasm, tensor)) as [
      number,
      number,
      number,
    ];
    const length = util.sizeFromShape(x.shape);
    runParts(wasm, 'reluGradient', [dyAt, xAt, outAt, length], {
      parts: kernelsOf(wasm).reluGradientParts(length),
    });
    return out;
  },
};
