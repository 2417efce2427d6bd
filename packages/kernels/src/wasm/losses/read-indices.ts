import { READ_INDICES_KERNEL } from '@segloss/losses';
import { util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { pointer, type WasmBackend } from '../memory/tensors.js';

/** Class indices with -1 at ignored pixels, and the largest index. */
export const readIndices: KernelConfig = {
  kernelName: READ_INDICES_KERNEL,
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { labels } = inputs as { labels: TensorInfo };
    const { ignoreIndex } = attrs as unknown as { ignoreIndex: number };
    const wasm = backend as WasmBackend;
    const marked = wasm.makeOutput(labels.shape, 'int32');
    const largest = wasm.makeOutput([1], 'int32');
    const at = [labels, marked, largest].map((tensor) => pointer(wasm, tensor));
    kernelsOf(wasm).readIndices(...at, util.sizeFromShape(labels.shape), ignoreIndex);
    return [marked, largest];
  },
};
