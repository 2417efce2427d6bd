import {
  type backend_util,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { convInfo, type ConvAttributes } from './conv-info.js';
import { isPlainBias, unfused } from '../elements/fused.js';
import { sumOverRows } from './partial-sums.js';
import { runParts } from '../threads/parts.js';
import { withSidesOf } from './conv-info.js';
import { pointer, requireFloat, type WasmBackend } from '../memory/tensors.js';

type Shape4 = [number, number, number, number];
type Info = backend_util.Conv2DInfo;

/** tf.depthwiseConv2d, also fused, by tfjs's XNNPACK; a bias that it refuses is added afterwards. */
export function depthwiseConv2D(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { x, filter, bias } = args.inputs as Record<'x' | 'filter', TensorInfo> & { bias?: TensorInfo };
      const attrs = args.attrs as unknown as ConvAttributes;
      const info = convInfo('DepthwiseConv2dNative', x.shape, filter.shape, attrs, true);
      if (!isPlainBias(bias, info.outChannels))
        return unfused('DepthwiseConv2dNative', ['x', 'filter'], args);
      return original(withSidesOf(info, args));
    },
  };
}

/** tf.grad of depthwiseConv2d by its filter; tfjs's wasm backend has no such kernel. */
export const depthwiseBackpropFilter: KernelConfig = {
  kernelName: 'DepthwiseConv2dNativeBackpropFilter',
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const { filterShape, ...rest } = attrs as unknown as ConvAttributes & { filterShape: Shape4 };
    requireFloat('DepthwiseConv2dNativeBackpropFilter', { x, dy });
    const info = convInfo('DepthwiseConv2dNativeBackpropFilter', x.shape, filterShape, rest, true);
    const wasm = backend as WasmBackend;
    const out = wasm.makeOutput(filterShape, 'float32');
    sumOverRows(wasm, out, info.batchSize * info.outHeight, (partial, rowsPerPart, parts) => {
      const args = [pointer(wasm, x), pointer(wasm, dy), partial, ...geometry(info), rowsPerPart];
      runParts(wasm, 'depthwiseFilterGradient', args, {
        parts,
        scratch: info.inWidth * info.outChannels * 4,
      });
    });
    return out;
  },
};

/** tf.grad of depthwiseConv2d by its input; tfjs's wasm backend has no such kernel. */
export const depthwiseBackpropInput: KernelConfig = {
  kernelName: 'DepthwiseConv2dNativeBackpropInput',
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape, ...rest } = attrs as unknown as ConvAttributes & { inputShape: Shape4 };
    requireFloat('DepthwiseConv2dNativeBackpropInput', { dy, filter });
    const info = convInfo('DepthwiseConv2dNativeBackpropInput', inputShape, filter.shape, rest, true);
    const wasm = backend as WasmBackend;
    const out = wasm.makeOutput(inputShape, 'float32');
    const args = [pointer(wasm, dy), pointer(wasm, filter), pointer(wasm, out), ...geometry(info)];
    runParts(wasm, 'depthwiseInputGradient', args, {
      parts: info.batchSize * info.inHeight,
      scratch: info.inWidth * info.outChannels * 4,
    });
    return out;
  },
};

/** The numbers that both kernels take, in their order. */
function geometry(info: Info): number[] {
  return [
    ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outChannels / info.inChannels],
    ...[info.outHeight, info.outWidth, info.filterHeight, info.filterWidth],
    ...[info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth],
    ...[info.padInfo.top, info.padInfo.left],
  ];
}
