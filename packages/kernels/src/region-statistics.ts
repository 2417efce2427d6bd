import {
  REGION_STATISTICS_GRADIENT_KERNEL,
  REGION_STATISTICS_KERNEL,
  type RegionKernelAttributes,
  type StatisticName,
} from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from './module.js';
import { pointer, withScratch, type WasmBackend } from './tensors.js';

/** The order of assembly/region-statistics.ts. */
const ORDER: readonly StatisticName[] = [
  'count',
  'target',
  'targetSquares',
  'predicted',
  'predictedSquares',
  'overlap',
  'overlapSquares',
  'difference',
  'logLikelihood',
  'logSum',
  'tempered',
  'predictedComplement',
  'temperedComplement',
  'complementLogLikelihood',
  'complementLogSum',
];
const SLOT_BYTES = 4 * 16;

interface Inputs {
  logits: TensorInfo;
  valid: TensorInfo;
  /** Either of the two. */
  indices?: TensorInfo;
  target?: TensorInfo;
  dy?: TensorInfo;
}

/** The sums of all pixels for every statistic asked, `[S, B, K]`, in one pass with float64 totals. */
export const regionStatistics: KernelConfig = {
  kernelName: REGION_STATISTICS_KERNEL,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) =>
    run(inputs as unknown as Inputs, attrs as unknown as RegionKernelAttributes, backend as WasmBackend),
};

/** The gradient of the logits, `[B, N, K]`, in one pass. */
export const regionStatisticsGradient: KernelConfig = {
  kernelName: REGION_STATISTICS_GRADIENT_KERNEL,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) =>
    run(inputs as unknown as Inputs, attrs as unknown as RegionKernelAttributes, backend as WasmBackend),
};

function run(
  { logits, target, valid, indices, dy }: Inputs,
  { statistics, activation, temperature }: RegionKernelAttributes,
  wasm: WasmBackend,
): TensorInfo {
  const [batch, pixels, classes] = logits.shape as [number, number, number];
  const out = wasm.makeOutput(dy ? logits.shape : [statistics.length, batch, classes], 'float32');
  const kernels = kernelsOf(wasm);
  withScratch(wasm, SLOT_BYTES + kernels.regionScratch(classes) + 15, (start) => {
    const slots = (start + 15) & ~15; // aligned for SIMD
    const order = ORDER.map((name) => statistics.indexOf(name));
    new Int32Array(wasm.wasm.asm.memory.buffer, slots, order.length).set(order);
    const at = (tensor: TensorInfo | undefined) => (tensor ? pointer(wasm, tensor) : 0);
    const labels = [at(logits), at(target), at(valid), at(indices)] as const;
    const shape = [batch, pixels, classes, valid.shape[2]!, activation === 'sigmoid' ? 1 : 0] as const;
    const scratch = slots + SLOT_BYTES;
    if (dy) kernels.regionGradient(...labels, at(dy), at(out), slots, scratch, ...shape, temperature);
    else kernels.regionSums(...labels, at(out), slots, scratch, ...shape, temperature);
  });
  return out;
}
