import { type backend_util, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { runParts } from '../threads/parts.js';
import { pointer, withScratch, type WasmBackend } from '../memory/tensors.js';
import { type Layout } from './winograd.js';

type Info = backend_util.Conv2DInfo;

/** Whether a convolution goes through {@link rowConvolution}: all do that have no dilation. */
export function rowsFit({ dilationHeight, dilationWidth }: Info): boolean {
  return dilationHeight === 1 && dilationWidth === 1;
}

/** Filter, strides and what is added to the output. */
interface Filter {
  /** Of a filter [height, width, inputs, outputs]. */
  at: number;
  height: number;
  width: number;
  strides?: readonly [number, number];
  bias?: number;
  floor?: number;
}

/** max(x * filter + bias, floor). */
export function rowConvolution(
  wasm: WasmBackend,
  x: TensorInfo,
  { at, height, width, strides = [1, 1], bias = 0, floor = -Infinity }: Filter,
  { batch, input, output, pad }: Layout,
): TensorInfo {
  const [outHeight, outWidth, outputs] = output;
  const out = wasm.makeOutput([batch, ...output], 'float32');
  const kernels = kernelsOf(wasm);
  const depth = height * width * input[2];
  return withScratch(wasm, kernels.packedBytes(depth, outputs), (packed) => {
    kernels.packFilter(at, bias, packed, depth, outputs);
    runParts(
      wasm,
      'convolveRows',
      [
        ...[pointer(wasm, x), packed, pointer(wasm, out), outWidth * outputs * 4],
        ...[...input, ...output, height, width, ...strides, pad.top, pad.left, floor],
      ],
      {
        parts: batch * outHeight,
        scratch: kernels.rowScratch(outWidth, input[2], height, width, strides[1]),
      },
    );
    return out;
  });
}

/** Whether every pixel of dx belongs to one pixel of dy: filters as large as their stride, without padding. */
export function tilesInput(info: Info): boolean {
  return (
    info.dilationHeight === 1 &&
    info.dilationWidth === 1 &&
    info.filterHeight === info.strideHeight &&
    info.filterWidth === info.strideWidth &&
    info.padInfo.top === 0 &&
    info.padInfo.left === 0 &&
    info.inHeight === info.outHeight * info.strideHeight &&
    info.inWidth === info.outWidth * info.strideWidth
  );
}

/** The gradient of the input where {@link tilesInput}: for each row of the filter a product with rows of dy. */
export function tiledInputGradient(
  wasm: WasmBackend,
  dy: TensorInfo,
  filter: TensorInfo,
  info: Info,
): TensorInfo {
  const { batchSize, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } =
    info;
  const out = wasm.makeOutput(info.inShape, 'float32');
  const kernels = kernelsOf(wasm);
  const columns = filterWidth * inChannels;
  const row = inWidth * inChannels * 4;
  return withScratch(wasm, kernels.packedBytes(outChannels, columns), (packed) => {
    for (let ky = 0; ky < filterHeight; ky++) {
      const tap = pointer(wasm, filter) + ky * columns * outChannels * 4;
      kernels.packTransposed(tap, packed, outChannels, columns);
      runParts(
        wasm,
        'convolveRows',
        [
          ...[pointer(wasm, dy), packed, pointer(wasm, out) + ky * row, filterHeight * row],
          ...[outHeight, outWidth, outChannels, outHeight, outWidth, columns, 1, 1, 1, 1, 0, 0, -Infinity],
        ],
        { parts: batchSize * outHeight, scratch: kernels.rowScratch(outWidth, outChannels, 1, 1, 1) },
      );
    }
    return out;
  });
}
