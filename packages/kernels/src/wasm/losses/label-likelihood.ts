import {
  LABEL_LIKELIHOOD_GRADIENT_KERNEL,
  LABEL_LIKELIHOOD_KERNEL,
  type LabelKernelAttributes,
} from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';
import { gradientOf } from './pixel-kernels.js';

interface Inputs {
  /** `[B, N, K]` */
  logits: TensorInfo;
  /** `[B, N]`, -1 at ignored pixels. */
  indices: TensorInfo;
  /** Of the gradient, `[B, N]`. */
  dy?: TensorInfo;
  /** Of the gradient: what the value has left for it, `[B, N, K]`. */
  kept?: TensorInfo;
}

/** log softmax(z) of each pixel's label, `[B, N]`, in one pass. */
export const labelLikelihood: KernelConfig = {
  kernelName: LABEL_LIKELIHOOD_KERNEL,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) =>
    run(inputs as unknown as Inputs, attrs as unknown as LabelKernelAttributes, backend as WasmBackend),
};

/** The gradient of the logits, `[B, N, K]`, in one pass; written over the exponentials where the value has left them. */
export const labelLikelihoodGradient: KernelConfig = {
  ...labelLikelihood,
  kernelName: LABEL_LIKELIHOOD_GRADIENT_KERNEL,
};

function run(
  inputs: Inputs,
  { keep = false }: LabelKernelAttributes = {},
  wasm: WasmBackend,
): TensorInfo | TensorInfo[] {
  const { logits, indices, dy, kept } = inputs;
  const [batch, pixels, classes] = logits.shape as [number, number, number];
  const kernels = kernelsOf(wasm);
  const at = (tensor: TensorInfo | undefined) => (tensor ? pointer(wasm, tensor) : 0);
  const each = (
    kernel: 'labelLikelihoodSums' | 'labelLikelihoodGradient',
    tensors: number[],
    out: TensorInfo,
  ) => {
    runParts(wasm, kernel, [at(logits), at(indices), ...tensors, at(out), pixels, classes], {
      parts: batch * kernels.partsOfImage(pixels),
      scratch: kernels.labelLikelihoodScratch(classes),
    });
    return out;
  };
  if (dy) return each('labelLikelihoodGradient', [at(kept), at(dy)], gradientOf(wasm, inputs));
  const out = wasm.makeOutput(indices.shape, 'float32');
  if (!keep) return each('labelLikelihoodSums', [0], out);
  const exponentials = wasm.makeOutput(logits.shape, 'float32');
  return [each('labelLikelihoodSums', [at(exponentials)], out), exponentials];
}
