import {
  getKernel,
  type backend_util,
  util,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { takingChannelsFirst } from './channels-first.js';
import { convInfo, type ConvAttributes } from './conv-info.js';
import { isPlainBias, unfused } from '../elements/fused.js';
import { kernelsOf } from '../memory/module.js';
import { withSidesOf } from './conv-info.js';
import { pointer, requireFloat, withScratch, type WasmBackend } from '../memory/tensors.js';
import { runParts } from '../threads/parts.js';
import { swapFilter } from './swap-filter.js';
import { rowConvolution, rowsFit, tiledInputGradient, tilesInput } from './row-convolution.js';
import {
  adjointLayout,
  forwardLayout,
  winogradConvolution,
  winogradFilterGradient,
  winogradFits,
} from './winograd.js';

/** Bytes that the partial sums of a filter's gradient may take. */
const MOST_PARTIAL_BYTES = 64 * 2 ** 20;

type Info = backend_util.Conv2DInfo;

/** tf.conv2d: 3 x 3 without stride by Winograd's algorithm, others by rows; dilations stay with tfjs's XNNPACK. */
export function conv2D(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  const channelsLast: KernelFunc = (args) => {
    const { x, filter } = args.inputs as { x: TensorInfo; filter: TensorInfo };
    const attrs = args.attrs as unknown as ConvAttributes;
    const info = convInfo('Conv2D', x.shape, filter.shape, attrs);
    if (!bothFloat(x, filter) || !ourConvolution(info)) return original(withSidesOf(info, args));
    return convolution(args.backend as WasmBackend, x, filter, info);
  };
  return { kernelFunc: takingChannelsFirst(channelsLast, { inputs: ['x'], result: true }) };
}

/** As {@link conv2D}, with a bias and an activation; only a ReLU is in our kernel. What tfjs's kernel refuses is composed. */
export function fusedConv2D(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { x, filter, bias, preluActivationWeights } = args.inputs as Record<
        string,
        TensorInfo | undefined
      >;
      const { activation, ...attrs } = args.attrs as unknown as ConvAttributes & { activation: string };
      if (attrs.dataFormat === 'NCHW' || !isPlainBias(bias, filter!.shape[3]!))
        return unfused('Conv2D', ['x', 'filter'], args);
      const info = convInfo('FusedConv2D', x!.shape, filter!.shape, attrs);
      const plain =
        (activation === 'relu' || activation === 'linear') &&
        preluActivationWeights === undefined &&
        (bias === undefined || bias.dtype === 'float32');
      if (!plain || !bothFloat(x!, filter!) || !ourConvolution(info))
        return original(withSidesOf(info, args));
      const wasm = args.backend as WasmBackend;
      return convolution(wasm, x!, filter!, info, {
        bias: bias ? pointer(wasm, bias) : 0,
        floor: activation === 'relu' ? 0 : -Infinity,
      });
    },
  };
}

function ourConvolution(info: Info): boolean {
  return info.outShape.every((size) => size > 0) && (winogradFits(info) || rowsFit(info));
}

function convolution(
  wasm: WasmBackend,
  x: TensorInfo,
  filter: TensorInfo,
  info: Info,
  added: { bias?: number; floor?: number } = {},
): TensorInfo {
  const at = pointer(wasm, filter);
  if (winogradFits(info)) return winogradConvolution(wasm, pointer(wasm, x), at, forwardLayout(info), added);
  const { filterHeight: height, filterWidth: width, strideHeight, strideWidth } = info;
  const taps = { at, height, width, strides: [strideHeight, strideWidth] as const, ...added };
  return rowConvolution(wasm, x, taps, forwardLayout(info));
}

function bothFloat(x: TensorInfo, filter: TensorInfo): boolean {
  return x.dtype === 'float32' && filter.dtype === 'float32';
}

/** tf.grad of conv2d by its filter; tfjs's wasm backend has no such kernel. */
export const conv2DBackpropFilter: KernelConfig = {
  kernelName: 'Conv2DBackpropFilter',
  backendName: 'wasm',
  kernelFunc: takingChannelsFirst(filterGradient, { inputs: ['x', 'dy'], result: false }),
};

function filterGradient({ inputs, attrs, backend }: Parameters<KernelFunc>[0]): TensorInfo {
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
  const { filterShape, ...rest } = attrs as unknown as Conv2DBackpropFilterAttrs & ConvAttributes;
  requireFloat('Conv2DBackpropFilter', { x, dy });
  const info = convInfo('Conv2DBackpropFilter', x.shape, filterShape, rest);
  const wasm = backend as WasmBackend;
  if (winogradFits(info)) return winogradFilterGradient(wasm, x, dy, filterShape, forwardLayout(info));
  const out = wasm.makeOutput(filterShape, 'float32');
  const bytes = util.sizeFromShape(filterShape) * 4;
  const rows = info.batchSize * info.outHeight;
  const parts = Math.min(8, Math.floor(MOST_PARTIAL_BYTES / bytes), rows >> 4);
  if (parts < Math.min(info.filterHeight, 2)) {
    // Of few rows the filter's rows are the parts, by the kernel of volumes.
    const pointers = [pointer(wasm, x), pointer(wasm, dy), pointer(wasm, out)];
    runParts(wasm, 'conv3dFilterGradient', [...pointers, ...geometryOfVolume(info)], {
      parts: info.filterHeight,
      scratch: bytes / info.filterHeight,
    });
    return out;
  }
  withScratch(wasm, parts * bytes, (sums) => {
    const args = [pointer(wasm, x), pointer(wasm, dy), sums, parts, ...geometry(info)];
    runParts(wasm, 'conv2dFilterGradient', args, { parts });
    kernelsOf(wasm).addParts(sums, parts, bytes, pointer(wasm, out));
  });
  return out;
}

/**
 * tf.grad of conv2d by its input, and conv2dTranspose. With stride 1 it is a convolution with the flipped filter; a filter as
 * large as its stride is a product for each of its rows; other strides go tap by tap.
 */
export function conv2DBackpropInput(convolve: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  const channelsLast: KernelFunc = ({ inputs, attrs, backend }) => {
    const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
    const { inputShape, ...rest } = attrs as unknown as Conv2DBackpropInputAttrs & ConvAttributes;
    requireFloat('Conv2DBackpropInput', { dy, filter });
    const info = convInfo('Conv2DBackpropInput', inputShape, filter.shape, rest);
    const wasm = backend as WasmBackend;
    const gradient = cropped(wasm, dy, info);
    const dx = inputGradient(wasm, gradient, filter, info, convolve);
    if (gradient !== dy) wasm.disposeData(gradient.dataId);
    return dx;
  };
  return { kernelFunc: takingChannelsFirst(channelsLast, { inputs: ['dy'], result: true }) };
}

function inputGradient(
  wasm: WasmBackend,
  dy: TensorInfo,
  filter: TensorInfo,
  info: Info,
  convolve: KernelFunc,
): TensorInfo {
  if (info.strideHeight === 1 && info.strideWidth === 1)
    return byFlippedFilter(wasm, dy, filter, info, convolve);
  return tilesInput(info) ? tiledInputGradient(wasm, dy, filter, info) : byTaps(wasm, dy, filter, info);
}

/**
 * dy of the size that the convolution of the input has. conv2dTranspose takes any output shape; what is too large for it is left out, as
 * on tfjs's cpu backend.
 */
function cropped(wasm: WasmBackend, dy: TensorInfo, info: Info): TensorInfo {
  const [, height, width] = dy.shape as [number, number, number];
  const { outHeight, outWidth } = info;
  if (height === outHeight && width === outWidth) return dy;
  if (height < outHeight || width < outWidth) {
    throw new RangeError(
      `Conv2DBackpropInput: wanted a gradient of at least ${outHeight} x ${outWidth} for an input of ` +
        `${info.inHeight} x ${info.inWidth}, got ${height} x ${width}; give conv2dTranspose a smaller output shape`,
    );
  }
  const attrs = { begin: [0, 0, 0, 0], size: info.outShape };
  return getKernel('Slice', 'wasm').kernelFunc({ inputs: { x: dy }, attrs, backend: wasm }) as TensorInfo;
}

function byFlippedFilter(
  wasm: WasmBackend,
  dy: TensorInfo,
  filter: TensorInfo,
  info: Info,
  convolve: KernelFunc,
): TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels, padInfo } = info;
  const [reachY, reachX] = [info.effectiveFilterHeight - 1, info.effectiveFilterWidth - 1];
  if (winogradFits(info)) {
    const at = pointer(wasm, filter);
    return winogradConvolution(wasm, pointer(wasm, dy), at, adjointLayout(info), { turned: true });
  }
  const flipped = wasm.makeOutput([filterHeight, filterWidth, outChannels, inChannels], 'float32');
  swapFilter(wasm, filter, pointer(wasm, flipped), true);
  // dy is padded so that the output has the size of the input again.
  const before = [reachY - padInfo.top, reachX - padInfo.left] as const;
  const after = [
    info.inHeight - info.outHeight + reachY - before[0],
    info.inWidth - info.outWidth + reachX - before[1],
  ] as const;
  if (Math.min(...before, ...after) < 0) {
    wasm.disposeData(flipped.dataId);
    return byTaps(wasm, dy, filter, info); // more padding than the filter reaches: a convolution cannot crop
  }
  if (rowsFit(info)) {
    const taps = { at: pointer(wasm, flipped), height: filterHeight, width: filterWidth };
    const dx = rowConvolution(wasm, dy, taps, {
      batch: info.batchSize,
      input: [info.outHeight, info.outWidth, outChannels],
      output: [info.inHeight, info.inWidth, inChannels],
      pad: { top: before[0], left: before[1] },
    });
    wasm.disposeData(flipped.dataId);
    return dx;
  }
  const result = convolve({
    inputs: { x: dy, filter: flipped },
    attrs: {
      strides: [1, 1],
      pad: [[0, 0], [before[0], after[0]], [before[1], after[1]], [0, 0]], // prettier-ignore
      dataFormat: 'NHWC',
      dilations: [info.dilationHeight, info.dilationWidth],
    },
    backend: wasm,
  }) as TensorInfo;
  wasm.disposeData(flipped.dataId);
  return result;
}

/** Tap by tap along the rows of dx, by the kernel of volumes. */
function byTaps(wasm: WasmBackend, dy: TensorInfo, filter: TensorInfo, info: Info): TensorInfo {
  const out = wasm.makeOutput(info.inShape, 'float32');
  return withScratch(wasm, util.sizeFromShape(filter.shape) * 4, (swapped) => {
    swapFilter(wasm, filter, swapped);
    const pointers = [pointer(wasm, dy), swapped, pointer(wasm, out)];
    runParts(wasm, 'conv3dInputGradient', [...pointers, ...geometryOfVolume(info)], {
      parts: info.batchSize * info.inHeight,
    });
    return out;
  });
}

/** A plane as a volume of one slice. */
function geometryOfVolume(info: Info): number[] {
  return [
    ...[info.batchSize, 1, info.inHeight, info.inWidth, info.inChannels],
    ...[1, info.outHeight, info.outWidth, info.outChannels],
    ...[1, info.filterHeight, info.filterWidth, 1, info.strideHeight, info.strideWidth],
    ...[1, info.dilationHeight, info.dilationWidth, 0, info.padInfo.top, info.padInfo.left],
  ];
}

/** The numbers that the filter's gradient takes, in their order. */
function geometry(info: Info): number[] {
  return [
    ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels],
    ...[info.outHeight, info.outWidth, info.outChannels],
    ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
    ...[info.dilationHeight, info.dilationWidth, info.padInfo.top, info.padInfo.left],
  ];
}
