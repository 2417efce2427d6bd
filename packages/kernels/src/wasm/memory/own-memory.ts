import { util, type TensorInfo } from '@tensorflow/tfjs-core';

import { type Values } from '../../cpu/arrays.js';
import { alignUp, type WasmBackend } from './tensors.js';

const PAGE = 65536;
/** Nothing lies at 0, which kernels take for "not given". */
const START = 16;

/**
 * A WebAssembly memory with the part of tfjs's wasm backend that our kernels use, so that they run where that backend is not:
 * tensors are copied in and out.
 */
export class OwnMemory implements Pick<WasmBackend, 'wasm' | 'dataIdMap' | 'makeOutput'> {
  private readonly memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 }); // the most that our modules take
  private top = START;

  readonly wasm = {
    asm: { memory: this.memory },
    _malloc: (bytes: number) => this.allocate(bytes),
    _free: () => {}, // all at once, by clear
  };
  readonly dataIdMap = { get: (id: object) => id as { memoryOffset: number } };

  /** Forgets all tensors; the memory stays, for the next. */
  clear(): void {
    this.top = START;
  }

  makeOutput(shape: readonly number[], dtype: 'float32' | 'int32'): TensorInfo {
    const memoryOffset = this.allocate(4 * util.sizeFromShape([...shape]));
    return { dataId: { memoryOffset }, shape: [...shape], dtype };
  }

  /** A copy of the values as a tensor. */
  put(values: Values, shape: readonly number[]): TensorInfo {
    const tensor = this.makeOutput(shape, values instanceof Int32Array ? 'int32' : 'float32');
    this.view(tensor).set(values);
    return tensor;
  }

  /** The values of a tensor. Copy them immediately: the memory moves when it grows. */
  view({ dataId, shape, dtype }: TensorInfo): Values {
    const type = dtype === 'int32' ? Int32Array : Float32Array;
    return new type(this.memory.buffer, this.dataIdMap.get(dataId).memoryOffset, util.sizeFromShape(shape));
  }

  private allocate(bytes: number): number {
    const at = this.top;
    this.top += alignUp(bytes, 16); // for SIMD
    const missing = this.top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return at;
  }
}
