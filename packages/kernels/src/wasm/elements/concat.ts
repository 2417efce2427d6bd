import {
  backend_util,
  util,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { copyRows } from './copy-rows.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';

/** tf.concat of float32 tensors along the channels (every skip connection); the rest stays with tfjs. */
export function concat(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const parts = Object.values(args.inputs) as TensorInfo[];
      const first = parts[0]!.shape;
      const axis = util.parseAxisParam((args.attrs as unknown as { axis: number }).axis, first)[0]!;
      const plain = parts.every(({ dtype, shape }) => dtype === 'float32' && !shape.includes(0));
      if (!plain || axis === 0 || axis !== first.length - 1) return original(args);
      const shapes = parts.map(({ shape }) => shape);
      backend_util.assertParamsConsistent(shapes, axis);
      const wasm = args.backend as WasmBackend;
      const out = wasm.makeOutput(backend_util.computeOutShape(shapes, axis), 'float32');
      const rows = util.sizeFromShape(first.slice(0, -1));
      const rowBytes = out.shape[axis]! * 4;
      let to = pointer(wasm, out);
      for (const part of parts) {
        const bytes = part.shape[axis]! * 4;
        copyRows(wasm, { at: pointer(wasm, part), stride: bytes }, { at: to, stride: rowBytes }, bytes, rows);
        to += bytes;
      }
      return out;
    },
  };
}

/** tf.split of a float32 tensor along the channels (the gradient of {@link concat}); the rest stays with tfjs. */
export function splitV(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { x } = args.inputs as { x: TensorInfo };
      const attrs = args.attrs as unknown as { numOrSizeSplits: number | number[]; axis: number };
      const axis = util.parseAxisParam(attrs.axis, x.shape)[0]!;
      if (x.dtype !== 'float32' || axis === 0 || axis !== x.shape.length - 1 || x.shape.includes(0)) {
        return original(args);
      }
      const wasm = args.backend as WasmBackend;
      const leading = x.shape.slice(0, -1);
      const sizes = backend_util.prepareSplitSize(
        x as Parameters<typeof backend_util.prepareSplitSize>[0],
        attrs.numOrSizeSplits,
        axis,
      );
      let from = 0; // bytes from the start of a row
      return sizes.map((size) => {
        const out = wasm.makeOutput([...leading, size], 'float32');
        const [at, bytes] = [pointer(wasm, x) + from, size * 4];
        const to = { at: pointer(wasm, out), stride: bytes };
        copyRows(wasm, { at, stride: x.shape[axis]! * 4 }, to, bytes, util.sizeFromShape(leading));
        from += bytes;
        return out;
      });
    },
  };
}
