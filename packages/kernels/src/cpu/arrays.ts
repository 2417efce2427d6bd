import { util, type DataType, type KernelBackend, type TensorInfo } from '@tensorflow/tfjs-core';

import { memoryOf, pointer, type WasmBackend } from '../wasm/memory/tensors.js';

export type Values = Float32Array | Int32Array;

/** Tensors of a backend as typed arrays, without a copy. */
export interface TensorArrays {
  read(tensor: TensorInfo): Values;
  /** A new tensor, to be read and written into. */
  make(shape: readonly number[], dtype: 'float32' | 'int32'): TensorInfo;
}

interface CpuBackend extends KernelBackend {
  makeTensorInfo(shape: number[], dtype: DataType, values: Values): TensorInfo;
}

/** Of tfjs's cpu backend, which keeps typed arrays. */
export function cpuArrays(backend: object): TensorArrays {
  const cpu = backend as CpuBackend;
  return {
    read: ({ dataId, dtype }) => {
      const values = cpu.readSync(dataId) as Values;
      // tf.cast to float32 leaves whole numbers in the array that they were in.
      return dtype === 'float32' && !(values instanceof Float32Array) ? Float32Array.from(values) : values;
    },
    make: (shape, dtype) => {
      const values = new (typeOf(dtype))(util.sizeFromShape([...shape]));
      return cpu.makeTensorInfo([...shape], dtype, values);
    },
  };
}

/** Of tfjs's wasm backend: views of its memory. Use them immediately: the memory moves when it grows. */
export function wasmArrays(backend: object): TensorArrays {
  const wasm = backend as WasmBackend;
  return {
    read: (tensor) => {
      const { buffer } = memoryOf(wasm);
      return new (typeOf(tensor.dtype))(buffer, pointer(wasm, tensor), util.sizeFromShape(tensor.shape));
    },
    make: (shape, dtype) => wasm.makeOutput(shape, dtype),
  };
}

function typeOf(dtype: DataType): Float32ArrayConstructor | Int32ArrayConstructor {
  return dtype === 'int32' ? Int32Array : Float32Array;
}
