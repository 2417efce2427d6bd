import { getKernel, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';

import { cpuArrays } from './arrays.js';
import { cpuKernels } from './kernels.js';
import { sayWithoutSimd, wasmKernelsSupported } from '../wasm/memory/module.js';
import { plainResizeGradients } from './plain/resize.js';

let registered = false;

/**
 * Registers the sums of the losses, and their gradients, for tfjs's cpu backend: by WebAssembly with SIMD where the runtime has
 * it, else by plain loops, which it says once; and the gradients of tf.image's resizing, which tfjs has wrong there. Importing
 * `@segloss/kernels/cpu` does this; call it yourself only where imports with side effects are not wanted. Calling it twice does
 * nothing.
 *
 * @example
 * ```ts
 * registerCpuKernels();
 * tf.getKernel('SeglossRegionStatistics', 'cpu') !== undefined; // → true
 * ```
 */
export function registerCpuKernels(): void {
  if (registered) return;
  for (const kernel of [...cpuKernels(), ...plainResizeGradients('cpu', cpuArrays)]) {
    if (getKernel(kernel.kernelName, 'cpu') !== undefined) unregisterKernel(kernel.kernelName, 'cpu');
    registerKernel(kernel);
  }
  if (!wasmKernelsSupported()) sayWithoutSimd();
  registered = true;
}
