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
  makeOutput(shape: readonly number[], dtype: 'float32' | 'int32' | 'bool'): TensorInfo;
  incRef(id: DataId): void;
}

/** The memory that the backend's tensors lie in. */
export function memoryOf({ wasm }: WasmBackend): WebAssembly.Memory {
  return (wasm.wasmMemory ?? wasm.asm.memory)!;
}

const guarded = new WeakSet<object>();

/**
 * Makes the backend's allocator return addresses as unsigned numbers, and throw where memory is used up. WebAssembly returns them as
 * signed ones, which are negative from 2 GiB on; and where there is no memory tfjs takes the 0 that it gets for an address, and
 * writes there.
 */
export function guardAllocator({ wasm }: WasmBackend): void {
  if (guarded.has(wasm)) return;
  guarded.add(wasm);
  wasm._free(wasm._malloc(4)); // Emscripten's first _malloc replaces itself
  const allocate = wasm._malloc;
  wasm._malloc = (bytes) => {
    const at = allocate(bytes) >>> 0;
    if (at === 0 && bytes > 0) {
      throw new RangeError(
        `the wasm backend of tfjs: wanted ${(bytes / 2 ** 20).toFixed(1)} MiB more, but its memory is full, ` +
          `and cannot have more than 4 GiB; use smaller batches or images, or dispose of tensors`,
      );
    }
    return at;
  };
}

/** Byte offset of a tensor in the backend's memory. */
export function pointer(backend: WasmBackend, tensor: TensorInfo): number {
  return backend.dataIdMap.get(tensor.dataId).memoryOffset >>> 0;
}

/** A second tensor with the same data. */
export function shareData(backend: WasmBackend, { dataId, shape, dtype }: TensorInfo): TensorInfo {
  backend.incRef(dataId);
  return { dataId, shape, dtype };
}

/** The next multiple of a power of two. Bitwise operators would make it signed. */
export function alignUp(at: number, multiple: number): number {
  return Math.ceil(at / multiple) * multiple;
}

/** Float32 values in the backend's memory. Use them immediately: the memory moves when it grows. */
export function floats(backend: WasmBackend, at: number, length: number): Float32Array {
  return new Float32Array(memoryOf(backend).buffer, at, length);
}

/** Float64 values in the backend's memory, with the same care. */
export function doubles(backend: WasmBackend, at: number, length: number): Float64Array {
  return new Float64Array(memoryOf(backend).buffer, at, length);
}

/** Runs `use` with scratch memory of `bytes` bytes. */
export function withScratch<T>(backend: WasmBackend, bytes: number, use: (at: number) => T): T {
  guardAllocator(backend);
  const at = backend.wasm._malloc(bytes);
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
