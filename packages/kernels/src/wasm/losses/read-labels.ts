import { READ_INDICES_KERNEL, READ_UNIT_LABELS_KERNEL } from '@segloss/losses';
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

/** Labels of sigmoid channels with 0 at ignored ones, which of them count, and what kinds there are. */
export const readUnitLabels: KernelConfig = {
  kernelName: READ_UNIT_LABELS_KERNEL,
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { labels } = inputs as { labels: TensorInfo };
    const { ignoreIndex } = attrs as unknown as { ignoreIndex: number };
    const wasm = backend as WasmBackend;
    const outputs = [
      wasm.makeOutput(labels.shape, 'float32'),
      wasm.makeOutput(labels.shape, 'float32'),
      wasm.makeOutput([4], 'int32'),
    ];
    const at = [labels, ...outputs].map((tensor) => pointer(wasm, tensor));
    const whole = Number(labels.dtype === 'int32');
    kernelsOf(wasm).readUnitLabels(...at, util.sizeFromShape(labels.shape), ignoreIndex, whole);
    return outputs;
  },
};
