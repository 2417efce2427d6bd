import { registerWasmKernels, setRelaxedSimd } from '@segloss/kernels';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { env, ready, setBackend } from '@tensorflow/tfjs-core';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/**
 * Starts the wasm backend with the training kernels, on one thread and with the arithmetic that every runtime has, so that the same seed
 * gives the same weights as in Node.
 *
 * @param folder Address of the folder of tfjs's wasm files.
 * @throws {Error} If the backend does not start.
 */
export async function startWasm(folder: string): Promise<void> {
  env().set('PROD', true);
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // the threaded build of tfjs does not survive a bundler
  registerWasmKernels();
  setWasmPaths(folder);
  setRelaxedSimd(false);
  if (!(await setBackend('wasm'))) throw new Error('WebAssembly does not start in this browser');
  await ready();
}
