// Convolutions by rows: the pixels under one row of the filter lie side by side in NHWC, so a row of the output is the sum over
// the filter's rows of a matrix product whose left rows overlap: [outWidth, filterWidth · inputs] with `stride` pixels between.
import { multiplyAdd } from './multiply-add';

// @ts-ignore: decorator of AssemblyScript
@inline
function padded8(channels: i32): i32 {
  return (channels + 7) & ~7;
}

/** Pixels of a row of the input that the tiles of four pixels of the output reach. */
// @ts-ignore: decorator of AssemblyScript
@inline
function pixelsOf(outWidth: i32, filterWidth: i32, strideX: i32): i32 {
  return (((outWidth + 3) & ~3) - 1) * strideX + filterWidth;
}

/** With fewer output channels than this, most of a register tile of eight would be empty: vectors run along the rows of the input, two outputs at a time. */
const FEWEST_OUTPUTS = 5;

/** Bytes of a filter after {@link packFilter}. */
export function packedBytes(depth: i32, outputs: i32): usize {
  return <usize>((depth + 1) * padded8(outputs)) << 2;
}

/**
 * A filter [depth, outputs] in panels [outputs/8][depth][8], then the bias (0: none) of as many outputs; zeros fill the last eight. Of few
 * outputs: [outputs][depth], an even number of them.
 */
export function packFilter(w: usize, bias: usize, to: usize, depth: i32, outputs: i32): void {
  memory.fill(to, 0, packedBytes(depth, outputs));
  if (outputs < FEWEST_OUTPUTS) {
    for (let d = 0; d < depth; d++) {
      for (let co = 0; co < outputs; co++) store<f32>(to + (<usize>(co * depth + d) << 2), load<f32>(w + (<usize>(d * outputs + co) << 2)));
    }
    if (bias != 0) memory.copy(to + (<usize>(depth * ((outputs + 1) & ~1)) << 2), bias, <usize>outputs << 2);
    return;
  }
  for (let d = 0; d < depth; d++) {
    for (let co = 0; co < outputs; co++) {
      store<f32>(to + (<usize>(((co & ~7) * depth) + d * 8 + (co & 7)) << 2), load<f32>(w + (<usize>(d * outputs + co) << 2)));
    }
  }
  if (bias != 0) memory.copy(to + (<usize>(depth * padded8(outputs)) << 2), bias, <usize>outputs << 2);
}

/** As {@link packFilter} without a bias, of a filter [outputs, depth]. */
export function packTransposed(w: usize, to: usize, depth: i32, outputs: i32): void {
  memory.fill(to, 0, packedBytes(depth, outputs));
  if (outputs < FEWEST_OUTPUTS) {
    memory.copy(to, w, <usize>(outputs * depth) << 2);
    return;
  }
  for (let co = 0; co < outputs; co++) {
    const at = to + (<usize>((co & ~7) * depth + (co & 7)) << 2);
    for (let d = 0; d < depth; d++) store<f32>(at + (<usize>d << 5), load<f32>(w + (<usize>(co * depth + d) << 2)));
  }
}

/** Bytes of scratch for {@link convolveRows}: where the filter's rows begin, a tile, and the rows with their padding. */
export function rowScratch(outWidth: i32, inputs: i32, filterHeight: i32, filterWidth: i32, strideX: i32): usize {
  const row = <usize>(pixelsOf(outWidth, filterWidth, strideX) * inputs) << 2;
  return <usize>((filterHeight + 3) & ~3) * 4 + 128 + <usize>filterHeight * row;
}

/** Copies one row of the image between its padding, zeros beyond the image; row 0: all zeros. */
// prettier-ignore
function padRow(row: usize, to: usize, pixels: i32, width: i32, padLeft: i32, pixel: usize): void {
  const count = row == 0 ? 0 : max(0, min(width, pixels - padLeft));
  const before: usize = row == 0 ? 0 : <usize>padLeft * pixel;
  memory.fill(to, 0, before);
  memory.copy(to + before, row, <usize>count * pixel);
  const after: usize = before + <usize>count * pixel;
  memory.fill(to + after, 0, <usize>pixels * pixel - after);
}

/**
 * out = max(x * w + bias, floor), w after {@link packFilter}. Parts are rows of the output, `outStep` bytes apart. Without
 * padding and with whole tiles it reads the image in place.
 */
// prettier-ignore
export function convolveRows(
  x: usize, w: usize, out: usize, outStep: usize, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32, filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, padTop: i32, padLeft: i32, floor: f32, scratch: usize, first: i32, end: i32,
): void {
  const pixel = <usize>inputs << 2;
  const pixels = pixelsOf(outWidth, filterWidth, strideX);
  const inPlace = padLeft == 0 && pixels <= width;
  const tile = scratch + <usize>((filterHeight + 3) & ~3) * 4;
  const rowBytes = <usize>pixels * pixel;
  for (let part = first; part < end; part++) {
    const image = x + <usize>((part / outHeight) * height * width) * pixel;
    const top = (part % outHeight) * strideY - padTop;
    for (let ky = 0; ky < filterHeight; ky++) {
      const iy = top + ky;
      const inside = iy >= 0 && iy < height;
      let row = inside ? image + <usize>(iy * width) * pixel : 0;
      if (!inside || !inPlace) {
        const to = tile + 128 + <usize>ky * rowBytes;
        padRow(row, to, pixels, width, padLeft, pixel);
        row = to;
      }
      store<usize>(scratch + (<usize>ky << 2), row);
    }
    const to = out + <usize>part * outStep;
    if (outputs < FEWEST_OUTPUTS) fewOutputsRow(scratch, w, to, tile, inputs, outWidth, outputs, filterHeight, filterWidth, strideX, floor);
    else outputRow(scratch, w, to, tile, inputs, outWidth, outputs, filterHeight, filterWidth, strideX, floor);
  }
}

/** One row of the output, of the rows of the input that begin at the addresses at `rows`. */
// prettier-ignore
function outputRow(
  rows: usize, w: usize, out: usize, tile: usize, inputs: i32, outWidth: i32, outputs: i32,
  filterHeight: i32, filterWidth: i32, strideX: i32, floor: f32,
): void {
  const pixel = <usize>outputs << 2;
  const step = <usize>(strideX * inputs) << 2;
  const line = <usize>(filterWidth * inputs) << 5;
  const lowest = f32x4.splat(floor);
  let bias = w + <usize>filterHeight * line * <usize>(padded8(outputs) >> 3);
  const rb = step, rc = rb + step, rd = rc + step;
  const lastRow = rows + (<usize>filterHeight << 2);
  for (let co = 0; co < outputs; co += 8) {
    let shift: usize = 0;
    for (let ox = 0; ox < outWidth; ox += 4) {
      let a0 = v128.load(bias), a1 = v128.load(bias, 16);
      let b0 = a0, b1 = a1, c0 = a0, c1 = a1, d0 = a0, d1 = a1;
      let from = w;
      for (let r = rows; r < lastRow; r += 4) {
        let at = load<usize>(r) + shift;
        const to = from + line;
        for (; from < to; from += 32) {
          const w0 = v128.load(from), w1 = v128.load(from, 16);
          const xa = v128.load32_splat(at), xb = v128.load32_splat(at + rb);
          const xc = v128.load32_splat(at + rc), xd = v128.load32_splat(at + rd);
          a0 = multiplyAdd(xa, w0, a0); a1 = multiplyAdd(xa, w1, a1);
          b0 = multiplyAdd(xb, w0, b0); b1 = multiplyAdd(xb, w1, b1);
          c0 = multiplyAdd(xc, w0, c0); c1 = multiplyAdd(xc, w1, c1);
          d0 = multiplyAdd(xd, w0, d0); d1 = multiplyAdd(xd, w1, d1);
          at += 4;
        }
      }
      const whole = co + 8 <= outputs && ox + 4 <= outWidth;
      let to = whole ? out + (<usize>(ox * outputs + co) << 2) : tile;
      const apart = whole ? pixel : 32;
      v128.store(to, f32x4.pmax(a0, lowest)); v128.store(to, f32x4.pmax(a1, lowest), 16); to += apart;
      v128.store(to, f32x4.pmax(b0, lowest)); v128.store(to, f32x4.pmax(b1, lowest), 16); to += apart;
      v128.store(to, f32x4.pmax(c0, lowest)); v128.store(to, f32x4.pmax(c1, lowest), 16); to += apart;
      v128.store(to, f32x4.pmax(d0, lowest)); v128.store(to, f32x4.pmax(d1, lowest), 16);
      if (!whole) {
        const columns = min(8, outputs - co);
        for (let i = 0; i < min(4, outWidth - ox); i++) {
          const at = out + (<usize>((ox + i) * outputs + co) << 2);
          for (let j = 0; j < columns; j++) store<f32>(at + (<usize>j << 2), load<f32>(tile + (<usize>(i * 8 + j) << 2)));
        }
      }
      shift += 4 * step;
    }
    w += <usize>filterHeight * line;
    bias += 32;
  }
}

/** As {@link outputRow} for few outputs: sums of products along the rows of the input, four pixels and two outputs at a time. */
// prettier-ignore
function fewOutputsRow(
  rows: usize, w: usize, out: usize, tile: usize, inputs: i32, outWidth: i32, outputs: i32,
  filterHeight: i32, filterWidth: i32, strideX: i32, floor: f32,
): void {
  const step = <usize>(strideX * inputs) << 2;
  const terms = filterWidth * inputs;
  const vectors = <usize>(terms & ~3) << 2, line = <usize>terms << 2;
  const depth = <usize>filterHeight * line;
  const bias = w + depth * <usize>((outputs + 1) & ~1);
  const lowest = f32x4.splat(floor);
  const rb = step, rc = rb + step, rd = rc + step;
  const lastRow = rows + (<usize>filterHeight << 2);
  for (let co = 0; co < outputs; co += 2) {
    const filter = w + <usize>co * depth;
    let shift: usize = 0;
    for (let ox = 0; ox < outWidth; ox += 4) {
      let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
      let a = v128.load32_splat(bias + (<usize>co << 2)), b = v128.load32_splat(bias + (<usize>co << 2) + 4);
      let from = filter;
      for (let r = rows; r < lastRow; r += 4) {
        let at = load<usize>(r) + shift;
        const end = from + line;
        for (const stop = from + vectors; from < stop; from += 16) {
          const w0 = v128.load(from), w1 = v128.load(from + depth);
          const xa = v128.load(at), xb = v128.load(at + rb), xc = v128.load(at + rc), xd = v128.load(at + rd);
          a0 = multiplyAdd(xa, w0, a0); b0 = multiplyAdd(xa, w1, b0);
          a1 = multiplyAdd(xb, w0, a1); b1 = multiplyAdd(xb, w1, b1);
          a2 = multiplyAdd(xc, w0, a2); b2 = multiplyAdd(xc, w1, b2);
          a3 = multiplyAdd(xd, w0, a3); b3 = multiplyAdd(xd, w1, b3);
          at += 16;
        }
        for (; from < end; from += 4) {
          const x = f32x4(0, 0, 0, 0);
          const four = v128.load32_lane(at + rd, v128.load32_lane(at + rc, v128.load32_lane(at + rb, v128.load32_lane(at, x, 0), 1), 2), 3);
          a = multiplyAdd(four, v128.load32_splat(from), a);
          b = multiplyAdd(four, v128.load32_splat(from + depth), b);
          at += 4;
        }
      }
      v128.store(tile, f32x4.pmax(f32x4.add(a, sumsOf(a0, a1, a2, a3)), lowest));
      v128.store(tile, f32x4.pmax(f32x4.add(b, sumsOf(b0, b1, b2, b3)), lowest), 16);
      const count = min(4, outWidth - ox);
      for (let j = 0; j < min(2, outputs - co); j++) {
        let to = out + (<usize>(ox * outputs + co + j) << 2);
        for (let i = 0; i < count; i++) {
          store<f32>(to, load<f32>(tile + (<usize>(4 * j + i) << 2)));
          to += <usize>outputs << 2;
        }
      }
      shift += 4 * step;
    }
  }
}

/** The sums of four vectors, as a vector. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function sumsOf(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7)); // a0+a2, b0+b2, a1+a3, b1+b3
  const cd = f32x4.add(i32x4.shuffle(c, d, 0, 4, 1, 5), i32x4.shuffle(c, d, 2, 6, 3, 7));
  return f32x4.add(i64x2.shuffle(ab, cd, 0, 2), i64x2.shuffle(ab, cd, 1, 3));
}
