import {
  engine,
  util,
  type KernelConfig,
  type KernelFunc,
  type SumAttrs,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { useGradient } from '../../gradients/on-wasm.js';
import { kernelsOf } from '../memory/module.js';
import { copyRows } from './copy-rows.js';
import {
  alignUp,
  doubles,
  floats,
  memoryOf,
  pointer,
  shareData,
  withScratch,
  type WasmBackend,
} from '../memory/tensors.js';

const MEAN_GRADIENT = 'SeglossMeanGradient';

/**
 * tf.sum over all axes but the last (the gradient of every bias) in one pass with float64 sums; tfjs transposes first
 * and adds in float32. Other axes stay with tfjs.
 */
export function sum(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc: (args) => (allButLast(args) ? overRows(args, 1) : original(args)),
  };
}

/** tf.mean over all axes but the last, the same way, with a gradient that is copied out and not multiplied by ones. */
export function mean(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      if (!allButLast(args)) return original(args);
      useGradient('Mean', (gradient) => (dy, saved, attrs) => {
        const x = saved[0]!;
        if (Array.isArray(dy) || !allButLast({ inputs: { x }, attrs })) return gradient(dy, saved, attrs);
        return { x: () => engine().runKernel(MEAN_GRADIENT, { dy }, { shape: x.shape }) as Tensor };
      });
      return overRows(args, rowsOf((args.inputs as { x: TensorInfo }).x));
    },
  };
}

/** The gradient of {@link mean}: dy / rows in every row. */
export const meanGradient: KernelConfig = {
  kernelName: MEAN_GRADIENT,
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { dy } = inputs as { dy: TensorInfo };
    const { shape } = attrs as unknown as { shape: number[] };
    const wasm = backend as WasmBackend;
    const out = wasm.makeOutput(shape, 'float32');
    const columns = shape[shape.length - 1]!;
    const rows = util.sizeFromShape(shape.slice(0, -1));
    return withScratch(wasm, columns * 4, (at) => {
      const values = floats(wasm, pointer(wasm, dy), columns);
      floats(wasm, at, columns).set(values.map((value) => value / rows));
      copyRows(wasm, { at, stride: 0 }, { at: pointer(wasm, out), stride: columns * 4 }, columns * 4, rows);
      return out;
    });
  },
};

/** tf.clone without a copy, as on the other backends: two tensors share the data, which are never written again. */
export const identity: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc: ({ inputs, backend }) => shareData(backend as WasmBackend, (inputs as { x: TensorInfo }).x),
};

/** tf.cast: to the type that a tensor has already without a copy; to bool as 0 and 1, where tfjs's wasm kernel keeps the last byte of a number. */
export function cast(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { x } = args.inputs as { x: TensorInfo };
      const { dtype } = args.attrs as unknown as { dtype: string };
      const wasm = args.backend as WasmBackend;
      if (x.dtype === dtype && dtype !== 'string') return shareData(wasm, x);
      return dtype === 'bool' && (x.dtype === 'float32' || x.dtype === 'int32')
        ? toBool(wasm, x)
        : original(args);
    },
  };
}

function toBool(wasm: WasmBackend, x: TensorInfo): TensorInfo {
  const out = wasm.makeOutput(x.shape, 'bool');
  const { buffer } = memoryOf(wasm);
  const length = util.sizeFromShape(x.shape);
  const from = new (x.dtype === 'int32' ? Int32Array : Float32Array)(buffer, pointer(wasm, x), length);
  const to = new Uint8Array(buffer, pointer(wasm, out), length);
  for (let i = 0; i < length; i++) to[i] = from[i] === 0 ? 0 : 1;
  return out;
}

/** Sums in float64, divided before they are rounded to float32. */
function overRows({ inputs, attrs, backend }: Parameters<KernelFunc>[0], divisor: number): TensorInfo {
  const { x } = inputs as { x: TensorInfo };
  const columns = x.shape[x.shape.length - 1]!;
  const wasm = backend as WasmBackend;
  const { keepDims } = attrs as unknown as SumAttrs;
  const shape = keepDims ? [...x.shape.slice(0, -1).map(() => 1), columns] : [columns];
  const out = wasm.makeOutput(shape, 'float32');
  const sums = columnSums(
    wasm,
    (at) => kernelsOf(wasm).columnSum(pointer(wasm, x), at, rowsOf(x), columns),
    columns,
  );
  floats(wasm, pointer(wasm, out), columns).set(sums.map((value) => value / divisor));
  return out;
}

/** What a kernel of assembly/reduce.ts writes to its `sums`. */
export function columnSums(wasm: WasmBackend, run: (sums: number) => void, columns: number): Float64Array {
  return withScratch(wasm, columns * 8 + 8, (start) => {
    const at = alignUp(start, 8);
    run(at);
    return doubles(wasm, at, columns).slice();
  });
}

/** How many rows a tensor has if its last axis is the columns. */
export function rowsOf({ shape }: TensorInfo): number {
  return util.sizeFromShape(shape.slice(0, -1));
}

function allButLast({ inputs, attrs }: Pick<Parameters<KernelFunc>[0], 'inputs' | 'attrs'>): boolean {
  const { x } = inputs as { x: TensorInfo };
  const rank = x.shape.length;
  const axes = util.parseAxisParam((attrs as unknown as SumAttrs).axis, x.shape).sort((a, b) => a - b);
  const leading = axes.length === rank - 1 && axes.every((value, i) => value === i);
  return x.dtype === 'float32' && rank >= 2 && leading;
}
