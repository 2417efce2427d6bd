import { FOCAL_SUMS_GRADIENT_KERNEL, FOCAL_SUMS_KERNEL, type FocalKernelAttributes } from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { labelPointers, pixelGradient, pixelSums, type PixelTensors } from './pixel-kernels.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';

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
  const kernels = kernelsOf(wasm);
  const [z, y, v, labels] = labelPointers(wasm, inputs);
  const rows = indices ? 1 : valid!.shape[2]!;
  const pass = (kernel: 'focalIndex' | 'focalElement' | 'focalSoftmax', from: number[], more: number[]) => {
    const scratch = kernels[`${kernel}Scratch`](classes);
    const size = [pixels, classes, ...more, gamma];
    if (dy) {
      const args = (out: number) => [...from, pointer(wasm, dy), out, batch, ...size];
      const out = wasm.makeOutput(logits.shape, 'float32');
      return pixelGradient(wasm, `${kernel}Gradient`, out, args, scratch);
    }
    return pixelSums(wasm, `${kernel}Sums`, inputs, 2, (partial) => [...from, partial, ...size], scratch);
  };
  if (activation === 'softmax') return pass('focalSoftmax', [z, y, v, labels], [rows]);
  return indices ? pass('focalIndex', [z, labels], []) : pass('focalElement', [z, y, v], [rows]);
}
