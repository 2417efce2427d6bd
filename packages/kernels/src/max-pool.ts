import {
  backend_util,
  type KernelConfig,
  type MaxPoolGradAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { kernelsOf } from './module.js';
import { everySide } from './padding.js';
import { runParts } from './parts.js';
import { pointer, requireFloat, type WasmBackend } from './tensors.js';

/** tf.grad of maxPool; tfjs 4.22's wasm kernel is wrong where the largest value of a window is not positive. */
export const maxPoolGrad: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc({ inputs, attrs, backend }) {
    const { dy, input: x } = inputs as { dy: TensorInfo; input: TensorInfo };
    const { filterSize, strides, pad, dimRoundingMode } = attrs as unknown as MaxPoolGradAttrs;
    requireFloat('MaxPoolGrad', { dy, input: x });
    const shape = x.shape as [number, number, number, number];
    const sides = everySide(pad) as typeof pad;
    const info = backend_util.computePool2DInfo(shape, filterSize, strides, 1, sides, dimRoundingMode);
    const wasm = backend as WasmBackend;
    const out = wasm.makeOutput(x.shape, 'float32');
    const { batchSize, outHeight, filterHeight, strideHeight, dilationHeight } = info;
    const parts = kernelsOf(wasm).maxPoolGradientParts(
      batchSize,
      outHeight,
      filterHeight,
      strideHeight,
      dilationHeight,
    );
    const args = [
      ...[dy, x, out].map((tensor) => pointer(wasm, tensor)),
      ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outHeight, info.outWidth],
      ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
      ...[info.dilationHeight, info.dilationWidth, info.padInfo.top, info.padInfo.left],
    ];
    runParts(wasm, 'maxPoolGradient', args, { parts });
    return out;
  },
};
