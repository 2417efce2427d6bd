import {
  REGION_STATISTICS_GRADIENT_KERNEL,
  REGION_STATISTICS_KERNEL,
  type RegionKernelAttributes,
  type StatisticName,
} from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from './module.js';
import { memoryOf, pointer, withScratch, type WasmBackend } from './tensors.js';

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

/** What the kernels over pixels take. */
export interface PixelTensors {
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
    run(
      inputs as unknown as PixelTensors,
      attrs as unknown as RegionKernelAttributes,
      backend as WasmBackend,
    ),
};

/** The gradient of the logits, `[B, N, K]`, in one pass. */
export const regionStatisticsGradient: KernelConfig = {
  kernelName: REGION_STATISTICS_GRADIENT_KERNEL,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) =>
    run(
      inputs as unknown as PixelTensors,
      attrs as unknown as RegionKernelAttributes,
      backend as WasmBackend,
    ),
};

/** The statistics that depend on the label of a pixel through more than its own class. */
const DENSE: readonly StatisticName[] = ['difference'];

function run(
  inputs: PixelTensors,
  { statistics, activation, temperature }: RegionKernelAttributes,
  wasm: WasmBackend,
): TensorInfo {
  const { logits, valid, indices, dy } = inputs;
  const [batch, pixels, classes] = logits.shape as [number, number, number];
  const out = wasm.makeOutput(dy ? logits.shape : [statistics.length, batch, classes], 'float32');
  const kernels = kernelsOf(wasm);
  const sparse = indices && activation === 'softmax' && !statistics.some((name) => DENSE.includes(name));
  const size = sparse ? kernels.softmaxIndexScratch(classes) : kernels.regionScratch(classes);
  withScratch(wasm, SLOT_BYTES + size + 15, (start) => {
    const slots = (start + 15) & ~15; // aligned for SIMD
    const order = ORDER.map((name) => statistics.indexOf(name));
    new Int32Array(memoryOf(wasm).buffer, slots, order.length).set(order);
    const scratch = slots + SLOT_BYTES;
    const outAt = pointer(wasm, out);
    const shape = [batch, pixels, classes] as const;
    if (sparse) {
      const pair = [pointer(wasm, logits), pointer(wasm, indices)] as const;
      if (dy)
        kernels.softmaxIndexGradient(
          ...pair,
          pointer(wasm, dy),
          outAt,
          slots,
          scratch,
          ...shape,
          temperature,
        );
      else kernels.softmaxIndexSums(...pair, outAt, slots, scratch, ...shape, temperature);
      return;
    }
    const labels = labelPointers(wasm, inputs);
    const kind = [valid.shape[2]!, activation === 'sigmoid' ? 1 : 0] as const;
    if (dy)
      kernels.regionGradient(
        ...labels,
        pointer(wasm, dy),
        outAt,
        slots,
        scratch,
        ...shape,
        ...kind,
        temperature,
      );
    else kernels.regionSums(...labels, outAt, slots, scratch, ...shape, ...kind, temperature);
  });
  return out;
}

/** Logits, target, valid and indices; 0 for what is not given. */
export function labelPointers(
  wasm: WasmBackend,
  { logits, target, valid, indices }: PixelTensors,
): [number, number, number, number] {
  const at = (tensor: TensorInfo | undefined) => (tensor ? pointer(wasm, tensor) : 0);
  return [at(logits), at(target), at(valid), at(indices)];
}
