import {
  registerCpuKernels,
  registerWasmKernels,
  registerWebGPUKernels,
  setRelaxedSimd,
  setWasmThreads,
  wasmThreads,
} from '@segloss/kernels';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { engine, env, ready, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core';

import { withinTime } from './within-time.js';

/** What computes. */
export interface Backend {
  readonly name: 'wasm' | 'cpu' | 'webgpu';
  readonly threads: number;
  /** The GPU of WebGPU. */
  readonly adapter?: string;
  /** Why it is not WebAssembly, where that does not start. */
  readonly reason?: string;
}

/** Seconds that a backend has to start, which takes one or two: longer on a machine that is very busy. */
const PATIENCE = 120;

/**
 * Starts the wasm backend with the training kernels and the arithmetic that every runtime has, or where there is no WebAssembly the cpu
 * backend. Wasm gives the same weights for the same seed as in Node, whatever the number of threads.
 *
 * @param folder Address of the folder of tfjs's wasm files.
 * @throws {Error} If no backend starts.
 */
export async function startProcessor(folder: string, threads: number): Promise<Backend> {
  env().set('PROD', true);
  let reason = 'this browser has none, or the page may not use it';
  if (typeof WebAssembly === 'object') {
    try {
      return await startWasm(folder, threads);
    } catch (error) {
      // Blocked, or its files are missing: plain JavaScript computes, and the page says so.
      reason = (error as Error).message;
    }
  }
  await import('@tensorflow/tfjs-backend-cpu');
  registerCpuKernels();
  if (!(await setBackend('cpu'))) throw new Error('no backend of TensorFlow.js starts in this browser');
  return { name: 'cpu', threads: 1, reason };
}

async function startWasm(folder: string, threads: number): Promise<Backend> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  // tfjs's threaded build breaks when it is bundled. Our kernels have threads of their own.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  registerWasmKernels();
  setWasmPaths(folder);
  setRelaxedSimd(false);
  setWasmThreads(threads);
  await start('wasm', 'WebAssembly');
  return { name: 'wasm', threads: wasmThreads() };
}

/** Starts the WebGPU backend with the kernels of the losses. @throws {Error} If it does not start. */
export async function startWebGPU(adapter: string): Promise<Backend> {
  await import('@tensorflow/tfjs-backend-webgpu');
  registerWebGPUKernels();
  await start('webgpu', 'WebGPU');
  return { name: 'webgpu', threads: 1, adapter };
}

/** Ends the WebGPU backend with all that is on it; `startWebGPU` starts it again. */
export async function stopWebGPU({ name }: Backend): Promise<void> {
  const known = engine().registryFactory['webgpu'];
  if (known !== undefined) {
    deviceOfWebGPU()?.destroy();
    removeBackend('webgpu');
    registerBackend('webgpu', known.factory, known.priority);
  }
  await start(name, name);
}

/** What is used of a WebGPU device; the types of the DOM have none yet. */
interface Device {
  readonly lost: Promise<unknown>;
  destroy(): void;
}

const deviceOfWebGPU = () => (engine().registry['webgpu'] as { device?: Device } | undefined)?.device;

/** Milliseconds in which a device that is lost says so. */
const LOST_WITHIN = 200;

/** Says why a training on WebGPU failed: what is heard first of a lost GPU is that a buffer cannot be read. */
export async function gpuFailure(error: Error): Promise<string> {
  const device = deviceOfWebGPU();
  const isLost = await Promise.race([
    ...(device ? [device.lost.then(() => true)] : []),
    new Promise<boolean>((resolve) => setTimeout(resolve, LOST_WITHIN, false)),
  ]);
  return isLost
    ? 'the GPU was lost, as when its driver breaks down or restarts'
    : error.message.replace(/\.\s*$/, '');
}

async function start(name: Backend['name'], called: string): Promise<void> {
  const started = async () => {
    if (!(await setBackend(name))) throw new Error(`${called} does not start`);
    await ready();
  };
  await withinTime(started(), PATIENCE, `${called} did not start`);
}
