import {
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelConfig,
  type KernelFunc,
} from '@tensorflow/tfjs-core';

import { adamUpdate } from './adam-kernel.js';
import { batchNormGradient, fusedBatchNorm } from './batch-norm.js';
import {
  batchNormTraining,
  batchNormTrainingGradient,
  registerBatchNormTrainingGradient,
} from './batch-norm-batch.js';
import { concat, splitV } from './concat.js';
import { conv2D, conv2DBackpropFilter, conv2DBackpropInput, fusedConv2D } from './conv2d.js';
import { focalSums, focalSumsGradient } from './focal.js';
import { maxPoolGrad } from './max-pool.js';
import { wasmKernelsSupported } from './module.js';
import { cast, identity, mean, meanGradient, sum } from './reduce.js';
import { regionStatistics, regionStatisticsGradient } from './region-statistics.js';
import { readIndices } from './read-indices.js';
import { relu, reluGradient } from './relu.js';
import { unsortedSegmentSum } from './segment-sum.js';

/** What tfjs has no kernel for. */
const ADDED: readonly KernelConfig[] = [
  conv2DBackpropFilter,
  batchNormGradient,
  batchNormTraining,
  batchNormTrainingGradient,
  meanGradient,
  reluGradient,
  regionStatistics,
  regionStatisticsGradient,
  focalSums,
  focalSumsGradient,
  readIndices,
  unsortedSegmentSum,
  adamUpdate,
];

/** What replaces or wraps a kernel that tfjs has. */
const OVERRIDES: Readonly<Record<string, (original: KernelFunc) => Pick<KernelConfig, 'kernelFunc'>>> = {
  Conv2D: conv2D,
  FusedConv2D: fusedConv2D,
  Conv2DBackpropInput: () => conv2DBackpropInput(kernelFunc('Conv2D')),
  MaxPoolGrad: () => maxPoolGrad,
  FusedBatchNorm: fusedBatchNorm,
  Concat: concat,
  SplitV: splitV,
  Sum: sum,
  Mean: mean,
  Relu: relu,
  Cast: cast,
  Identity: () => identity,
};

let registered = false;

/**
 * Registers the kernels for tfjs's wasm backend. Importing `@segloss/kernels/wasm` does this; call it yourself only where
 * imports with side effects are not wanted. Import `@tensorflow/tfjs-backend-wasm` first. Calling it twice does nothing.
 *
 * @throws {Error} If the wasm backend is not imported, or the runtime has no WebAssembly SIMD.
 *
 * @example
 * ```ts
 * await import('@tensorflow/tfjs-backend-wasm');
 * registerWasmKernels();
 * tf.getKernel('Conv2DBackpropFilter', 'wasm') !== undefined; // → true
 * ```
 */
export function registerWasmKernels(): void {
  if (registered) return;
  if (!wasmKernelsSupported()) {
    throw new Error(
      'registerWasmKernels: wanted WebAssembly with SIMD, which this runtime lacks; use another backend',
    );
  }
  kernelFunc('Conv2D'); // says what to import if there is no wasm backend yet
  ADDED.forEach((kernel) => registerKernel(kernel));
  for (const [name, override] of Object.entries(OVERRIDES)) {
    const original = getKernel(name, 'wasm');
    const replacement = override(original.kernelFunc);
    unregisterKernel(name, 'wasm');
    // tfjs calls the original's setup when the backend starts; what we wrap would fail without it.
    registerKernel({ ...original, ...replacement });
  }
  registerBatchNormTrainingGradient();
  registered = true;
}

/**
 * Names of the kernels that {@link registerWasmKernels} adds or replaces.
 *
 * @example
 * ```ts
 * wasmKernelNames().includes('MaxPoolGrad'); // → true
 * ```
 */
export function wasmKernelNames(): string[] {
  return [...ADDED.map(({ kernelName }) => kernelName), ...Object.keys(OVERRIDES)];
}

function kernelFunc(name: string): KernelFunc {
  const kernel = getKernel(name, 'wasm');
  if (kernel === undefined) {
    throw new Error(
      `registerWasmKernels: tfjs has no wasm kernel ${name} yet; import '@tensorflow/tfjs-backend-wasm' before`,
    );
  }
  return kernel.kernelFunc;
}
