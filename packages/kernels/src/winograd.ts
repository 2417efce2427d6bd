import { type backend_util, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from './module.js';
import { runParts } from './parts.js';
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
  return withScratch(wasm, transformed, (u) => {
    kernels.transformFilter(filter, u, inputs, outputs);
    runParts(
      wasm,
      'winogradConvolution',
      [x, u, bias, pointer(wasm, out), batch, ...input, ...output, pad.top, pad.left, floor],
      {
        parts: kernels.winogradBlocks(batch, output[0], output[1], inputs, outputs),
        scratch: kernels.winogradScratch(inputs, outputs),
      },
    );
    return out;
  });
}

/** Partial sums of a filter's gradient at most, and their bytes. */
const MOST_PARTS = 8;
const MOST_BYTES = 64 * 2 ** 20;

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
  const { batchSize, inHeight, inWidth, outHeight, outWidth } = info;
  const bytes = kernels.winogradSumBytes(inputs, outputs);
  const blocks = kernels.winogradBlocks(batchSize, outHeight, outWidth, inputs, outputs);
  // A part has four blocks at least, so that adding the parts up costs little beside them.
  const parts = Math.max(1, Math.min(MOST_PARTS, Math.floor(MOST_BYTES / bytes), blocks >> 2));
  return withScratch(wasm, parts * bytes, (sums) => {
    const sizes = [batchSize, inHeight, inWidth, inputs, outHeight, outWidth, outputs] as const;
    runParts(
      wasm,
      'winogradFilterGradient',
      [pointer(wasm, x), pointer(wasm, dy), sums, parts, ...sizes, padInfo.top, padInfo.left],
      { parts, scratch: kernels.winogradScratch(inputs, outputs) },
    );
    kernels.winogradFilterSum(sums, parts, pointer(wasm, out), inputs, outputs);
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
