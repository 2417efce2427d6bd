// Convolutions with a 3 x 3 filter and stride 1 as 16 matrix products over transformed tiles: 2.25 times fewer multiplications.
import { outerProducts } from './filter-gradient';
import { multiply, TILE_ROWS } from './matrix-tile';
import { transformFilterGradient, transformInput, transformOutput, transformOutputGradient } from './winograd-transforms';

export { transformFilter } from './winograd-transforms';

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

/** Tiles that go through the planes at a time, so that these stay in the second-level cache. */
function blockOf(inputs: i32, outputs: i32): i32 {
  return max(8, min(60, 4096 / max(inputs, outputs) / TILE_ROWS)) * TILE_ROWS;
}

/** Blocks of tiles of a convolution: the parts of {@link winogradConvolution}. */
export function winogradBlocks(batch: i32, outHeight: i32, outWidth: i32, inputs: i32, outputs: i32): i32 {
  const block = blockOf(inputs, outputs);
  return (batch * ((outHeight + 1) >> 1) * ((outWidth + 1) >> 1) + block - 1) / block;
}

/** Bytes of scratch for {@link winogradConvolution} and {@link winogradFilterGradient}. */
export function winogradScratch(inputs: i32, outputs: i32): usize {
  const tiles = blockOf(inputs, outputs);
  return 16 * (planeBytes(tiles, inputs) + planeBytes(tiles, padded8(outputs))) + (<usize>max(inputs, outputs) << 6);
}

/** Bytes of one partial sum of {@link winogradFilterGradient}. */
export function winogradSumBytes(inputs: i32, outputs: i32): usize {
  return 16 * planeBytes(inputs, padded8(outputs));
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

/** Transforms `count` tiles from number `first` on: 4 x 4 pixels of the input two apart, or 2 x 2 of the output's gradient. */
// prettier-ignore
function transformTiles(
  x: usize, to: usize, plane: usize, patch: usize, first: i32, count: i32, rows: i32, columns: i32,
  height: i32, width: i32, channels: i32, padTop: i32, padLeft: i32, size: i32,
): void {
  const pixel = <usize>channels << 2;
  const image = <usize>(height * width) * pixel;
  const step = size == 4 ? pixel : <usize>padded8(channels) << 2;
  let n = first / (rows * columns);
  let ty = (first / columns) % rows;
  let tx = first % columns;
  for (let i = 0; i < count; i++) {
    const top = 2 * ty - padTop;
    const left = 2 * tx - padLeft;
    let from = x + <usize>n * image;
    let row = <usize>width * pixel;
    if (top < 0 || left < 0 || top + size > height || left + size > width) {
      copyPatch(from, height, width, pixel, top, left, size, patch);
      from = patch;
      row = <usize>size * pixel;
    } else {
      from += <usize>(top * width + left) * pixel;
    }
    if (size == 4) transformInput(from, row, pixel, to, plane, pixel);
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
  m: usize, plane: usize, bias: usize, floor: f32, out: usize, patch: usize, first: i32, count: i32,
  rows: i32, columns: i32, height: i32, width: i32, channels: i32,
): void {
  const pixel = <usize>channels << 2;
  const step = <usize>padded8(channels) << 2;
  const lowest = f32x4.splat(floor);
  let n = first / (rows * columns);
  let ty = (first / columns) % rows;
  let tx = first % columns;
  for (let i = 0; i < count; i++) {
    const at = out + <usize>((n * height + 2 * ty) * width + 2 * tx) * pixel;
    const whole = 2 * ty + 2 <= height && 2 * tx + 2 <= width;
    for (let c: usize = 0; c < pixel; c += 16) {
      const added = bias == 0 ? f32x4.splat(0) : v128.load(bias + c);
      if (whole) {
        transformOutput(m + c, plane, added, lowest, at + c, <usize>width * pixel, pixel);
        continue;
      }
      transformOutput(m + c, plane, added, lowest, patch, 32, 16);
      v128.store(at + c, v128.load(patch));
      if (2 * tx + 1 < width) v128.store(at + c + pixel, v128.load(patch, 16));
      if (2 * ty + 1 < height) v128.store(at + c + <usize>width * pixel, v128.load(patch, 32));
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

/** out = max(x * w + bias, floor); u is the filter after `transformFilter`; inputs and outputs multiples of 4. */
// prettier-ignore
export function winogradConvolution(
  x: usize, u: usize, bias: usize, out: usize, batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, padTop: i32, padLeft: i32, floor: f32,
  scratch: usize, firstPart: i32, endPart: i32,
): void {
  const block = blockOf(inputs, outputs);
  const padded = padded8(outputs);
  const vPlane = planeBytes(block, inputs);
  const mPlane = planeBytes(block, padded);
  const uPlane = <usize>(inputs * padded) << 2;
  const v = scratch;
  const m = v + 16 * vPlane;
  const patch = m + 16 * mPlane;
  const rows = (outHeight + 1) >> 1;
  const columns = (outWidth + 1) >> 1;
  const total = batch * rows * columns;
  for (let part = firstPart; part < endPart; part++) {
    const first = part * block;
    const count = min(block, total - first);
    transformTiles(x, v, vPlane, patch, first, count, rows, columns, height, width, inputs, padTop, padLeft, 4);
    const multiplied = ((count + TILE_ROWS - 1) / TILE_ROWS) * TILE_ROWS;
    for (let p: usize = 0; p < 16; p++) multiply(v + p * vPlane, u + p * uPlane, m + p * mPlane, multiplied, inputs, padded);
    writeTiles(m, mPlane, bias, floor, out, patch, first, count, rows, columns, outHeight, outWidth, outputs);
  }
}

/**
 * Partial sums of (Bᵀ x B) ⊙ (A dy Aᵀ) over the tiles, [parts][16][inputs][outputs]: part p of `parts` takes its share of the
 * blocks. dw = Gᵀ [Σ] G, the derivative by g of Aᵀ[(G g Gᵀ) ⊙ (Bᵀ x B)]A, is {@link winogradFilterSum}.
 */
// prettier-ignore
export function winogradFilterGradient(
  x: usize, dy: usize, sums: usize, parts: i32, batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, padTop: i32, padLeft: i32,
  scratch: usize, firstPart: i32, endPart: i32,
): void {
  const block = blockOf(inputs, outputs);
  const blocks = winogradBlocks(batch, outHeight, outWidth, inputs, outputs);
  const padded = padded8(outputs);
  const vPlane = planeBytes(block, inputs);
  const yPlane = planeBytes(block, padded);
  const sPlane = planeBytes(inputs, padded);
  const v = scratch;
  const y = v + 16 * vPlane;
  const patch = y + 16 * yPlane;
  const rows = (outHeight + 1) >> 1;
  const columns = (outWidth + 1) >> 1;
  const total = batch * rows * columns;
  memory.fill(y, 0, 16 * yPlane); // the channels that fill up the last eight stay 0
  for (let part = firstPart; part < endPart; part++) {
    const s = sums + <usize>part * 16 * sPlane;
    memory.fill(s, 0, 16 * sPlane);
    const end = min(total, ((part + 1) * blocks / parts) * block);
    for (let first = (part * blocks / parts) * block; first < end; first += block) {
      const count = min(block, end - first);
      transformTiles(x, v, vPlane, patch, first, count, rows, columns, height, width, inputs, padTop, padLeft, 4);
      transformTiles(dy, y, yPlane, patch, first, count, rows, columns, outHeight, outWidth, outputs, 0, 0, 2);
      for (let p: usize = 0; p < 16; p++) {
        outerProducts(v + p * vPlane, y + p * yPlane, s + p * sPlane, inputs, padded, count, <usize>inputs << 2, <usize>padded << 2);
      }
    }
  }
}

/** The filter's gradient from the partial sums, which are added in their order. */
export function winogradFilterSum(sums: usize, parts: i32, dw: usize, inputs: i32, outputs: i32): void {
  const plane = planeBytes(inputs, padded8(outputs));
  const end = sums + 16 * plane;
  for (let part = 1; part < parts; part++) {
    const apart = <usize>part * 16 * plane;
    for (let at = sums; at < end; at += 16) v128.store(at, f32x4.add(v128.load(at), v128.load(at + apart)));
  }
  transformFilterGradient(sums, plane, dw, inputs, outputs, padded8(outputs));
}
