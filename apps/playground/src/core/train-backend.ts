import {
  registerCpuKernels,
  registerWasmKernels,
  setRelaxedSimd,
  setWasmThreads,
  wasmThreads,
} from '@segloss/kernels';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { env, ready, setBackend } from '@tensorflow/tfjs-core';

/** What computes. */
export interface Backend {
  readonly name: 'wasm' | 'cpu';
  readonly threads: number;
}

/**
 * Starts the wasm backend with the training kernels and the arithmetic that every runtime has, or where there is no WebAssembly the cpu
 * backend. Wasm gives the same weights for the same seed as in Node, whatever the number of threads.
 *
 * @param folder Address of the folder of tfjs's wasm files.
 * @throws {Error} If no backend starts.
 */
export async function startBackend(folder: string, threads: number): Promise<Backend> {
  env().set('PROD', true);
  if (typeof WebAssembly === 'object') {
    try {
      return await startWasm(folder, threads);
    } catch {
      // Blocked, or its files are missing: plain JavaScript computes, and the page says so.
    }
  }
  await import('@tensorflow/tfjs-backend-cpu');
  registerCpuKernels();
  if (!(await setBackend('cpu'))) throw new Error('no backend of TensorFlow.js starts in this browser');
  return { name: 'cpu', threads: 1 };
}

async function startWasm(folder: string, threads: number): Promise<Backend> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // tfjs's threaded build breaks when it is bundled. Our kernels have threads of their own.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  registerWasmKernels();
  setWasmPaths(folder);
  setRelaxedSimd(false);
  setWasmThreads(threads);
  if (!(await setBackend('wasm'))) throw new Error('WebAssembly does not start');
  await ready();
  return { name: 'wasm', threads: wasmThreads() };
}
