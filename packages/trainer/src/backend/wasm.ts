import type * as Kernels from '@segloss/kernels';

import { type Candidate } from './types.js';

let kernels: typeof Kernels;

export const wasm: Candidate = {
  name: 'wasm',
  remedy: 'use a Node with WebAssembly',

  async load({ threads }) {
    // Imported like the kernels below, so that a CommonJS build and they speak of the same threads.
    kernels = await import('@segloss/kernels');
    await import('@segloss/kernels/wasm');
    if (threads !== undefined) kernels.setWasmThreads(threads);
  },

  merit() {
    const [simd, threads] = [kernels.wasmKernelsSupported(), kernels.wasmThreads()];
    const what = simd
      ? 'WebAssembly with the training kernels of @segloss/kernels, no native install'
      : 'WebAssembly without SIMD, several times slower than with it, no native install';
    return { reason: threads === 1 ? what : `${what}, ${threads} threads`, wasm: { simd, threads } };
  },
};
