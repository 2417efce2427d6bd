import { type backend_util, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { runParts } from '../threads/parts.js';
import { pointer, withScratch, type WasmBackend } from '../memory/tensors.js';

type Info = backend_util.Conv2DInfo;

/** Below so many channels the transforms cost more than the multiplications that they save. */
const FEWEST_CHANNELS = 8;

/** Whether a convolution of these sizes goes through Winograd's algorithm. */
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

/** Pixels of the output on a side of the tiles that need fewer multiplications for an image of this size. */
function tileEdge(height: number, width: number): 2 | 4 {
  const products = (edge: 2 | 4) => Math.ceil(height / edge) * Math.ceil(width / edge) * (edge + 2) ** 2;
  return products(4) < products(2) ? 4 : 2;
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
  const edge = tileEdge(output[0], output[1]);
  return withScratch(wasm, kernels.winogradFilterBytes(edge, inputs, outputs), (u) => {
    kernels.transformFilter(edge, filter, u, inputs, outputs);
    runParts(
      wasm,
      'winogradConvolution',
      [edge, x, u, bias, pointer(wasm, out), batch, ...input, ...output, pad.top, pad.left, floor],
      {
        parts: kernels.winogradBlocks(edge, batch, output[0], output[1], inputs, outputs),
        scratch: kernels.winogradScratch(edge, inputs, outputs),
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
  const edge = tileEdge(outHeight, outWidth);
  const bytes = kernels.winogradSumBytes(edge, inputs, outputs);
  const blocks = kernels.winogradBlocks(edge, batchSize, outHeight, outWidth, inputs, outputs);
  // A part has four blocks at least, so that adding the parts up costs little beside them.
  const parts = Math.max(1, Math.min(MOST_PARTS, Math.floor(MOST_BYTES / bytes), blocks >> 2));
  const scratch = kernels.winogradScratch(edge, inputs, outputs);
  return withScratch(wasm, parts * bytes + scratch, (sums) => {
    const sizes = [batchSize, inHeight, inWidth, inputs, outHeight, outWidth, outputs] as const;
    const pointers = [pointer(wasm, x), pointer(wasm, dy), sums] as const;
    const args = [edge, ...pointers, parts, ...sizes, padInfo.top, padInfo.left];
    runParts(wasm, 'winogradFilterGradient', args, { parts, scratch });
    kernels.winogradFilterSum(edge, sums, parts, pointer(wasm, out), inputs, outputs, sums + parts * bytes);
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
