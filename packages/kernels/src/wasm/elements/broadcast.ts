import {
  backend_util,
  util,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { pointer, withScratch, type WasmBackend } from '../memory/tensors.js';

/** tf.tile, in one pass for each axis that is repeated; complex numbers and text stay with tfjs, which does one element at a time. */
export function tile(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { x } = args.inputs as { x: TensorInfo };
      const { reps } = args.attrs as unknown as { reps: number[] };
      const plain = x.dtype === 'float32' || x.dtype === 'int32' || x.dtype === 'bool';
      if (!plain || x.shape.includes(0) || !reps.every((times) => times > 0)) return original(args);
      return repeated(x, reps, args.backend as WasmBackend);
    },
  };
}

/**
 * An operation on two tensors whose tfjs kernel looks up the place of every element where shapes differ, 55 ns each: gets the
 * smaller tensor in the larger one's shape.
 */
export function withFastBroadcast(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { a, b } = args.inputs as { a: TensorInfo; b: TensorInfo };
      if (a.shape.length === 0 || b.shape.length === 0 || util.arraysEqual(a.shape, b.shape)) {
        return original(args); // these tfjs has fast
      }
      const wasm = args.backend as WasmBackend;
      const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
      const made: TensorInfo[] = [];
      const spread = (x: TensorInfo): TensorInfo => {
        const from = [...shape.slice(x.shape.length).map(() => 1), ...x.shape];
        if (util.arraysEqual(from, shape)) return { ...x, shape };
        const reps = shape.map((size, axis) => (from[axis] === size ? 1 : size));
        const wide = repeated({ ...x, shape: from }, reps, wasm);
        made.push(wide);
        return wide;
      };
      if (shape.includes(0)) return original(args);
      const out = original({ ...args, inputs: { a: spread(a), b: spread(b) } });
      for (const { dataId } of made) wasm.disposeData(dataId);
      return out;
    },
  };
}

function repeated(x: TensorInfo, reps: readonly number[], wasm: WasmBackend): TensorInfo {
  const shape = x.shape.map((size, axis) => size * reps[axis]!);
  const out = wasm.makeOutput(shape, x.dtype as 'float32' | 'int32' | 'bool');
  const axes = [...shape.keys()].filter((axis) => reps[axis] !== 1).reverse();
  const bytes = util.bytesPerElement(x.dtype);
  const last = axes.length - 1;
  /** Repeats along the axes from number i on, the innermost first. */
  const along = (i: number, from: number): void => {
    const axis = axes[i]!;
    const rows = util.sizeFromShape(x.shape.slice(0, axis));
    const width = util.sizeFromShape(shape.slice(axis + 1)) * x.shape[axis]! * bytes;
    const times = reps[axis]!;
    const into = (to: number) => kernelsOf(wasm).tileRows(from, to, rows, width, times);
    if (i === last) return into(pointer(wasm, out));
    withScratch(wasm, rows * width * times, (to) => {
      into(to);
      along(i + 1, to);
    });
  };
  if (axes.length === 0)
    kernelsOf(wasm).tileRows(pointer(wasm, x), pointer(wasm, out), 1, util.sizeFromShape(shape) * bytes, 1); // prettier-ignore
  else along(0, pointer(wasm, x));
  return out;
}
