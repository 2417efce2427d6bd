import { getKernel, registerKernel, type KernelConfig } from '@tensorflow/tfjs-core';

import { focalSums, focalSumsGradient } from './focal.js';
import { regionStatistics, regionStatisticsGradient } from './region-statistics.js';

const KERNELS: readonly KernelConfig[] = [
  regionStatistics,
  regionStatisticsGradient,
  focalSums,
  focalSumsGradient,
];

/**
 * Registers the fused loss kernels for tfjs's WebGPU backend. Importing `@segloss/kernels/webgpu` does this; call it yourself only
 * where imports with side effects are not wanted. Without the backend the kernels wait for it. Calling it twice does nothing.
 *
 * @example
 * ```ts
 * registerWebGPUKernels();
 * tf.getKernel('SeglossRegionStatistics', 'webgpu') !== undefined; // → true
 * ```
 */
export function registerWebGPUKernels(): void {
  for (const kernel of KERNELS) {
    if (getKernel(kernel.kernelName, kernel.backendName) === undefined) registerKernel(kernel);
  }
}

/**
 * Names of the kernels that {@link registerWebGPUKernels} adds.
 *
 * @example
 * ```ts
 * webgpuKernelNames().length; // → 4
 * ```
 */
export function webgpuKernelNames(): string[] {
  return KERNELS.map(({ kernelName }) => kernelName);
}
