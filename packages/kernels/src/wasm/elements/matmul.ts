import {
  broadcast_util,
  util,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { pointer, memoryOf, type WasmBackend } from '../memory/tensors.js';
import { unfused } from './fused.js';

interface Attributes {
  transposeA: boolean;
  transposeB: boolean;
}

/** tf.matMul; that of int32 (also tf.math.confusionMatrix), which tfjs's wasm backend refuses, in integers. */
export function batchMatMul(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { a, b } = args.inputs as { a: TensorInfo; b: TensorInfo };
      return a.dtype === 'int32' && b.dtype === 'int32'
        ? ofIntegers(a, b, args.attrs as unknown as Attributes, args.backend as WasmBackend)
        : original(args);
    },
  };
}

/** tf.fused.matMul with any bias that broadcasts. */
export function fusedMatMul(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { bias } = args.inputs as { bias?: TensorInfo };
      if (bias === undefined || bias.shape.length === 1) return original(args);
      return unfused('BatchMatMul', ['a', 'b'], args);
    },
  };
}

function ofIntegers(
  a: TensorInfo,
  b: TensorInfo,
  { transposeA, transposeB }: Attributes,
  wasm: WasmBackend,
): TensorInfo {
  const [leadingA, leadingB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const leading = broadcast_util.assertAndGetBroadcastShape(leadingA, leadingB);
  const [rows, depth] = ends(a.shape, transposeA);
  const [other, columns] = ends(b.shape, transposeB);
  if (depth !== other) {
    throw new RangeError(`BatchMatMul: wanted inner sizes to be equal, got ${depth} and ${other}`);
  }
  const out = wasm.makeOutput([...leading, rows, columns], 'int32');
  const { buffer } = memoryOf(wasm);
  const [x, y, z] = [a, b, out].map(
    (tensor) => new Int32Array(buffer, pointer(wasm, tensor), util.sizeFromShape(tensor.shape)),
  ) as [Int32Array, Int32Array, Int32Array];
  const [rowA, columnA] = transposeA ? [1, rows] : [depth, 1];
  const [rowB, columnB] = transposeB ? [1, depth] : [columns, 1];
  z.fill(0);
  for (let batch = 0; batch < util.sizeFromShape(leading); batch++) {
    const fromA = matrixOf(batch, leading, leadingA) * rows * depth;
    const fromB = matrixOf(batch, leading, leadingB) * depth * columns;
    for (let i = 0; i < rows; i++) {
      const to = (batch * rows + i) * columns;
      for (let k = 0; k < depth; k++) {
        const factor = x[fromA + i * rowA + k * columnA]!;
        if (factor === 0) continue; // most of a one-hot matrix
        for (let j = 0; j < columns; j++) z[to + j]! += Math.imul(factor, y[fromB + k * rowB + j * columnB]!);
      }
    }
  }
  return out;
}

/** Rows and columns of a matrix, after its transposition if there is one. */
function ends(shape: readonly number[], transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

/** Which matrix of an operand belongs to number `index` of the result: leading axes of size 1 are repeated. */
function matrixOf(index: number, leading: readonly number[], own: readonly number[]): number {
  let [place, step] = [0, 1];
  for (let axis = leading.length - 1, rest = index; axis >= 0; axis--) {
    const size = own[axis - leading.length + own.length] ?? 1;
    place += ((rest % leading[axis]!) % size) * step;
    rest = Math.floor(rest / leading[axis]!);
    step *= size;
  }
  return place;
}
