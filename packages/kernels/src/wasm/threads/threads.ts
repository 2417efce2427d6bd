import { backend, engine, getBackend } from '@tensorflow/tfjs-core';

import { moduleFor } from '../memory/module.js';
import { KernelPool } from './kernel-pool.js';
import { isShared, shareMemoryOfBackend } from '../memory/shared-memory.js';
import { memoryOf, type WasmBackend } from '../memory/tensors.js';

const MOST = 64;

let wanted = 1;
let pool: KernelPool | undefined;
/** Whether tfjs will start its backend over shared memory. */
let sharing = false;
const said = new Set<string>();

/**
 * Sets the number of threads among which the wasm kernels share their work, including the calling one. Call it before the wasm
 * backend starts: in Node that decides whether its memory can be shared. The results are bit-identical for any
 * number of threads; the kernels of tfjs itself stay on one thread. In a page it needs cross-origin isolation (the headers
 * COOP and COEP). Where memory cannot be shared, a warning says so once and one thread serves. Threads start with the first
 * kernel that is worth them, and never keep a process alive.
 *
 * Keep one thread where several trainings run at the same time, one on each core.
 *
 * @param count 1 (default) to 64: not more than the machine has cores.
 * @throws {RangeError} If the count is not such a number. @throws {Error} If the wasm backend is not imported.
 *
 * @example
 * ```ts
 * import '@segloss/kernels/wasm';
 * setWasmThreads(2); // then: await tf.setBackend('wasm')
 * setWasmThreads(1);
 * wasmThreads(); // → 1
 * ```
 */
export function setWasmThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > MOST) {
    throw new RangeError(`setWasmThreads: wanted a whole number from 1 to ${MOST}, got ${String(count)}`);
  }
  const { registry, registryFactory } = engine();
  if (registryFactory.wasm === undefined) {
    throw new Error("setWasmThreads: tfjs has no wasm backend yet; import '@segloss/kernels/wasm' before");
  }
  if (count > 1 && !sharing && !('wasm' in registry) && typeof SharedArrayBuffer !== 'undefined') {
    shareMemoryOfBackend();
    sharing = true;
  }
  if (count !== pool?.wanted) stopThreads();
  wanted = count;
}

/**
 * Among how many threads the wasm kernels share their work: what {@link setWasmThreads} was given, or 1 where the memory of
 * the wasm backend cannot be shared or it is not the backend of tfjs yet.
 *
 * @example
 * ```ts
 * wasmThreads(); // → 1
 * ```
 */
export function wasmThreads(): number {
  if (wanted === 1 || getBackend() !== 'wasm') return 1;
  const memory = memoryOf(backend() as WasmBackend);
  if (!isShared(memory)) return 1;
  return pool?.memory === memory ? pool.threads : wanted;
}

/** The threads for kernels over this backend's memory, if there are to be any and can be. */
export function threadsOf(wasm: WasmBackend): KernelPool | undefined {
  if (wanted === 1) return undefined;
  const memory = memoryOf(wasm);
  if (pool?.memory === memory) return pool;
  stopThreads();
  if (!isShared(memory)) {
    warnOnce(
      typeof SharedArrayBuffer === 'undefined'
        ? 'this page is not cross-origin isolated (headers COOP: same-origin and COEP: require-corp)'
        : 'the wasm backend had started before setWasmThreads was called',
    );
    return undefined;
  }
  pool = new KernelPool(moduleFor(memory), memory, wanted, (reason) => warnOnce(String(reason)));
  return pool;
}

function stopThreads(): void {
  pool?.stop();
  pool = undefined;
}

function warnOnce(reason: string): void {
  if (said.has(reason)) return;
  said.add(reason);
  console.warn(`segloss kernels: fewer threads than requested, the others do the work: ${reason}`);
}
