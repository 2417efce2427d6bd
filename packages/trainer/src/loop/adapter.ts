/** What is used of `navigator.gpu`; the types of the DOM have no WebGPU yet. */
export interface GpuSource {
  requestAdapter(options?: object): Promise<RawAdapter | null>;
}

interface RawAdapter {
  readonly isFallbackAdapter?: boolean;
  readonly info: Readonly<Record<'vendor' | 'architecture' | 'device' | 'description', string>> & {
    readonly isFallbackAdapter?: boolean;
  };
}

/** The GPU that WebGPU computes on. */
export interface GpuAdapter {
  readonly name: string;
  /** Whether it is a program on the processor, such as SwiftShader or llvmpipe: slower than wasm. */
  readonly software: boolean;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

/**
 * Returns the adapter that tfjs's WebGPU backend gets, or undefined where there is none: no GPU, or no driver that WebGPU takes.
 *
 * @param gpu `navigator.gpu` of a page, a worker or Node.
 *
 * @example
 * ```ts
 * const info = { vendor: 'google', architecture: 'swiftshader', device: '', description: '' };
 * const found = await findAdapter({ requestAdapter: async () => ({ info }) }); // in a page: navigator.gpu
 * found.name; // → "google swiftshader"
 * found.software; // → true
 * ```
 */
export async function findAdapter(gpu: GpuSource): Promise<GpuAdapter | undefined> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' }); // as tfjs requests it
  if (adapter === null) return undefined;
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = description || device || `${vendor} ${architecture}`.trim() || 'an unnamed adapter';
  const fallback = isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
  return { name, software: fallback || SOFTWARE.test([vendor, architecture, device, description].join(' ')) };
}
