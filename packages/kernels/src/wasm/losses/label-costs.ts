import {
  LABEL_COSTS_GRADIENT_KERNEL,
  LABEL_COSTS_KERNEL,
  type LabelCost,
  type LabelCostAttributes,
} from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';
import { gradientOf, labelPointers, pixelGradient, pixelSums, type PixelTensors } from './pixel-kernels.js';

/** The numbers of assembly/label-costs.ts. */
const NUMBERS: Readonly<Record<LabelCost | 'focal', number>> = {
  focal: 0,
  poly: 1,
  generalized: 2,
  below: 3,
  clipped: 4,
};

/** Σ of a cost of the labels' probabilities and how many pixels count, `[2, B, K]`, in one pass with float64 totals. */
export const labelCosts: KernelConfig = {
  kernelName: LABEL_COSTS_KERNEL,
  backendName: 'wasm',
  kernelFunc: ({ inputs, attrs, backend }) =>
    runLabelCosts(
      inputs as unknown as PixelTensors,
      attrs as unknown as LabelCostAttributes,
      backend as WasmBackend,
    ),
};

/** The gradient of the logits, `[B, N, K]`, in one pass; written over the exponentials where the sums have left them. */
export const labelCostsGradient: KernelConfig = { ...labelCosts, kernelName: LABEL_COSTS_GRADIENT_KERNEL };

/** The sums, and the exponentials where a gradient may follow; or the gradient, if `dy` is given. */
export function runLabelCosts(
  inputs: PixelTensors,
  { cost, parameter, keep = false }: { cost: keyof typeof NUMBERS; parameter: number; keep?: boolean },
  wasm: WasmBackend,
): TensorInfo | TensorInfo[] {
  const { logits, dy, kept } = inputs;
  const [batch, pixels, classes] = logits.shape as [number, number, number];
  const [z, , , labels] = labelPointers(wasm, inputs);
  const scratch = kernelsOf(wasm).labelCostScratch(classes);
  const size = [pixels, classes, NUMBERS[cost], parameter];
  if (dy) {
    const args = (out: number) => [z, labels, kept ? out : 0, pointer(wasm, dy), out, batch, ...size];
    return pixelGradient(wasm, 'labelCostGradient', gradientOf(wasm, inputs), args, scratch);
  }
  const sums = (place: number) =>
    pixelSums(wasm, 'labelCostSums', inputs, 2, (partial) => [z, labels, place, partial, ...size], scratch);
  if (!keep) return sums(0);
  const exponentials = wasm.makeOutput(logits.shape, 'float32');
  return [sums(pointer(wasm, exponentials)), exponentials];
}
