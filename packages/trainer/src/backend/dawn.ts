import { importOptional } from './packages.js';

// What we use of the npm package webgpu, which is Dawn, the WebGPU of Chromium, for Node. (DOM types have no WebGPU yet.)
interface Dawn {
  create(options: string[]): GPU;
  readonly globals: Record<string, unknown>;
}
interface GPU {
  requestAdapter(options?: object): Promise<Adapter | null>;
}
interface Adapter {
  readonly isFallbackAdapter?: boolean;
  readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>> & {
    readonly isFallbackAdapter?: boolean;
  };
}
interface Host {
  navigator?: { gpu?: GPU };
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;
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
export async function requestAdapter(): Promise<{ name: string; software: boolean }> {
  const adapter = await host.navigator!.gpu!.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('WebGPU finds no adapter: no driver of a GPU (on Linux: Vulkan)');
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = description || device || `${vendor} ${architecture}`.trim() || 'an unnamed adapter';
  const fallback = isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
  return { name, software: fallback || SOFTWARE.test([vendor, architecture, device, description].join(' ')) };
}
