import { type DataId, type KernelBackend, type TensorInfo } from '@tensorflow/tfjs-core';

/** What we use of tfjs's wasm backend. */
export interface WasmBackend extends KernelBackend {
  readonly wasm: {
    readonly asm: { readonly memory?: WebAssembly.Memory };
    /** That of tfjs's threaded build, which a cross-origin isolated page gets. */
    readonly wasmMemory?: WebAssembly.Memory;
    _malloc(bytes: number): number;
    _free(at: number): void;
  };
  readonly dataIdMap: { get(id: DataId): { memoryOffset: number } };
  makeOutput(shape: readonly number[], dtype: 'float32' | 'int32'): TensorInfo;
  incRef(id: DataId): void;
}

/** The memory that the backend's tensors lie in. */
export function memoryOf({ wasm }: WasmBackend): WebAssembly.Memory {
  return (wasm.wasmMemory ?? wasm.asm.memory)!;
}

/** Byte offset of a tensor in the backend's memory. */
export function pointer(backend: WasmBackend, tensor: TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset;
}

/** Float32 values in the backend's memory. Use them at once: the memory moves when it grows. */
export function floats(backend: WasmBackend, at: number, length: number): Float32Array {
  return new Float32Array(memoryOf(backend).buffer, at, length);
}

/** Float64 values in the backend's memory, with the same care. */
export function doubles(backend: WasmBackend, at: number, length: number): Float64Array {
  return new Float64Array(memoryOf(backend).buffer, at, length);
}

/** Runs `use` with scratch memory of so many bytes. */
export function withScratch<T>(backend: WasmBackend, bytes: number, use: (at: number) => T): T {
  const at = backend.wasm._malloc(bytes);
  if (at === 0)
    throw new Error(`segloss kernels: no memory for ${bytes} bytes of scratch; use smaller batches`);
  try {
    return use(at);
  } finally {
    backend.wasm._free(at);
  }
}

/** Throws unless every tensor is float32. */
export function requireFloat(kernel: string, tensors: Record<string, TensorInfo>): void {
  for (const [name, { dtype }] of Object.entries(tensors)) {
    if (dtype !== 'float32')
      throw new TypeError(`${kernel}: wanted ${name} to be float32, got ${dtype}; use tf.cast`);
  }
}
