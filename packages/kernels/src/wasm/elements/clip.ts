import { util, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { memoryOf, pointer, type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';

/** tf.clipByValue: NaN stays NaN, which tfjs's wasm kernel turns into the smallest value; whole numbers, whose bits it takes for those of float32. */
export function clipByValue(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { x } = args.inputs as { x: TensorInfo };
      const { clipValueMin: least, clipValueMax: most } = args.attrs as unknown as Limits;
      if (x.dtype !== 'float32' && x.dtype !== 'int32') return original(args);
      const wasm = args.backend as WasmBackend;
      const out = wasm.makeOutput(x.shape, x.dtype);
      const length = util.sizeFromShape(x.shape);
      const at = [pointer(wasm, x), pointer(wasm, out)] as const;
      if (x.dtype === 'int32') {
        const [from, to] = at.map((place) => new Int32Array(memoryOf(wasm).buffer, place, length));
        to!.set(from!.map((value) => Math.min(Math.max(value, least), most)));
      } else {
        const parts = kernelsOf(wasm).pointwiseParts(length);
        runParts(wasm, 'clipElements', [...at, length, least, most], { parts });
      }
      return out;
    },
  };
}

interface Limits {
  clipValueMin: number;
  clipValueMax: number;
}
