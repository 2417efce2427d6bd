import { engine, registerBackend, removeBackend, type KernelBackend } from '@tensorflow/tfjs-core';

// Sections of a wasm module, kinds of import, and flags of a memory's limits: WebAssembly core specification 2.0, 5.5.5,
// 5.5.6 and 5.3.7, and its threads proposal.
const IMPORTS = 2;
const MEMORIES = 5;
const MEMORY = 2;
const HAS_MAXIMUM = 1;
const SHARED = 2;

/** A function that tfjs's wasm module exports, and no other. */
const TFJS_EXPORT = 'init_with_threads_count';

/**
 * The module with its memory declared as one that threads share: code without atomics is as valid over such a one. undefined
 * if it has no memory with a maximum, of its own or as its first import.
 */
export function withSharedMemory(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const limits = limitsOfMemory(bytes);
  if (limits === undefined || bytes[limits] !== HAS_MAXIMUM) return undefined;
  const shared = new Uint8Array(bytes);
  shared[limits] = HAS_MAXIMUM | SHARED;
  return shared;
}

/** Where the flags of the memory's limits are. */
function limitsOfMemory(bytes: Uint8Array): number | undefined {
  // Behind magic number and version: sections of an id, a size, and that many bytes.
  for (let at = 8; at < bytes.length;) {
    const [size, body] = unsigned(bytes, at + 1);
    const [, first] = unsigned(bytes, body); // behind how many memories, or imports, there are
    if (bytes[at] === MEMORIES) return first;
    if (bytes[at] === IMPORTS) {
      const kind = behindName(bytes, behindName(bytes, first));
      if (bytes[kind] === MEMORY) return kind + 1;
    }
    at = body + size;
  }
  return undefined;
}

function behindName(bytes: Uint8Array, at: number): number {
  const [length, text] = unsigned(bytes, at);
  return text + length;
}

/** A number in LEB128, and where it ends. */
function unsigned(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value >>> 0, at];
  }
}

export function isShared(memory: WebAssembly.Memory): boolean {
  return Object.prototype.toString.call(memory.buffer) === '[object SharedArrayBuffer]'; // whatever its realm
}

/**
 * Makes tfjs start its wasm backend, which has not started yet, over a memory that threads can share. While it starts, the
 * bytes of its module pass through {@link withSharedMemory} on their way to WebAssembly.instantiate, wherever they come
 * from (setWasmPaths): tfjs has no hook for that, and its own threaded build works in no Node
 * (https://github.com/tensorflow/tfjs/issues/3830). In a page it takes that build by itself where it can.
 */
export function shareMemoryOfBackend(): void {
  const { factory, priority } = engine().registryFactory.wasm!;
  removeBackend('wasm');
  registerBackend('wasm', () => whileSharing(factory), priority);
}

async function whileSharing(start: () => KernelBackend | Promise<KernelBackend>): Promise<KernelBackend> {
  const { instantiate, instantiateStreaming } = WebAssembly;
  const sharing = (source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports) => {
    const bytes = bytesOfBackend(source);
    const shared = bytes && withSharedMemory(bytes);
    return instantiate(shared ?? (source as BufferSource), imports);
  };
  // Where the globals may not be changed this does nothing, and there is one thread. Without streaming, which pages prefer, the bytes
  // are loaded first.
  Reflect.set(WebAssembly, 'instantiate', sharing);
  Reflect.set(WebAssembly, 'instantiateStreaming', undefined);
  try {
    return await start();
  } finally {
    Reflect.set(WebAssembly, 'instantiate', instantiate);
    Reflect.set(WebAssembly, 'instantiateStreaming', instantiateStreaming);
  }
}

/** The bytes, if they are those of tfjs's module: another may be on its way at the same time. */
function bytesOfBackend(source: BufferSource | WebAssembly.Module): Uint8Array | undefined {
  if (source instanceof WebAssembly.Module) return undefined;
  const bytes = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  return new TextDecoder('latin1').decode(bytes).includes(TFJS_EXPORT) ? bytes : undefined;
}
