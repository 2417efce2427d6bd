import { findAdapter, type GpuAdapter, type GpuSource } from '../loop/adapter.js';
import { importOptional } from './packages.js';

// What we use of the npm package webgpu, which is Dawn, the WebGPU of Chromium, for Node.
interface Dawn {
  create(options: string[]): GpuSource;
  readonly globals: Record<string, unknown>;
}
interface Host {
  navigator?: { gpu?: GpuSource };
}

const host = globalThis as unknown as Host;
let withdraw: (() => void) | undefined;

/** Makes Dawn the `navigator.gpu` that tfjs asks for, where the host has none. */
export async function provideGPU(): Promise<void> {
  if (host.navigator?.gpu !== undefined) return;
  const { create, globals } = await importOptional<Dawn>('webgpu');
  Object.assign(globalThis, globals);
  const property = { value: create([]), configurable: true };
  if (host.navigator === undefined) {
    // Before Node 21.
    Object.defineProperty(host, 'navigator', {
      value: Object.defineProperty({}, 'gpu', property),
      configurable: true,
    });
    withdraw = () => delete host.navigator;
  } else {
    Object.defineProperty(host.navigator, 'gpu', property);
    withdraw = () => delete host.navigator!.gpu;
  }
}

/** Takes away what {@link provideGPU} made: while it is reachable, the process cannot end. */
export function withdrawGPU(): void {
  withdraw?.();
  withdraw = undefined;
}

/** The adapter that tfjs will get. */
export async function requestAdapter(): Promise<GpuAdapter> {
  const adapter = await findAdapter(host.navigator!.gpu!);
  if (adapter === undefined)
    throw new Error('WebGPU finds no adapter: no driver of a GPU (on Linux: Vulkan)');
  return adapter;
}
