import { type backend_util, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { runParts } from '../threads/parts.js';
import { alignUp, pointer, withScratch, type WasmBackend } from '../memory/tensors.js';

type Info = backend_util.Conv2DInfo | backend_util.Conv3DInfo;

/** With fewer channels than this, the transforms cost more than the multiplications they save. */
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
    (!('inDepth' in info) || (info.strideDepth === 1 && info.dilationDepth === 1)) &&
    Math.min(inChannels, outChannels) >= FEWEST_CHANNELS &&
    inChannels % 4 === 0 &&
    outChannels % 4 === 0
  );
}

/** Height, width and channels. */
type Plane = readonly [number, number, number];

/** Sizes of a convolution without stride. */
export interface Layout {
  batch: number;
  input: Plane;
  output: Plane;
  pad: { top: number; left: number };
  /** In 3-D: slices of input and output, taps of the filter, and slices of padding before the first. */
  depth?: { input: number; output: number; taps: number; front: number };
}

/** What is added to a convolution, and whether its filter is to be turned to that of the gradient by the input. */
interface Added {
  bias?: number;
  floor?: number;
  turned?: boolean;
}

const FLAT = { input: 1, output: 1, taps: 1, front: 0 };

/** Pixels of the output on a side of the tiles that need fewer multiplications for an image of this size. */
function tileEdge(height: number, width: number): 2 | 4 {
  const products = (edge: 2 | 4) => Math.ceil(height / edge) * Math.ceil(width / edge) * (edge + 2) ** 2;
  return products(4) < products(2) ? 4 : 2;
}

/** Blocks of tiles up to which the work is split by groups of outputs, and the filter transformed for each: it is not written as a whole. */
const MOST_BLOCKS = 8;

/** Parts that threads can share well. */
const ENOUGH_PARTS = 8;
/** Slices of a volume that a block of tiles goes through at most: those of the filter's reach are transformed once more for each chunk. */
const MOST_SLICES = 8;

/** Divides the blocks of tiles along the depth: the number of parts, and the slices of each. */
function chunksOf(depth: number, blocks: number): { chunks: number; slices: number } {
  const wanted = Math.min(Math.ceil(depth / 2), Math.ceil(ENOUGH_PARTS / blocks));
  const slices = Math.ceil(depth / Math.max(Math.ceil(depth / MOST_SLICES), wanted));
  return { slices, chunks: Math.ceil(depth / slices) };
}

/** The sizes of a layout, in the order in which the kernels take them. */
function sizesOf({ batch, input, output, pad, depth = FLAT }: Layout, slices: number): number[] {
  return [
    ...[batch, depth.input, ...input],
    ...[depth.taps, slices, depth.output, ...output],
    ...[depth.front, pad.top, pad.left],
  ];
}

/**
 * max(x * filter + bias, floor), all pointers; the filter is [taps, 3, 3, inputs, outputs], or where `turned` that of the convolution
 * whose gradient by its input this one is, [taps, 3, 3, outputs, inputs].
 */
export function winogradConvolution(
  wasm: WasmBackend,
  x: number,
  filter: number,
  layout: Layout,
  { bias = 0, floor = -Infinity, turned = false }: Added = {},
): TensorInfo {
  const { batch, input, output, depth } = layout;
  const [inputs, outputs] = [input[2], output[2]];
  const taps = depth?.taps ?? 1;
  const out = wasm.makeOutput(
    depth === undefined ? [batch, ...output] : [batch, depth.output, ...output],
    'float32',
  );
  const kernels = kernelsOf(wasm);
  const edge = tileEdge(output[0], output[1]);
  const blocks = kernels.winogradBlocks(edge, batch, output[0], output[1], inputs, outputs, taps);
  const added: Required<Added> = { bias, floor, turned };
  if (depth === undefined && blocks <= Math.min(MOST_BLOCKS, kernels.winogradOutputParts(outputs))) {
    ofFewTiles(wasm, x, filter, pointer(wasm, out), edge, layout, added);
    return out;
  }
  return withScratch(wasm, kernels.winogradFilterBytes(edge, taps, inputs, outputs), (u) => {
    runParts(wasm, 'transformFilters', [edge, filter, u, taps, inputs, outputs, Number(turned)], {
      parts: (taps * inputs) / 4,
      scratch: kernels.filterScratch(),
    });
    const { chunks, slices } = chunksOf(depth?.output ?? 1, blocks);
    const args = [edge, x, u, bias, pointer(wasm, out), ...sizesOf(layout, slices), floor];
    runParts(wasm, 'winogradConvolution', args, {
      parts: blocks * chunks,
      scratch: kernels.winogradScratch(edge, taps, inputs, outputs),
    });
    return out;
  });
}

/** As {@link winogradConvolution} in 2-D, split by the channels of the output. */
function ofFewTiles(
  wasm: WasmBackend,
  x: number,
  filter: number,
  out: number,
  edge: 2 | 4,
  { batch, input, output, pad }: Layout,
  { bias, floor, turned }: Required<Added>,
): void {
  const kernels = kernelsOf(wasm);
  const tiling: Tiling = {
    edge,
    batch,
    rows: Math.ceil(output[0] / edge),
    columns: Math.ceil(output[1] / edge),
  };
  const tiles = batch * tiling.rows * tiling.columns;
  withScratch(wasm, kernels.winogradPlanesBytes(edge, tiles, input[2]), (v) => {
    transformTiles(wasm, tiling, x, v, { depth: 1, image: input, pad, group: input[2] });
    const args = [edge, v, filter, bias, out, batch, input[2], ...output, Number(turned), floor];
    runParts(wasm, 'winogradOutputs', args, {
      parts: kernels.winogradOutputParts(output[2]),
      scratch: kernels.winogradOutputScratch(edge, tiles, input[2]),
    });
  });
}

interface Tiling {
  edge: 2 | 4;
  batch: number;
  rows: number;
  columns: number;
}

/** Channels that lie side by side in the planes from which the gradient of a filter is made. */
const GROUP = 16;

interface Tiled {
  depth: number;
  image: Plane;
  /** Of the input. */
  pad?: { top: number; left: number };
  /** Channels that lie side by side. */
  group?: number;
}

/** All tiles of the input, or of the gradient of the output (which has no padding), into planes at `to`. */
function transformTiles(
  wasm: WasmBackend,
  { edge, batch, rows, columns }: Tiling,
  from: number,
  to: number,
  { depth, image, pad, group = GROUP }: Tiled,
): void {
  const ofInput = pad !== undefined;
  const { top, left } = pad ?? { top: 0, left: 0 };
  runParts(
    wasm,
    'winogradTiles',
    [edge, from, to, Number(ofInput), group, batch, depth, ...image, rows, columns, top, left],
    { parts: depth * batch * rows, scratch: kernelsOf(wasm).winogradTileScratch(edge, image[2]) },
  );
}

/** Partial sums of a filter's gradient at most, and their bytes. */
const MOST_PARTS = 8;
const MOST_BYTES = 64 * 2 ** 20;
/** Largest transform of all tiles, in bytes, that is made before the products: it still fits a cache. Also used where the sums would be as large. */
const FEW_TILES_BYTES = 4 * 2 ** 20;

/** The gradient of the filter, of the shape that is given. */
export function winogradFilterGradient(
  wasm: WasmBackend,
  x: TensorInfo,
  dy: TensorInfo,
  shape: number[],
  layout: Layout,
): TensorInfo {
  const { batch, input, output, pad, depth = FLAT } = layout;
  const [inputs, outputs] = [input[2], output[2]];
  const out = wasm.makeOutput(shape, 'float32');
  const kernels = kernelsOf(wasm);
  const [edge, taps] = [tileEdge(output[0], output[1]), depth.taps];
  const [rows, columns] = [Math.ceil(output[0] / edge), Math.ceil(output[1] / edge)];
  const tiles = batch * rows * columns;
  const vBytes = kernels.winogradPlanesBytes(edge, depth.input * tiles, alignUp(inputs, GROUP));
  const yBytes = kernels.winogradPlanesBytes(edge, depth.output * tiles, alignUp(outputs, GROUP));
  const pointers = [pointer(wasm, x), pointer(wasm, dy), pointer(wasm, out)] as const;
  const bytes = kernels.winogradSumBytes(edge, taps, inputs, outputs);
  if (vBytes + yBytes <= Math.max(FEW_TILES_BYTES, 2 * bytes)) {
    return withScratch(wasm, vBytes + yBytes, (v) => {
      const tiling: Tiling = { edge, batch, rows, columns };
      transformTiles(wasm, tiling, pointers[0], v, { depth: depth.input, image: input, pad });
      transformTiles(wasm, tiling, pointers[1], v + vBytes, { depth: depth.output, image: output });
      const sizes = [tiles, depth.input, depth.output, depth.front, taps, inputs, outputs];
      runParts(wasm, 'winogradFilterGradientByInputs', [edge, v, v + vBytes, pointers[2], ...sizes], {
        parts: kernels.winogradInputParts(taps, inputs),
        scratch: kernels.winogradInputScratch(edge),
      });
      return out;
    });
  }
  const blocks = kernels.winogradBlocks(edge, batch, output[0], output[1], inputs, outputs, taps);
  const { chunks, slices } = chunksOf(depth.output, blocks);
  // A part has four blocks at least, so that adding up the parts costs little in comparison.
  const parts = Math.max(1, Math.min(MOST_PARTS, Math.floor(MOST_BYTES / bytes), (blocks * chunks) >> 2));
  return withScratch(wasm, parts * bytes, (sums) => {
    const args = [edge, pointers[0], pointers[1], sums, parts, ...sizesOf(layout, slices)];
    const scratch = kernels.winogradScratch(edge, taps, inputs, outputs);
    runParts(wasm, 'winogradFilterGradient', args, { parts, scratch });
    runParts(wasm, 'winogradFilterSum', [edge, sums, parts, pointers[2], taps, inputs, outputs], {
      parts: taps * inputs,
      scratch: kernels.filterScratch(),
    });
    return out;
  });
}

/** Arguments of {@link winogradConvolution} for a forward convolution. */
export function forwardLayout(info: Info): Layout {
  return {
    batch: info.batchSize,
    input: [info.inHeight, info.inWidth, info.inChannels],
    output: [info.outHeight, info.outWidth, info.outChannels],
    pad: info.padInfo,
    ...('inDepth' in info && {
      depth: {
        input: info.inDepth,
        output: info.outDepth,
        taps: info.filterDepth,
        front: info.padInfo.front,
      },
    }),
  };
}

/** Arguments of {@link winogradConvolution} for the input gradient of a convolution. */
export function adjointLayout(info: Info): Layout {
  const { batch, input, output, pad, depth } = forwardLayout(info);
  return {
    batch,
    input: output,
    output: input,
    pad: { top: 2 - pad.top, left: 2 - pad.left },
    ...(depth && {
      depth: {
        input: depth.output,
        output: depth.input,
        taps: depth.taps,
        front: depth.taps - 1 - depth.front,
      },
    }),
  };
}
