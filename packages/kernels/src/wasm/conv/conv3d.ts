import { backend_util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { runParts } from '../threads/parts.js';
import {
  adjointLayout,
  forwardLayout,
  winogradConvolution,
  winogradFilterGradient,
  winogradFits,
} from './winograd.js';
import { swapFilter } from './swap-filter.js';
import { pointer, requireFloat, withScratch, type WasmBackend } from '../memory/tensors.js';

type Shape5 = [number, number, number, number, number];
type Info = backend_util.Conv3DInfo;

interface Attributes {
  strides: [number, number, number] | number;
  pad: 'same' | 'valid';
  dilations?: [number, number, number] | number;
}

/** tf.conv3d; tfjs 4.22's is plain loops, and wrong with padding 'same' where a stride is larger than the filter. */
export const conv3D: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc({ inputs, attrs, backend }) {
    const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
    requireFloat('Conv3D', { x, filter });
    const info = conv3DInfo(x.shape, filter.shape, attrs as unknown as Attributes);
    const wasm = backend as WasmBackend;
    if (filled(info) && winogradFits(info))
      return winogradConvolution(wasm, pointer(wasm, x), pointer(wasm, filter), forwardLayout(info));
    const out = wasm.makeOutput(info.outShape, 'float32');
    convolve(wasm, pointer(wasm, x), pointer(wasm, filter), pointer(wasm, out), info);
    return out;
  },
};

/** tf.grad of conv3d by its filter; tfjs 4.22's wasm kernel is wrong with strides. */
export const conv3DBackpropFilter: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc({ inputs, attrs, backend }) {
    const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
    const { filterShape, ...rest } = attrs as unknown as Attributes & { filterShape: Shape5 };
    requireFloat('Conv3DBackpropFilterV2', { x, dy });
    const info = conv3DInfo(x.shape, filterShape, rest);
    const wasm = backend as WasmBackend;
    if (filled(info) && winogradFits(info))
      return winogradFilterGradient(wasm, x, dy, filterShape, forwardLayout(info));
    const out = wasm.makeOutput(filterShape, 'float32');
    const args = [pointer(wasm, x), pointer(wasm, dy), pointer(wasm, out), ...geometry(info)];
    runParts(wasm, 'conv3dFilterGradient', args, {
      parts: info.filterDepth * info.filterHeight,
      scratch: info.filterWidth * info.inChannels * info.outChannels * 4,
    });
    return out;
  },
};

/** tf.grad of conv3d by its input, and conv3dTranspose; tfjs 4.22's wasm kernel is wrong. */
export const conv3DBackpropInput: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc({ inputs, attrs, backend }) {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape, ...rest } = attrs as unknown as Attributes & { inputShape: Shape5 };
    requireFloat('Conv3DBackpropInputV2', { dy, filter });
    const info = conv3DInfo(inputShape, filter.shape, rest);
    const wasm = backend as WasmBackend;
    if (filled(info) && winogradFits(info)) {
      const [from, at] = [pointer(wasm, dy), pointer(wasm, filter)];
      return winogradConvolution(wasm, from, at, adjointLayout(info), { turned: true });
    }
    const out = wasm.makeOutput(inputShape, 'float32');
    const taps = info.filterDepth * info.filterHeight * info.filterWidth;
    withScratch(wasm, taps * info.inChannels * info.outChannels * 4, (turned) => {
      const [dyAt, outAt] = [pointer(wasm, dy), pointer(wasm, out)];
      const plain = Math.max(info.strideDepth, info.strideHeight, info.strideWidth) === 1;
      swapFilter(wasm, filter, turned, plain);
      if (plain) return convolve(wasm, dyAt, turned, outAt, adjoint(info));
      runParts(wasm, 'conv3dInputGradient', [dyAt, turned, outAt, ...geometry(info)], {
        parts: info.batchSize * info.inDepth * info.inHeight,
      });
    });
    return out;
  },
};

/** Whether there is anything to compute. */
function filled({ inShape, outShape }: Info): boolean {
  return ![...inShape, ...outShape].includes(0);
}

function convolve(wasm: WasmBackend, x: number, filter: number, out: number, info: Info): void {
  const parts = info.batchSize * info.outDepth * info.outHeight;
  const taps = info.filterDepth * info.filterHeight * info.filterWidth;
  const scratch = kernelsOf(wasm).conv3dScratch(taps, info.inChannels, info.outChannels);
  runParts(wasm, 'conv3d', [x, filter, out, ...geometry(info)], { parts, scratch });
}

/** The convolution of dy with the flipped filter that is the gradient of a convolution without strides. */
function adjoint(info: Info): Info {
  const { padInfo, effectiveFilterDepth, effectiveFilterHeight, effectiveFilterWidth } = info;
  return {
    ...info,
    ...{ inDepth: info.outDepth, inHeight: info.outHeight, inWidth: info.outWidth },
    ...{ outDepth: info.inDepth, outHeight: info.inHeight, outWidth: info.inWidth },
    ...{ inChannels: info.outChannels, outChannels: info.inChannels },
    padInfo: {
      ...padInfo,
      front: effectiveFilterDepth - 1 - padInfo.front,
      top: effectiveFilterHeight - 1 - padInfo.top,
      left: effectiveFilterWidth - 1 - padInfo.left,
    },
  };
}

function conv3DInfo(inputShape: number[], filterShape: number[], attrs: Attributes): Info {
  const { strides, dilations, pad } = attrs;
  const info = backend_util.computeConv3DInfo(
    inputShape as Shape5,
    filterShape as Shape5,
    strides,
    dilations ?? 1,
    pad,
  );
  return { ...info, padInfo: withoutNegatives(info.padInfo) };
}

/** tfjs 4.22's 3-D padding 'same' is negative where the stride is larger than the filter, and so skips the first values; TensorFlow's is 0. */
export function withoutNegatives(pad: Info['padInfo']): Info['padInfo'] {
  return {
    ...pad,
    front: Math.max(0, pad.front),
    top: Math.max(0, pad.top),
    left: Math.max(0, pad.left),
  };
}

/** The numbers that the kernels take, in their order. */
function geometry(info: Info): number[] {
  return [
    ...[info.batchSize, info.inDepth, info.inHeight, info.inWidth, info.inChannels],
    ...[info.outDepth, info.outHeight, info.outWidth, info.outChannels],
    ...[info.filterDepth, info.filterHeight, info.filterWidth],
    ...[info.strideDepth, info.strideHeight, info.strideWidth],
    ...[info.dilationDepth, info.dilationHeight, info.dilationWidth],
    ...[info.padInfo.front, info.padInfo.top, info.padInfo.left],
  ];
}
