import {
  REGION_STATISTICS_GRADIENT_KERNEL,
  REGION_STATISTICS_KERNEL,
  type RegionKernelAttributes,
  STATISTICS,
} from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { gradientOf, labelPointers, pixelGradient, pixelSums, type PixelTensors } from './pixel-kernels.js';
import { memoryOf, pointer, withScratch, type WasmBackend } from '../memory/tensors.js';

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

/** The gradient of the logits, `[B, N, K]`, in one pass; written over the exponentials where the sums have left them. */
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

function run(
  inputs: PixelTensors,
  { statistics, activation, temperature, keep = false }: RegionKernelAttributes,
  wasm: WasmBackend,
): TensorInfo | TensorInfo[] {
  const { logits, valid, indices, dy, kept } = inputs;
  const [batch, pixels, classes] = logits.shape as [number, number, number];
  const kernels = kernelsOf(wasm);
  const [z, y, v, labels] = labelPointers(wasm, inputs);
  const rows = indices ? 1 : valid!.shape[2]!;
  return withScratch(wasm, 4 * STATISTICS.length, (slots) => {
    const order = STATISTICS.map((name) => statistics.indexOf(name));
    new Int32Array(memoryOf(wasm).buffer, slots, order.length).set(order);
    const pass = (kernel: 'softmaxIndex' | 'softmaxTarget' | 'sigmoid', from: number[], more: number[]) => {
      const scratch = kernels[`${kernel}Scratch`](classes);
      const size = [pixels, classes, ...more, temperature];
      if (dy) {
        const args = (out: number) => [...from, pointer(wasm, dy), out, slots, batch, ...size];
        return pixelGradient(wasm, `${kernel}Gradient`, gradientOf(wasm, inputs), args, scratch);
      }
      const args = (partial: number) => [...from, partial, slots, statistics.length, ...size];
      return pixelSums(wasm, `${kernel}Sums`, inputs, statistics.length, args, scratch);
    };
    if (activation === 'sigmoid') return pass('sigmoid', [z, y, v, labels], [rows]);
    if (!indices) return pass('softmaxTarget', [z, y, v], [rows]);
    if (dy || !keep || !kernels.exponentialsSuffice(temperature))
      return pass('softmaxIndex', [z, labels, kept ? pointer(wasm, kept) : 0], []);
    const exponentials = wasm.makeOutput(logits.shape, 'float32');
    return [pass('softmaxIndex', [z, labels, pointer(wasm, exponentials)], []), exponentials];
  });
}
