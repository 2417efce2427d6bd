import {
  getKernel,
  registerKernel,
  unregisterKernel,
  type KernelConfig,
  type KernelFunc,
} from '@tensorflow/tfjs-core';

import { cast } from './cast.js';
import { focalSums, focalSumsGradient } from './focal.js';
import { regionStatistics, regionStatisticsGradient } from './region-statistics.js';

/** What tfjs has no kernel for. */
const ADDED: readonly KernelConfig[] = [
  regionStatistics,
  regionStatisticsGradient,
  focalSums,
  focalSumsGradient,
];

/** What wraps a kernel that tfjs has. */
const OVERRIDES: Readonly<Record<string, (original: KernelFunc) => Pick<KernelConfig, 'kernelFunc'>>> = {
  Cast: cast,
};

let registered = false;

/**
 * Registers the kernels for tfjs's WebGPU backend. Importing `@segloss/kernels/webgpu` does this; call it yourself only where
 * imports with side effects are not wanted. Import `@tensorflow/tfjs-backend-webgpu` first. Calling it twice does nothing.
 *
 * @throws {Error} If the WebGPU backend is not imported.
 *
 * @example
 * ```ts
 * await import('@tensorflow/tfjs-backend-webgpu');
 * registerWebGPUKernels();
 * tf.getKernel('SeglossRegionStatistics', 'webgpu') !== undefined; // → true
 * ```
 */
export function registerWebGPUKernels(): void {
  if (registered) return;
  for (const [name, override] of Object.entries(OVERRIDES)) {
    const original = getKernel(name, 'webgpu');
    if (original === undefined) {
      throw new Error(
        `registerWebGPUKernels: tfjs has no WebGPU kernel ${name} yet; import '@tensorflow/tfjs-backend-webgpu' before`,
      );
    }
    unregisterKernel(name, 'webgpu');
    registerKernel({ ...original, ...override(original.kernelFunc) });
  }
  ADDED.forEach((kernel) => registerKernel(kernel));
  registered = true;
}

/**
 * Names of the kernels that {@link registerWebGPUKernels} adds or replaces.
 *
 * @example
 * ```ts
 * webgpuKernelNames().includes('SeglossFocalSums'); // → true
 * ```
 */
export function webgpuKernelNames(): string[] {
  return [...ADDED.map(({ kernelName }) => kernelName), ...Object.keys(OVERRIDES)];
}
