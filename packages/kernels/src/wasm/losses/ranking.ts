import { LOVASZ_WEIGHTS_KERNEL, VALUES_AT_RANKS_KERNEL } from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { pointer, type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';

/** Bytes of one count of digits; see assembly/ranking.ts. */
const COUNTS = 8192;

/** Of each row the value at a rank, without sorting, `[R, 1]`. */
export const valuesAtRanks: KernelConfig = {
  kernelName: VALUES_AT_RANKS_KERNEL,
  backendName: 'wasm',
  kernelFunc({ inputs, backend }) {
    const { values, ranks } = inputs as { values: TensorInfo; ranks: TensorInfo };
    const [rows, length] = values.shape as [number, number];
    const wasm = backend as WasmBackend;
    const out = wasm.makeOutput([rows, 1], 'float32');
    const at = [values, ranks, out].map((tensor) => pointer(wasm, tensor));
    runParts(wasm, 'valuesAtRanks', [...at, length], { parts: rows, scratch: COUNTS });
    return out;
  },
};

/** The slopes of the Lovász extension, `[G, M, C]`, each column sorted by its digits. */
export const lovaszWeights: KernelConfig = {
  kernelName: LOVASZ_WEIGHTS_KERNEL,
  backendName: 'wasm',
  kernelFunc({ inputs, backend }) {
    const { errors, target, valid } = inputs as Record<'errors' | 'target' | 'valid', TensorInfo>;
    const [groups, length, columns] = errors.shape as [number, number, number];
    const wasm = backend as WasmBackend;
    const out = wasm.makeOutput(errors.shape, 'float32');
    const at = [errors, target, valid, out].map((tensor) => pointer(wasm, tensor));
    runParts(wasm, 'lovaszWeights', [...at, length, columns], {
      parts: groups * columns,
      scratch: 3 * COUNTS + 16 * length,
    });
    return out;
  },
};
