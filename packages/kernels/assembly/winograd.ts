// Convolutions with 3 x 3 taps in a plane, no stride, as matrix products over transformed tiles: 16 products for tiles of 2 x 2 pixels
// of the output (2.25 times fewer multiplications), or 36 for tiles of 4 x 4 (4 times fewer, with some five times the rounding
// error). A filter may have taps in depth too: its products are added up in the planes. In 2-D, depth is 1.
import { multiply, TILE_ROWS } from './matrix-tile';
import { filterScratch, transformOutputs } from './winograd-filter';
import { blockOf, padded8, planeBytes, planesOf, transformTiles, winogradBlocks, writeTiles } from './winograd-tiles';
import { TRANSFORM_SCRATCH, writeConstants } from './winograd4-transforms';

/** Bytes of scratch for {@link winogradConvolution} and `winogradFilterGradient`. */
export function winogradScratch(edge: i32, taps: i32, inputs: i32, outputs: i32): usize {
  const tiles = blockOf(edge, inputs, outputs, taps);
  const planes = <usize>taps * planeBytes(tiles, inputs) + planeBytes(tiles, padded8(outputs));
  return planesOf(edge) * (planes + (<usize>max(inputs, outputs) << 2)) + TRANSFORM_SCRATCH;
}

/**
 * out = max(x * w + bias, floor) by tiles of edge x edge, 2 or 4; u is the filter after `transformFilters`; channels multiples of 4.
 * A part is a block of tiles through `slices` slices of the output.
 */
// prettier-ignore
export function winogradConvolution(
  edge: i32, x: usize, u: usize, bias: usize, out: usize, batch: i32, depth: i32, height: i32, width: i32, inputs: i32,
  taps: i32, slices: i32, outDepth: i32, outHeight: i32, outWidth: i32, outputs: i32,
  padFront: i32, padTop: i32, padLeft: i32, floor: f32, scratch: usize, firstPart: i32, endPart: i32,
): void {
  const block = blockOf(edge, inputs, outputs, taps);
  const blocks = winogradBlocks(edge, batch, outHeight, outWidth, inputs, outputs, taps);
  const padded = padded8(outputs);
  const planes = planesOf(edge);
  const vPlane = planeBytes(block, inputs);
  const mPlane = planeBytes(block, padded);
  const uPlane = planeBytes(taps * inputs, padded);
  const v = scratch; // transformed slices of the input, slice z at place z % taps
  const vSlice = planes * vPlane;
  const m = v + <usize>taps * vSlice;
  const rest = m + planes * mPlane;
  const rows = (outHeight + edge - 1) / edge;
  const columns = (outWidth + edge - 1) / edge;
  const total = batch * rows * columns;
  const pixel = <usize>inputs << 2, outPixel = <usize>outputs << 2;
  const slice = <usize>(height * width) * pixel, outSlice = <usize>(outHeight * outWidth) * outPixel;
  writeConstants(rest);
  for (let part = firstPart; part < endPart; part++) {
    const chunk = part / blocks;
    const first = (part - chunk * blocks) * block;
    const count = min(block, total - first);
    const multiplied = ((count + TILE_ROWS - 1) / TILE_ROWS) * TILE_ROWS;
    let next = 0; // the slice of the input that is to be transformed next
    for (let z = chunk * slices; z < min(outDepth, (chunk + 1) * slices); z++) {
      const from = max(0, z - padFront), end = min(depth, z - padFront + taps);
      for (next = max(next, from); next < end; next++) {
        transformTiles(x + <usize>next * slice, v + <usize>(next % taps) * vSlice, vPlane, rest, first, count, rows, columns, <usize>depth * slice, height, width, pixel, pixel, pixel, padTop, padLeft, edge, true);
      }
      const filter = u + (<usize>((from - z + padFront) * inputs) << 5);
      for (let p: usize = 0; p < planes; p++) {
        multiply(v + p * vPlane, vSlice, from, max(0, end - from), taps, filter + p * uPlane, m + p * mPlane, multiplied, inputs, padded);
      }
      writeTiles(m, mPlane, bias, floor, out + <usize>z * outSlice, rest, first, count, rows, columns, <usize>outDepth * outSlice, outHeight, outWidth, outPixel, outPixel, <usize>padded << 2, edge);
    }
  }
}

/** Returns the bytes of the transformed tiles; their number is rounded up to what {@link multiply} reads. */
export function winogradPlanesBytes(edge: i32, tiles: i32, channels: i32): usize {
  return planesOf(edge) * planeBytes((tiles + TILE_ROWS - 1) & ~(TILE_ROWS - 1), channels);
}

/**
 * Transforms all tiles of the input, or of the output's gradient, to planes [groups of channels][depth][batch][rows][columns][group]; zeros
 * fill up the last group. A part is a row of tiles. Scratch: `winogradTileScratch`.
 */
// prettier-ignore
export function winogradTiles(
  edge: i32, x: usize, to: usize, ofInput: bool, group: i32, batch: i32, depth: i32, height: i32, width: i32, channels: i32,
  rows: i32, columns: i32, padTop: i32, padLeft: i32, scratch: usize, firstPart: i32, endPart: i32,
): void {
  const pixel = <usize>channels << 2;
  const step = <usize>group << 2;
  const slice = <usize>(height * width) * pixel;
  const all = batch * rows;
  const tiles = (depth * all * columns + TILE_ROWS - 1) & ~(TILE_ROWS - 1);
  const plane = planeBytes(tiles, (channels + group - 1) / group * group);
  writeConstants(scratch);
  for (let part = firstPart; part < endPart; part++) {
    const z = part / all;
    for (let channel = 0; channel < channels; channel += group) {
      const at = to + (<usize>(channel * tiles) << 2) + <usize>(part * columns) * step;
      const bytes = <usize>min(group, channels - channel) << 2;
      if (bytes < step) for (let p: usize = 0; p < planesOf(edge); p++) memory.fill(at + p * plane, 0, <usize>columns * step);
      transformTiles(x + <usize>z * slice + (<usize>channel << 2), at, plane, scratch, (part - z * all) * columns, columns, rows, columns, <usize>depth * slice, height, width, pixel, bytes, step, padTop, padLeft, edge, ofInput);
    }
  }
}

/** Bytes of scratch for {@link winogradTiles}. */
export function winogradTileScratch(edge: i32, channels: i32): usize {
  return TRANSFORM_SCRATCH + planesOf(edge) * (<usize>channels << 2);
}

/** Outputs of a part of {@link winogradOutputs}: a line of the cache of each row of the filter. */
const OUTPUTS = 16;

/** The parts of {@link winogradOutputs}. */
export function winogradOutputParts(outputs: i32): i32 {
  return (outputs + OUTPUTS - 1) / OUTPUTS;
}

/** Bytes of scratch for {@link winogradOutputs}. */
export function winogradOutputScratch(edge: i32, tiles: i32, inputs: i32): usize {
  return filterScratch() + planesOf(edge) * (planeBytes(inputs, OUTPUTS) + planeBytes(tiles + TILE_ROWS, OUTPUTS) + 16);
}

/**
 * As {@link winogradConvolution} in 2-D for few tiles, whose input v has been through {@link winogradTiles} as one group: a part
 * transforms the filter of sixteen outputs, which is read once, where it is used.
 */
// prettier-ignore
export function winogradOutputs(
  edge: i32, v: usize, w: usize, bias: usize, out: usize, batch: i32, inputs: i32, outHeight: i32, outWidth: i32, outputs: i32,
  turned: bool, floor: f32, scratch: usize, firstPart: i32, endPart: i32,
): void {
  const rows = (outHeight + edge - 1) / edge;
  const columns = (outWidth + edge - 1) / edge;
  const tiles = batch * rows * columns;
  const multiplied = (tiles + TILE_ROWS - 1) & ~(TILE_ROWS - 1);
  const planes = planesOf(edge);
  const vPlane = planeBytes(multiplied, inputs);
  const uPlane = planeBytes(inputs, OUTPUTS);
  const mPlane = planeBytes(multiplied, OUTPUTS);
  const u = scratch + filterScratch();
  const m = u + planes * uPlane;
  const outPixel = <usize>outputs << 2;
  writeConstants(scratch);
  for (let part = firstPart; part < endPart; part++) {
    const co = part * OUTPUTS;
    const count = min(OUTPUTS, outputs - co);
    const padded = padded8(count);
    transformOutputs(edge, w, u, uPlane, co, inputs, outputs, turned, scratch);
    for (let p: usize = 0; p < planes; p++) multiply(v + p * vPlane, 0, 0, 1, 1, u + p * uPlane, m + p * mPlane, multiplied, inputs, padded);
    const added: usize = bias == 0 ? 0 : bias + (<usize>co << 2);
    writeTiles(m, mPlane, added, floor, out + (<usize>co << 2), scratch, 0, tiles, rows, columns, <usize>(outHeight * outWidth) * outPixel, outHeight, outWidth, outPixel, <usize>count << 2, <usize>padded << 2, edge);
  }
}
