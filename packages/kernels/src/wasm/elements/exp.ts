import { util, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';

/** tf.exp of float32 numbers with vectors; the rest stays with tfjs. */
export function exp(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { x } = args.inputs as { x: TensorInfo };
      if (x.dtype !== 'float32') return original(args);
      const wasm = args.backend as WasmBackend;
      const out = wasm.makeOutput(x.shape, 'float32');
      const length = util.sizeFromShape(x.shape);
      const parts = kernelsOf(wasm).pointwiseParts(length);
      runParts(wasm, 'expElements', [pointer(wasm, x), pointer(wasm, out), length], { parts });
      return out;
    },
  };
}
