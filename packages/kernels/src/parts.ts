import { kernelsOf, type KernelModule } from './module.js';
import { withScratch, type WasmBackend } from './tensors.js';

/** Kernels that end with (scratch, first, end) and do the parts from `first` to before `end` of their work. */
export type PartKernel = keyof KernelModule;

/**
 * Runs all parts of a kernel. How many parts there are depends on the sizes alone, each writes places of its own, and
 * sums over parts are added afterwards in their order: so the numbers are the same whoever does which part.
 */
export function runParts(
  wasm: WasmBackend,
  kernel: PartKernel,
  args: readonly number[],
  { parts, scratch = 0 }: { parts: number; scratch?: number },
): void {
  withScratch(wasm, scratch + 15, (at) => {
    kernelsOf(wasm)[kernel](...args, (at + 15) & ~15, 0, parts);
  });
}
