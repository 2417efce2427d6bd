import { kernelsOf, type KernelModule } from '../memory/module.js';
import { alignUp, withScratch, type WasmBackend } from '../memory/tensors.js';
import { threadsOf } from './threads.js';

/** Kernels that end with (scratch, first, end) and do the parts from `first` to before `end` of their work. */
export type PartKernel = keyof KernelModule;

const LINE = 64;

/**
 * Runs all parts of a kernel, on several threads if there are. How many parts there are depends on the sizes alone, each
 * writes places of its own, and sums over parts are added afterwards in their order: so the numbers are the same whoever does
 * which part.
 *
 * A thread calls the kernel for a few runs of parts, so what it prepares in a call should cost little compared with a part. The `scratch`
 * bytes are a thread's own, at a multiple of 64, and hold nothing when a call begins. There may be many more parts than threads,
 * and small ones: workers are woken only for work that is worth it.
 */
export function runParts(
  wasm: WasmBackend,
  kernel: PartKernel,
  args: readonly number[],
  { parts, scratch = 0 }: { parts: number; scratch?: number },
): void {
  const pool = parts > 1 ? threadsOf(wasm) : undefined;
  const threads = pool !== undefined && pool.ready > 0 ? pool.wanted : 1;
  // Each thread's begins on a cache line of its own, and not a power of two behind the one before.
  const step = alignUp(scratch, LINE) + LINE;
  withScratch(wasm, threads * step, (start) => {
    const at = alignUp(start, LINE);
    const run = kernelsOf(wasm)[kernel];
    if (pool === undefined || threads === 1) run(...args, at, 0, parts);
    else pool.run(run, { kernel, args, parts, scratch: at, scratchStep: step });
  });
}
