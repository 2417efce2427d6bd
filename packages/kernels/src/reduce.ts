import {
  util,
  type KernelConfig,
  type KernelFunc,
  type SumAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { kernelsOf } from './module.js';
import { pointer, type WasmBackend } from './tensors.js';

/**
 * tf.sum over all axes but the last (the gradient of every bias) in one pass with float64 sums; tfjs transposes first
 * and adds in float32. Other axes stay with tfjs.
 */
export function sum(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { x } = args.inputs as { x: TensorInfo };
      const { axis, keepDims } = args.attrs as unknown as SumAttrs;
      const rank = x.shape.length;
      const axes = util.parseAxisParam(axis, x.shape).sort((a, b) => a - b);
      const leading = axes.length === rank - 1 && axes.every((value, i) => value === i);
      if (x.dtype !== 'float32' || rank < 2 || !leading) return original(args);
      const columns = x.shape[rank - 1]!;
      const wasm = args.backend as WasmBackend;
      const out = wasm.makeOutput(
        keepDims ? [...x.shape.slice(0, -1).map(() => 1), columns] : [columns],
        'float32',
      );
      const rows = util.sizeFromShape(x.shape.slice(0, -1));
      kernelsOf(wasm).columnSum(pointer(wasm, x), pointer(wasm, out), rows, columns);
      return out;
    },
  };
}

/** tf.clone without a copy, as on the other backends: two tensors share the data, which are never written again. */
export const identity: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc({ inputs, backend }) {
    const { x } = inputs as { x: TensorInfo };
    (backend as WasmBackend).incRef(x.dataId);
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
  },
};
