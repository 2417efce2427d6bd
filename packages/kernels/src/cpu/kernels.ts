import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { cpuArrays, type Values } from './arrays.js';
import { focalSums, focalSumsGradient } from '../wasm/losses/focal.js';
import { wasmKernelsSupported } from '../wasm/memory/module.js';
import { OwnMemory } from '../wasm/memory/own-memory.js';
import { plainKernels } from './plain/kernels.js';
import { regionStatistics, regionStatisticsGradient } from '../wasm/losses/region-statistics.js';

/** Logits that are copied in at a time: with their gradient they stay in the second-level cache. */
const ELEMENTS = 32768;

/** The sums of the losses for tfjs's cpu backend: those of the wasm backend where WebAssembly has SIMD, else plain loops. */
export function cpuKernels(): readonly KernelConfig[] {
  if (!wasmKernelsSupported()) return plainKernels('cpu', cpuArrays);
  const memory = new OwnMemory();
  const kernels = [regionStatistics, regionStatisticsGradient, focalSums, focalSumsGradient];
  const fast = kernels.map((kernel) => inRanges(kernel, memory));
  const names = new Set(fast.map(({ kernelName }) => kernelName));
  return [...fast, ...plainKernels('cpu', cpuArrays).filter(({ kernelName }) => !names.has(kernelName))];
}

/**
 * A kernel over pixels of the wasm backend, for the cpu backend: ranges of the pixels are copied into a memory of our own and the
 * results out, so that this memory stays small. The sums of the ranges are added in float64.
 */
function inRanges({ kernelName, kernelFunc }: KernelConfig, memory: OwnMemory): KernelConfig {
  return {
    kernelName,
    backendName: 'cpu',
    kernelFunc({ inputs, attrs, backend }) {
      const { dy, ...ofPixels } = inputs as Record<string, TensorInfo>;
      const { shape } = ofPixels['logits']!;
      const [batch, pixels, classes] = shape as [number, number, number];
      const tensors = cpuArrays(backend);
      const arrays = Object.entries(ofPixels).map(([name, tensor]) => ({
        name,
        values: tensors.read(tensor),
        channels: tensor.shape.slice(2),
      }));
      /** Runs the kernel on `count` pixels from number `first` of the batch on. */
      const run = (first: number, count: number, derivatives?: Values) => {
        memory.clear();
        const copies = arrays.map(({ name, values, channels }) => {
          const width = channels[0] ?? 1;
          const range = values.subarray(first * width, (first + count) * width);
          return [name, memory.put(range, [1, count, ...channels])] as const;
        });
        const range = {
          ...Object.fromEntries(copies),
          ...(derivatives && { dy: memory.put(derivatives, [derivatives.length / classes, 1, classes]) }),
        };
        // What a sum would keep for its gradient lies in a memory that is cleared.
        const kernelAttrs = { ...attrs, keep: false };
        return memory.view(kernelFunc({ inputs: range, attrs: kernelAttrs, backend: memory }) as TensorInfo);
      };
      const step = Math.max(1, Math.floor(ELEMENTS / classes));
      const forEachRange = (b: number, use: (first: number, count: number) => void) => {
        for (let i = 0; i < pixels; i += step) use(b * pixels + i, Math.min(step, pixels - i));
      };

      if (dy !== undefined) {
        const out = tensors.make(shape, 'float32');
        const gradient = tensors.read(out);
        const factors = tensors.read(dy);
        for (let b = 0; b < batch; b++) {
          const ofImage = factors.filter((_, i) => Math.floor(i / classes) % batch === b);
          forEachRange(b, (first, count) => gradient.set(run(first, count, ofImage), first * classes));
        }
        return out;
      }
      const sums = Array.from({ length: batch }, (_, b) => {
        let sum = new Float64Array();
        forEachRange(b, (first, count) => {
          const part = run(first, count);
          sum = Float64Array.from(part, (value, i) => value + (sum[i] ?? 0));
        });
        return sum;
      });
      const rows = sums[0]!.length / classes;
      const out = tensors.make([rows, batch, classes], 'float32');
      const totals = tensors.read(out);
      sums.forEach((sum, b) => {
        for (let j = 0; j < rows; j++) {
          totals.set(sum.subarray(j * classes, (j + 1) * classes), (j * batch + b) * classes);
        }
      });
      return out;
    },
  };
}
