// What the kernels of Winograd's algorithm share: planes, blocks of tiles, and the way between image and planes.
import { TILE_ROWS } from './matrix-tile';
import { transformInput, transformOutput, transformOutputGradient } from './winograd-transforms';
import { TRANSFORM_SCRATCH, transformInput4, transformOutput4, transformOutputGradient4 } from './winograd4-transforms';

/** Bytes between two planes: not a power of two, which would put all sixteen into the same lines of the cache. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function planeBytes(rows: i32, columns: i32): usize {
  return (<usize>(rows * columns) << 2) + 64;
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function padded8(channels: i32): i32 {
  return (channels + 7) & ~7;
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function planesOf(edge: i32): usize {
  return <usize>((edge + 2) * (edge + 2));
}

/** Tiles that go through the planes at a time, so that these, of the `taps` slices of the input under a filter, stay in the second-level cache. */
export function blockOf(edge: i32, inputs: i32, outputs: i32, taps: i32): i32 {
  const most = max(inputs, outputs) * (taps + 1);
  return edge == 2 ? max(8, min(60, 8192 / most / TILE_ROWS)) * TILE_ROWS : max(4, min(24, 4096 / most / TILE_ROWS)) * TILE_ROWS;
}

/** Blocks of tiles of edge x edge pixels in one slice of a convolution's output, all images together. */
export function winogradBlocks(edge: i32, batch: i32, outHeight: i32, outWidth: i32, inputs: i32, outputs: i32, taps: i32): i32 {
  const block = blockOf(edge, inputs, outputs, taps);
  return (batch * ((outHeight + edge - 1) / edge) * ((outWidth + edge - 1) / edge) + block - 1) / block;
}

/** Copies a square of pixels from (top, left) to `patch`, zeros where it reaches beyond the image. */
// prettier-ignore
function copyPatch(image: usize, height: i32, width: i32, pixel: usize, bytes: usize, top: i32, left: i32, size: i32, patch: usize): void {
  for (let y = top; y < top + size; y++) {
    for (let x = left; x < left + size; x++) {
      // Vector by vector: memory.copy leaves the module, which takes longer than so few bytes.
      const end = patch + bytes;
      if (y >= 0 && y < height && x >= 0 && x < width) {
        for (let from = image + <usize>(y * width + x) * pixel; patch < end; from += 16, patch += 16) v128.store(patch, v128.load(from));
      } else {
        for (; patch < end; patch += 16) v128.store(patch, f32x4.splat(0));
      }
    }
  }
}

/**
 * Transforms `bytes` bytes of the channels of `count` tiles from number `first` on, `edge` pixels apart: of the input, whose tiles overlap by two pixels, or
 * of the output's gradient. Images are `image` bytes apart, transformed tiles `step`.
 */
// prettier-ignore
export function transformTiles(
  x: usize, to: usize, plane: usize, scratch: usize, first: i32, count: i32, rows: i32, columns: i32,
  image: usize, height: i32, width: i32, pixel: usize, bytes: usize, step: usize, padTop: i32, padLeft: i32, edge: i32, ofInput: bool,
): void {
  const size = ofInput ? edge + 2 : edge;
  const patch = scratch + TRANSFORM_SCRATCH;
  let n = first / (rows * columns);
  let ty = (first / columns) % rows;
  let tx = first % columns;
  for (let i = 0; i < count; i++) {
    const top = edge * ty - padTop;
    const left = edge * tx - padLeft;
    let from = x + <usize>n * image;
    let row = <usize>width * pixel;
    let column = pixel;
    if (top < 0 || left < 0 || top + size > height || left + size > width) {
      copyPatch(from, height, width, pixel, bytes, top, left, size, patch);
      from = patch;
      row = <usize>size * bytes;
      column = bytes;
    } else {
      from += <usize>(top * width + left) * pixel;
    }
    if (edge == 4) {
      if (ofInput) transformInput4(from, row, column, to, plane, bytes, scratch);
      else transformOutputGradient4(from, row, column, to, plane, bytes, scratch);
    } else if (ofInput) transformInput(from, row, column, to, plane, bytes);
    else transformOutputGradient(from, row, column, to, plane, bytes);
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

/** Writes `bytes` bytes of the channels of `count` tiles of the output, with the bias (0: none) and max(·, floor); tiles are `step` bytes apart in m. */
// prettier-ignore
export function writeTiles(
  m: usize, plane: usize, bias: usize, floor: f32, out: usize, scratch: usize, first: i32, count: i32,
  rows: i32, columns: i32, image: usize, height: i32, width: i32, pixel: usize, bytes: usize, step: usize, edge: i32,
): void {
  const patch = scratch + TRANSFORM_SCRATCH;
  const lowest = f32x4.splat(floor);
  let n = first / (rows * columns);
  let ty = (first / columns) % rows;
  let tx = first % columns;
  for (let i = 0; i < count; i++) {
    const top = edge * ty, left = edge * tx;
    const bottom = min(edge, height - top), right = min(edge, width - left);
    const at = out + <usize>n * image + <usize>(top * width + left) * pixel;
    const row = <usize>width * pixel;
    const whole = bottom == edge && right == edge;
    for (let c: usize = 0; c < bytes; c += 16) {
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
