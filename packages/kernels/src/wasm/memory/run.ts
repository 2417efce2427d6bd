import { getKernel, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';

import { type WasmBackend } from './tensors.js';

/** Runs kernels of the wasm backend one after another, for a kernel that is composed of them, and disposes of what they make on the way. */
export class Steps {
  private readonly made: TensorInfo[] = [];

  constructor(private readonly wasm: WasmBackend) {}

  run(name: string, inputs: Record<string, TensorInfo>, attrs: object = {}): TensorInfo {
    const { kernelFunc } = getKernel(name, 'wasm');
    const out = kernelFunc({ inputs, attrs: attrs as NamedAttrMap, backend: this.wasm }) as TensorInfo;
    this.made.push(out);
    return out;
  }

  /** The result: everything else that was made is disposed of. */
  end(result: TensorInfo): TensorInfo {
    for (const { dataId } of this.made) if (dataId !== result.dataId) this.wasm.disposeData(dataId);
    return result;
  }
}
