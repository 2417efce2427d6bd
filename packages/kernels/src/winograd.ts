import { type backend_util, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from './module.js';
import { pointer, withScratch, type WasmBackend } from './tensors.js';

type Info = backend_util.Conv2DInfo;

/** Below so many channels the transforms cost more than the multiplications that they save. */
const FEWEST_CHANNELS = 8;

/** Whether a convolution of these sizes goes through F(2x2, 3x3). */
export function winogradFits(info: Info): boolean {
  const { inChannels, outChannels } = info;
  return (
    info.filterHeight === 3 &&
    info.filterWidth === 3 &&
    info.strideHeight === 1 &&
    info.strideWidth === 1 &&
    info.dilationHeight === 1 &&
    info.dilationWidth === 1 &&
    Math.min(inChannels, outChannels) >= FEWEST_CHANNELS &&
    inChannels % 4 === 0 &&
    outChannels % 4 === 0
  );
}

/** Sizes of a convolution without stride. */
export interface Layout {
  batch: number;
  /** Height, width and channels. */
  input: readonly [number, number, number];
  output: readonly [number, number, number];
  pad: { top: number; left: number };
}

/** max(x * filter + bias, floor), all pointers; the filter is [3, 3, inputs, outputs]. */
export function winogradConvolution(
  wasm: WasmBackend,
  x: number,
  filter: number,
  { batch, input, output, pad }: Layout,
  { bias = 0, floor = -Infinity } = {},
): TensorInfo {
  const [inputs, outputs] = [input[2], output[2]];
  const out = wasm.makeOutput([batch, ...output], 'float32');
  const kernels = kernelsOf(wasm);
  const transformed = 16 * inputs * (Math.ceil(outputs / 8) * 8) * 4;
  return withScratch(wasm, transformed + kernels.winogradScratch(inputs, outputs), (scratch) => {
    kernels.transformFilter(filter, scratch, inputs, outputs);
    kernels.winogradConvolution(
      ...([x, scratch, bias, pointer(wasm, out), scratch + transformed] as const),
      ...([batch, ...input, ...output, pad.top, pad.left, floor] as const),
    );
    return out;
  });
}

/** The gradient of the filter. */
export function winogradFilterGradient(
  wasm: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  info: Info,
): TensorInfo {
  const { inChannels: inputs, outChannels: outputs, padInfo } = info;
  const out = wasm.makeOutput([3, 3, inputs, outputs], 'float32');
  const kernels = kernelsOf(wasm);
  return withScratch(wasm, kernels.winogradGradientScratch(inputs, outputs), (scratch) => {
    kernels.winogradFilterGradient(
      ...([pointer(wasm, x), pointer(wasm, dy), pointer(wasm, out), scratch] as const),
      ...([info.batchSize, info.inHeight, info.inWidth, inputs] as const),
      ...([info.outHeight, info.outWidth, outputs, padInfo.top, padInfo.left] as const),
    );
    return out;
  });
}

/** What {@link winogradConvolution} wants of a forward convolution. */
export function forwardLayout(info: Info): Layout {
  return {
    batch: info.batchSize,
    input: [info.inHeight, info.inWidth, info.inChannels],
    output: [info.outHeight, info.outWidth, info.outChannels],
    pad: info.padInfo,
  };
}
