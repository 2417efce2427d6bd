/** The tfjs backends that training runs on in Node, the preferred first. */
export const BACKEND_NAMES = ['tensorflow', 'webgpu', 'wasm', 'cpu'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** What is known of a backend that works. */
export interface BackendFacts {
  /** Native TensorFlow: its version, whether it computes on a GPU, and the package that binds it. */
  readonly tensorflow?: { readonly version: string; readonly gpu: boolean; readonly package: string };
  /** The GPU that WebGPU found, and whether that is a program on the processor. */
  readonly webgpu?: { readonly adapter: string; readonly software: boolean };
  readonly wasm?: { readonly simd: boolean; readonly threads: number };
}

/** One backend that was tried. */
export interface BackendTrial extends BackendFacts {
  readonly name: BackendName;
  readonly works: boolean;
  /** What works, or why it does not. */
  readonly reason: string;
  /** It does not work because a package is not installed; else something is there and broken, or passed over. */
  readonly missing?: boolean;
  /** How to get it, where it does not work. */
  readonly remedy?: string;
}

/** The backend that was chosen, and why. */
export interface BackendChoice extends BackendFacts {
  readonly name: BackendName;
  readonly reason: string;
  readonly tried: readonly BackendTrial[];
}

/** Options of {@link selectBackend}. */
export interface BackendOptions {
  /**
   * Among how many threads the wasm kernels share their work: 1 to 64, or `auto` for one on each core. Default: what
   * `setWasmThreads` of `@segloss/kernels` was given, 1 unless it was called. More than one has to be said before the wasm backend
   * starts for the first time. Only for `wasm` and `auto`.
   */
  threads?: number | 'auto';
}

/** What a candidate is loaded with. */
export interface LoadOptions {
  readonly threads: number | undefined;
  /** The user insists on it: a slow one is welcome too. */
  readonly insist: boolean;
}

/** What speaks for a backend that works. */
export interface Merit extends BackendFacts {
  readonly reason: string;
}

/** One backend, before it is tried. */
export interface Candidate {
  readonly name: BackendName;
  /** How to get it. */
  readonly remedy: string;
  /** Imports what registers it with tfjs. */
  load(options: LoadOptions): Promise<void>;
  /** Says what it is, once tfjs has started it. */
  merit(options: LoadOptions): Merit;
}
