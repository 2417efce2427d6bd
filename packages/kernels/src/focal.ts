import { FOCAL_SUMS_GRADIENT_KERNEL, FOCAL_SUMS_KERNEL, type FocalKernelAttributes } from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from './module.js';
import { labelPointers, type PixelTensors } from './region-statistics.js';
import { pointer, withScratch, type WasmBackend } from './tensors.js';

/** Both sums of the focal losses, `[2, B, K]`, in one pass with float64 totals. */
export const focalSums: KernelConfig = {
  kernelName: FOCAL_SUMS_KERNEL,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) =>
    run(inputs as unknown as PixelTensors, attrs as unknown as FocalKernelAttributes, backend as WasmBackend),
};

/** The gradient of the logits, `[B, N, K]`, in one pass. */
export const focalSumsGradient: KernelConfig = { ...focalSums, kernelName: FOCAL_SUMS_GRADIENT_KERNEL };

function run(
  inputs: PixelTensors,
  { activation, gamma }: FocalKernelAttributes,
  wasm: WasmBackend,
): TensorInfo {
  const { logits, valid, indices, dy } = inputs;
  const [batch, pixels, classes] = logits.shape as [number, number, number];
  const out = wasm.makeOutput(dy ? logits.shape : [2, batch, classes], 'float32');
  const kernels = kernelsOf(wasm);
  const sparse = indices && activation === 'sigmoid';
  const size = sparse ? kernels.focalIndexScratch(classes) : kernels.focalScratch(classes);
  withScratch(wasm, size + 15, (start) => {
    const scratch = (start + 15) & ~15; // aligned for SIMD
    const outAt = pointer(wasm, out);
    const shape = [batch, pixels, classes] as const;
    if (sparse) {
      const pair = [pointer(wasm, logits), pointer(wasm, indices)] as const;
      if (dy) kernels.focalIndexGradient(...pair, pointer(wasm, dy), outAt, scratch, ...shape, gamma);
      else kernels.focalIndexSums(...pair, outAt, scratch, ...shape, gamma);
      return;
    }
    const labels = labelPointers(wasm, inputs);
    const kind = [valid.shape[2]!, activation === 'sigmoid' ? 1 : 0] as const;
    if (dy) kernels.focalGradient(...labels, pointer(wasm, dy), outAt, scratch, ...shape, ...kind, gamma);
    else kernels.focalSums(...labels, outAt, scratch, ...shape, ...kind, gamma);
  });
  return out;
}
