import { findAdapter, type GpuAdapter, type GpuSource } from '@segloss/trainer/loop';

import { withinTime } from './within-time.js';

/** What WebGPU computes on here, or why it is not there. */
export type Gpu = { readonly adapter: GpuAdapter } | { readonly missing: string };

/** Seconds that a browser has to name its GPU. */
const PATIENCE = 10;

/** Asks the browser for its GPU; never rejects, and always answers. */
export async function gpuHere(patience = PATIENCE): Promise<Gpu> {
  const gpu = (globalThis.navigator as { readonly gpu?: GpuSource } | undefined)?.gpu;
  if (gpu === undefined) {
    return {
      missing: globalThis.isSecureContext
        ? 'this browser has no WebGPU'
        : 'WebGPU needs a page from https or from this machine',
    };
  }
  try {
    const adapter = await withinTime(findAdapter(gpu), patience, 'the browser did not name its GPU');
    return adapter === undefined
      ? { missing: 'the browser offers no GPU: there is none, or its driver is blocked' }
      : { adapter };
  } catch (error) {
    return { missing: (error as Error).message };
  }
}
