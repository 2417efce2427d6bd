import { PIXEL_SUM_KERNEL, PROBABILITIES_GRADIENT_KERNEL, PROBABILITIES_KERNEL } from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { pointer, withScratch, type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';

type Size = [batch: number, pixels: number, classes: number];

/** softmax(z), 0 at ignored pixels, `[B, N, K]`, in one pass. */
export const probabilities: KernelConfig = {
  kernelName: PROBABILITIES_KERNEL,
  backendName: 'wasm',
  kernelFunc({ inputs, backend }) {
    const { logits, valid } = inputs as Record<'logits' | 'valid', TensorInfo>;
    return eachPixel('probabilities', [logits, valid], backend as WasmBackend);
  },
};

/** The gradient of the logits, `[B, N, K]`, in one pass. */
export const probabilitiesGradient: KernelConfig = {
  kernelName: PROBABILITIES_GRADIENT_KERNEL,
  backendName: 'wasm',
  kernelFunc({ inputs, backend }) {
    const { probability, valid, dy } = inputs as Record<'probability' | 'valid' | 'dy', TensorInfo>;
    return eachPixel('probabilitiesGradient', [probability, valid, dy], backend as WasmBackend);
  },
};

function eachPixel(
  kernel: 'probabilities' | 'probabilitiesGradient',
  tensors: readonly TensorInfo[],
  wasm: WasmBackend,
): TensorInfo {
  const { shape } = tensors[0]!;
  const [batch, pixels, classes] = shape as Size;
  const kernels = kernelsOf(wasm);
  const out = wasm.makeOutput(shape, 'float32');
  const at = [...tensors, out].map((tensor) => pointer(wasm, tensor));
  const scratch = kernels.probabilitiesScratch(classes);
  runParts(wasm, kernel, [...at, pixels, classes], { parts: batch * kernels.partsOfImage(pixels), scratch });
  return out;
}

/** Σ over the pixels, `[B, K]`, in one pass with float64 totals. */
export const pixelSum: KernelConfig = {
  kernelName: PIXEL_SUM_KERNEL,
  backendName: 'wasm',
  kernelFunc({ inputs, backend }) {
    const { x } = inputs as { x: TensorInfo };
    const [batch, pixels, classes] = x.shape as Size;
    const wasm = backend as WasmBackend;
    const kernels = kernelsOf(wasm);
    const parts = batch * kernels.partsOfImage(pixels);
    const out = wasm.makeOutput([batch, classes], 'float32');
    withScratch(wasm, 8 * parts * classes, (partial) => {
      runParts(wasm, 'pixelSums', [pointer(wasm, x), partial, pixels, classes], { parts });
      kernels.addPartsOfImages(partial, pointer(wasm, out), batch, pixels, 1, classes);
    });
    return out;
  },
};
