import { LABEL_LIKELIHOOD_GRADIENT_KERNEL, LABEL_LIKELIHOOD_KERNEL } from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';

interface Inputs {
  /** `[B, N, K]` */
  logits: TensorInfo;
  /** `[B, N]`, -1 at ignored pixels. */
  indices: TensorInfo;
  /** Of the gradient, `[B, N]`. */
  dy?: TensorInfo;
}

/** log softmax(z) of each pixel's label, `[B, N]`, in one pass. */
export const labelLikelihood: KernelConfig = {
  kernelName: LABEL_LIKELIHOOD_KERNEL,
  backendName: 'wasm',
  kernelFunc: ({ inputs, backend }) => run(inputs as unknown as Inputs, backend as WasmBackend),
};

/** The gradient of the logits, `[B, N, K]`, in one pass. */
export const labelLikelihoodGradient: KernelConfig = {
  ...labelLikelihood,
  kernelName: LABEL_LIKELIHOOD_GRADIENT_KERNEL,
};

function run({ logits, indices, dy }: Inputs, wasm: WasmBackend): TensorInfo {
  const [batch, pixels, classes] = logits.shape as [number, number, number];
  const kernels = kernelsOf(wasm);
  const out = wasm.makeOutput(dy ? logits.shape : indices.shape, 'float32');
  const tensors = [logits, indices, ...(dy ? [dy] : []), out].map((tensor) => pointer(wasm, tensor));
  runParts(wasm, dy ? 'labelLikelihoodGradient' : 'labelLikelihoodSums', [...tensors, pixels, classes], {
    parts: batch * kernels.partsOfImage(pixels),
    scratch: kernels.labelLikelihoodScratch(classes),
  });
  return out;
}
