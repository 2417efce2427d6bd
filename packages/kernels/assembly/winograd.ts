// Convolutions with a 3 x 3 filter and stride 1 as matrix products over transformed tiles: 16 products for tiles of 2 x 2 pixels of
// the output (2.25 times fewer multiplications), or 36 for tiles of 4 x 4 (4 times fewer, with some five times the rounding error).
import { outerProducts } from './filter-gradient';
import { multiply, TILE_ROWS } from './matrix-tile';
import {
  transformFilter as transformFilter2,
  transformFilterGradient,
  transformInput,
  transformOutput,
  transformOutputGradient,
} from './winograd-transforms';
import {
  TRANSFORM_SCRATCH,
  transformFilter4,
  transformFilterGradient4,
  transformInput4,
  transformOutput4,
  transformOutputGradient4,
  writeConstants,
} from './winograd4-transforms';

/** Bytes between two planes: not a power of two, which would put all sixteen into the same lines of the cache. */
// @ts-ignore: decorator of AssemblyScript
@inline
function planeBytes(rows: i32, columns: i32): usize {
  return (<usize>(rows * columns) << 2) + 64;
}

// @ts-ignore: decorator of AssemblyScript
@inline
function padded8(channels: i32): i32 {
  return (channels + 7) & ~7;
}

// @ts-ignore: decorator of AssemblyScript
@inline
function planesOf(edge: i32): usize {
  return <usize>((edge + 2) * (edge + 2));
}

/** Tiles that go through the planes at a time, so that these stay in the second-level cache. */
function blockOf(edge: i32, inputs: i32, outputs: i32): i32 {
  const most = max(inputs, outputs);
  return edge == 2 ? max(8, min(60, 4096 / most / TILE_ROWS)) * TILE_ROWS : max(4, min(24, 2048 / most / TILE_ROWS)) * TILE_ROWS;
}

/** Blocks of tiles of edge x edge pixels of a convolution's output: the parts of {@link winogradConvolution}. */
export function winogradBlocks(edge: i32, batch: i32, outHeight: i32, outWidth: i32, inputs: i32, outputs: i32): i32 {
  const block = blockOf(edge, inputs, outputs);
  return (batch * ((outHeight + edge - 1) / edge) * ((outWidth + edge - 1) / edge) + block - 1) / block;
}

/** Bytes of scratch for {@link winogradConvolution} and {@link winogradFilterGradient}. */
export function winogradScratch(edge: i32, inputs: i32, outputs: i32): usize {
  const tiles = blockOf(edge, inputs, outputs);
  const planes = planeBytes(tiles, inputs) + planeBytes(tiles, padded8(outputs));
  return planesOf(edge) * (planes + (<usize>max(inputs, outputs) << 2)) + TRANSFORM_SCRATCH;
}

/** Bytes of a filter after {@link transformFilter}. */
export function winogradFilterBytes(edge: i32, inputs: i32, outputs: i32): usize {
  return planesOf(edge) * planeBytes(inputs, padded8(outputs)) + TRANSFORM_SCRATCH;
}

/** The filter [3,3,inputs,outputs] as {@link winogradConvolution} wants it. */
export function transformFilter(edge: i32, w: usize, u: usize, inputs: i32, outputs: i32): void {
  const plane = planeBytes(inputs, padded8(outputs));
  if (edge == 2) transformFilter2(w, u, plane, inputs, outputs);
  else transformFilter4(w, u, plane, inputs, outputs, u + 36 * plane);
}

/** Bytes of one partial sum of {@link winogradFilterGradient}. */
export function winogradSumBytes(edge: i32, inputs: i32, outputs: i32): usize {
  return planesOf(edge) * planeBytes(inputs, padded8(outputs));
}

/** Copies a square of pixels from (top, left) to `patch`, zeros where it reaches beyond the image. */
// prettier-ignore
function copyPatch(image: usize, height: i32, width: i32, pixel: usize, top: i32, left: i32, size: i32, patch: usize): void {
  for (let y = top; y < top + size; y++) {
    for (let x = left; x < left + size; x++) {
      // Vector by vector: memory.copy leaves the module, which takes longer than so few bytes.
      const end = patch + pixel;
      if (y >= 0 && y < height && x >= 0 && x < width) {
        for (let from = image + <usize>(y * width + x) * pixel; patch < end; from += 16, patch += 16) v128.store(patch, v128.load(from));
      } else {
        for (; patch < end; patch += 16) v128.store(patch, f32x4.splat(0));
      }
    }
  }
}

/**
 * Transforms `count` tiles from number `first` on, `edge` pixels apart: of the input, whose tiles overlap by two pixels, or
 * of the output's gradient.
 */
// prettier-ignore
function transformTiles(
  x: usize, to: usize, plane: usize, scratch: usize, first: i32, count: i32, rows: i32, columns: i32,
  height: i32, width: i32, channels: i32, padTop: i32, padLeft: i32, edge: i32, ofInput: bool,
): void {
  const size = ofInput ? edge + 2 : edge;
  const patch = scratch + TRANSFORM_SCRATCH;
  const pixel = <usize>channels << 2;
  const image = <usize>(height * width) * pixel;
  const step = ofInput ? pixel : <usize>padded8(channels) << 2;
  let n = first / (rows * columns);
  let ty = (first / columns) % rows;
  let tx = first % columns;
  for (let i = 0; i < count; i++) {
    const top = edge * ty - padTop;
    const left = edge * tx - padLeft;
    let from = x + <usize>n * image;
    let row = <usize>width * pixel;
    if (top < 0 || left < 0 || top + size > height || left + size > width) {
      copyPatch(from, height, width, pixel, top, left, size, patch);
      from = patch;
      row = <usize>size * pixel;
    } else {
      from += <usize>(top * width + left) * pixel;
    }
    if (edge == 4) {
      if (ofInput) transformInput4(from, row, pixel, to, plane, pixel, scratch);
      else transformOutputGradient4(from, row, pixel, to, plane, pixel, scratch);
    } else if (ofInput) transformInput(from, row, pixel, to, plane, pixel);
    else transformOutputGradient(from, row, pixel, to, plane, pixel);
    to += step;
    if (++tx == columns) {
      tx = 0;
      if (++ty == rows) {
        ty = 0;
        n++;
      }
    }
  }
}

/** Writes `count` tiles of the output, with the bias (0: none) and max(·, floor). */
// prettier-ignore
function writeTiles(
  m: usize, plane: usize, bias: usize, floor: f32, out: usize, scratch: usize, first: i32, count: i32,
  rows: i32, columns: i32, height: i32, width: i32, channels: i32, edge: i32,
): void {
  const patch = scratch + TRANSFORM_SCRATCH;
  const pixel = <usize>channels << 2;
  const step = <usize>padded8(channels) << 2;
  const lowest = f32x4.splat(floor);
  let n = first / (rows * columns);
  let ty = (first / columns) % rows;
  let tx = first % columns;
  for (let i = 0; i < count; i++) {
    const top = edge * ty, left = edge * tx;
    const bottom = min(edge, height - top), right = min(edge, width - left);
    const at = out + <usize>((n * height + top) * width + left) * pixel;
    const row = <usize>width * pixel;
    const whole = bottom == edge && right == edge;
    for (let c: usize = 0; c < pixel; c += 16) {
      const added = bias == 0 ? f32x4.splat(0) : v128.load(bias + c);
      const to = whole ? at + c : patch;
      const toRow = whole ? row : <usize>edge << 4, toColumn: usize = whole ? pixel : 16;
      if (edge == 4) transformOutput4(m + c, plane, added, lowest, to, toRow, toColumn, scratch);
      else transformOutput(m + c, plane, added, lowest, to, toRow, toColumn);
      if (whole) continue;
      for (let y = 0; y < bottom; y++) {
        for (let x = 0; x < right; x++) {
          v128.store(at + c + <usize>y * row + <usize>x * pixel, v128.load(patch + (<usize>(y * edge + x) << 4)));
        }
      }
    }
    m += step;
    if (++tx == columns) {
      tx = 0;
      if (++ty == rows) {
        ty = 0;
        n++;
      }
    }
  }
}

/** out = max(x * w + bias, floor) by tiles of edge x edge, 2 or 4; u is the filter after `transformFilter`; channels multiples of 4. */
// prettier-ignore
export function winogradConvolution(
  edge: i32, x: usize, u: usize, bias: usize, out: usize, batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, padTop: i32, padLeft: i32, floor: f32,
  scratch: usize, firstPart: i32, endPart: i32,
): void {
  const block = blockOf(edge, inputs, outputs);
  const padded = padded8(outputs);
  const planes = planesOf(edge);
  const vPlane = planeBytes(block, inputs);
  const mPlane = planeBytes(block, padded);
  const uPlane = planeBytes(inputs, padded);
  const v = scratch;
  const m = v + planes * vPlane;
  const rest = m + planes * mPlane;
  const rows = (outHeight + edge - 1) / edge;
  const columns = (outWidth + edge - 1) / edge;
  const total = batch * rows * columns;
  writeConstants(rest);
  for (let part = firstPart; part < endPart; part++) {
    const first = part * block;
    const count = min(block, total - first);
    transformTiles(x, v, vPlane, rest, first, count, rows, columns, height, width, inputs, padTop, padLeft, edge, true);
    const multiplied = ((count + TILE_ROWS - 1) / TILE_ROWS) * TILE_ROWS;
    for (let p: usize = 0; p < planes; p++) multiply(v + p * vPlane, u + p * uPlane, m + p * mPlane, multiplied, inputs, padded);
    writeTiles(m, mPlane, bias, floor, out, rest, first, count, rows, columns, outHeight, outWidth, outputs, edge);
  }
}

/**
 * Partial sums of (Bᵀ x B) ⊙ (A dy Aᵀ) over the tiles, [parts][planes][inputs][outputs]: part p of `parts` takes its share of
 * the blocks. dw = Gᵀ [Σ] G, the derivative by g of Aᵀ[(G g Gᵀ) ⊙ (Bᵀ x B)]A, is {@link winogradFilterSum}.
 */
// prettier-ignore
export function winogradFilterGradient(
  edge: i32, x: usize, dy: usize, sums: usize, parts: i32, batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, padTop: i32, padLeft: i32,
  scratch: usize, firstPart: i32, endPart: i32,
): void {
  const block = blockOf(edge, inputs, outputs);
  const blocks = winogradBlocks(edge, batch, outHeight, outWidth, inputs, outputs);
  const padded = padded8(outputs);
  const planes = planesOf(edge);
  const vPlane = planeBytes(block, inputs);
  const yPlane = planeBytes(block, padded);
  const sPlane = planeBytes(inputs, padded);
  const v = scratch;
  const y = v + planes * vPlane;
  const rest = y + planes * yPlane;
  const rows = (outHeight + edge - 1) / edge;
  const columns = (outWidth + edge - 1) / edge;
  const total = batch * rows * columns;
  writeConstants(rest);
  memory.fill(y, 0, planes * yPlane); // the channels that fill up the last eight stay 0
  for (let part = firstPart; part < endPart; part++) {
    const s = sums + <usize>part * planes * sPlane;
    memory.fill(s, 0, planes * sPlane);
    const end = min(total, ((part + 1) * blocks / parts) * block);
    for (let first = (part * blocks / parts) * block; first < end; first += block) {
      const count = min(block, end - first);
      transformTiles(x, v, vPlane, rest, first, count, rows, columns, height, width, inputs, padTop, padLeft, edge, true);
      transformTiles(dy, y, yPlane, rest, first, count, rows, columns, outHeight, outWidth, outputs, 0, 0, edge, false);
      for (let p: usize = 0; p < planes; p++) {
        outerProducts(v + p * vPlane, y + p * yPlane, s + p * sPlane, inputs, padded, count, <usize>inputs << 2, <usize>padded << 2);
      }
    }
  }
}

/** The filter's gradient from the partial sums, which are added in their order; scratch as for the partial sums. */
// prettier-ignore
export function winogradFilterSum(edge: i32, sums: usize, parts: i32, dw: usize, inputs: i32, outputs: i32, scratch: usize): void {
  const padded = padded8(outputs);
  const plane = planeBytes(inputs, padded);
  const bytes = planesOf(edge) * plane;
  for (let part = 1; part < parts; part++) {
    const apart = <usize>part * bytes;
    for (let at = sums; at < sums + bytes; at += 16) v128.store(at, f32x4.add(v128.load(at), v128.load(at + apart)));
  }
  if (edge == 4) transformFilterGradient4(sums, plane, dw, inputs, outputs, padded, scratch);
  else transformFilterGradient(sums, plane, dw, inputs, outputs, padded);
}
