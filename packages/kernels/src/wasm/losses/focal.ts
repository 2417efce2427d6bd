import { FOCAL_SUMS_GRADIENT_KERNEL, FOCAL_SUMS_KERNEL, type FocalKernelAttributes } from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { runLabelCosts } from './label-costs.js';
import { kernelsOf } from '../memory/module.js';
import { gradientOf, labelPointers, pixelGradient, pixelSums, type PixelTensors } from './pixel-kernels.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';

/** Both sums of the focal losses, `[2, B, K]`, in one pass with float64 totals. */
export const focalSums: KernelConfig = {
  kernelName: FOCAL_SUMS_KERNEL,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) =>
    run(inputs as unknown as PixelTensors, attrs as unknown as FocalKernelAttributes, backend as WasmBackend),
};

/** The gradient of the logits, `[B, N, K]`, in one pass; written over what the sums have left for it. */
export const focalSumsGradient: KernelConfig = { ...focalSums, kernelName: FOCAL_SUMS_GRADIENT_KERNEL };

function run(
  inputs: PixelTensors,
  { activation, gamma, keep = false }: FocalKernelAttributes,
  wasm: WasmBackend,
): TensorInfo | TensorInfo[] {
  const { logits, valid, indices, dy, kept } = inputs;
  const [batch, pixels, classes] = logits.shape as [number, number, number];
  const kernels = kernelsOf(wasm);
  const [z, y, v, labels] = labelPointers(wasm, inputs);
  const pass = (kernel: FocalKernel, from: number[], more: number[]) => {
    const scratch = kernels[`${kernel}Scratch`](classes);
    const size = [pixels, classes, ...more, gamma];
    if (dy) {
      const args = (out: number) => [...from, pointer(wasm, dy), out, batch, ...size];
      return pixelGradient(wasm, `${kernel}Gradient`, gradientOf(wasm, inputs), args, scratch);
    }
    return pixelSums(wasm, `${kernel}Sums`, inputs, 2, (partial) => [...from, partial, ...size], scratch);
  };
  if (!indices) {
    const rows = valid!.shape[2]!;
    return pass(activation === 'softmax' ? 'focalSoftmax' : 'focalElement', [z, y, v], [rows]);
  }
  if (activation === 'softmax') return runLabelCosts(inputs, { cost: 'focal', parameter: gamma, keep }, wasm);
  const ofLabels = (place: TensorInfo | undefined) =>
    pass('focalIndex', [z, labels, place ? pointer(wasm, place) : 0], []);
  if (dy || !keep) return ofLabels(kept);
  const made = wasm.makeOutput(logits.shape, 'float32');
  return [ofLabels(made), made];
}

type FocalKernel = 'focalIndex' | 'focalElement' | 'focalSoftmax';
