import {
  backend_util,
  engine,
  type KernelConfig,
  type KernelFunc,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { useGradient } from './gradients.js';
import { sumOverRows } from './partial-sums.js';
import { runParts } from './parts.js';
import { everySide, withSidesOf } from './padding.js';
import { pointer, requireFloat, type WasmBackend } from './tensors.js';

type Shape4 = [number, number, number, number];
type Info = backend_util.Conv2DInfo;

interface Attributes {
  strides: [number, number] | number;
  pad: Parameters<typeof backend_util.computeConv2DInfo>[4];
  dilations?: [number, number] | number | null;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** tf.depthwiseConv2d, also fused, by tfjs's XNNPACK, with a gradient for every dilation: tfjs-core's refuses what its kernels could do. */
export function depthwiseConv2D(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      useGradient('DepthwiseConv2dNative', () => (dy, [x, filter], attrs) => ({
        x: () => engine().runKernel('DepthwiseConv2dNativeBackpropInput', { dy: dy as Tensor, filter: filter! }, { ...attrs, inputShape: x!.shape }), // prettier-ignore
        filter: () => engine().runKernel('DepthwiseConv2dNativeBackpropFilter', { x: x!, dy: dy as Tensor }, { ...attrs, filterShape: filter!.shape }), // prettier-ignore
      }));
      const { x, filter } = args.inputs as { x: TensorInfo; filter: TensorInfo };
      const info = depthwiseInfo(x.shape, filter.shape, args.attrs as unknown as Attributes);
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
    const { filterShape, ...rest } = attrs as unknown as Attributes & { filterShape: Shape4 };
    requireFloat('DepthwiseConv2dNativeBackpropFilter', { x, dy });
    const info = depthwiseInfo(x.shape, filterShape, rest);
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
    const { inputShape, ...rest } = attrs as unknown as Attributes & { inputShape: Shape4 };
    requireFloat('DepthwiseConv2dNativeBackpropInput', { dy, filter });
    const info = depthwiseInfo(inputShape, filter.shape, rest);
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

function depthwiseInfo(inputShape: number[], filterShape: number[], attrs: Attributes): Info {
  return backend_util.computeConv2DInfo(
    inputShape as Shape4,
    filterShape as Shape4,
    attrs.strides,
    attrs.dilations ?? 1,
    everySide(attrs.pad),
    attrs.dimRoundingMode,
    true,
  );
}

/** The numbers that both kernels take, in their order. */
function geometry(info: Info): number[] {
  return [
    ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outChannels / info.inChannels],
    ...[info.outHeight, info.outWidth, info.filterHeight, info.filterWidth],
    ...[info.strideHeight, info.strideWidth, info.dilationHeight, info.dilationWidth],
    ...[info.padInfo.top, info.padInfo.left],
  ];
}
