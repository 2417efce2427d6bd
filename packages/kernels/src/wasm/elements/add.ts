import { util, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';

/** tf.add of float32 tensors of one shape (residual connections, sums of gradients) on all threads; the rest stays with tfjs. */
export function add(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { a, b } = args.inputs as { a: TensorInfo; b: TensorInfo };
      const plain = a.dtype === 'float32' && b.dtype === 'float32' && util.arraysEqual(a.shape, b.shape);
      if (!plain) return original(args);
      const wasm = args.backend as WasmBackend;
      const out = wasm.makeOutput(a.shape, 'float32');
      const length = util.sizeFromShape(a.shape);
      const pointers = [a, b, out].map((tensor) => pointer(wasm, tensor));
      runParts(wasm, 'addElements', [...pointers, length], { parts: kernelsOf(wasm).pointwiseParts(length) });
      return out;
    },
  };
}
