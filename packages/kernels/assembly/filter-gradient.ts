// dw[ky,kx,ci,co] = Σ_{n,oy,ox} x[n, oy·s+ky·d-pad, ox·s+kx·d-pad, ci] · dy[n,oy,ox,co]
// NHWC rows of x and dy are already the packed operands of an outer product, so a tile of 4 input by 8 output channels
// stays in registers along a row of the image. Row sums are added to dw: two levels keep float32 rounding small.
import { multiplyAdd } from './multiply-add';

/** Partial sums of dw, [parts][dw]: part p of `parts` takes its share of the rows of dy. */
// prettier-ignore
export function conv2dFilterGradient(
  x: usize, dy: usize, sums: usize, parts: i32,
  batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32,
  filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32,
  scratch: usize, firstPart: i32, endPart: i32,
): void {
  const pixel = <usize>inputs << 2;
  const yStep = <usize>outputs << 2;
  const tapBytes = pixel * <usize>outputs;
  const bytes = <usize>(filterHeight * filterWidth) * tapBytes;
  const rows = batch * outHeight;
  // From here to there all columns of the filter lie within the image: side by side, they are one tap with more channels.
  const begin = dilationX == 1 ? min(outWidth, (padLeft + strideX - 1) / strideX) : 0;
  const room = width - filterWidth + padLeft;
  const stop = dilationX == 1 && room >= 0 ? max(begin, min(room / strideX + 1, outWidth)) : begin;
  for (let part = firstPart; part < endPart; part++) {
    const dw = sums + <usize>part * bytes;
    memory.fill(dw, 0, bytes);
    const end = shareOf(rows, part + 1, parts);
    for (let row = shareOf(rows, part, parts); row < end; row++) {
      const dyRow = dy + <usize>(row * outWidth) * yStep;
      for (let ky = 0; ky < filterHeight; ky++) {
        const iy = (row % outHeight) * strideY + ky * dilationY - padTop;
        if (iy < 0 || iy >= height) continue;
        const xRow = x + <usize>(((row / outHeight) * height + iy) * width) * pixel;
        const line = dw + <usize>(ky * filterWidth) * tapBytes;
        columns(xRow, dyRow, line, begin, stop, -padLeft, strideX, filterWidth * inputs, outputs, pixel, yStep);
        for (let kx = 0; kx < filterWidth; kx++) {
          // The outputs whose input column ox·s + offset lies within the image.
          const offset = kx * dilationX - padLeft;
          const first = offset < 0 ? (-offset + strideX - 1) / strideX : 0;
          const last = width - 1 - offset < 0 ? first : min((width - 1 - offset) / strideX + 1, outWidth);
          const tap = line + <usize>kx * tapBytes;
          columns(xRow, dyRow, tap, first, min(last, begin), offset, strideX, inputs, outputs, pixel, yStep);
          columns(xRow, dyRow, tap, max(first, stop), last, offset, strideX, inputs, outputs, pixel, yStep);
        }
      }
    }
  }
}

/** Where the share of a part begins. */
// @ts-ignore: decorator of AssemblyScript
@inline
function shareOf(rows: i32, part: i32, parts: i32): i32 {
  return <i32>((<i64>rows * part) / parts);
}

/** The outer products of columns `from` to before `to` of dy. */
// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function columns(
  xRow: usize, dyRow: usize, tap: usize, from: i32, to: i32, offset: i32, stride: i32, inputs: i32, outputs: i32,
  pixel: usize, yStep: usize,
): void {
  if (from >= to) return;
  const xAt = xRow + <usize>(from * stride + offset) * pixel;
  outerProducts(xAt, dyRow + <usize>from * yStep, tap, inputs, outputs, to - from, <usize>stride * pixel, yStep);
}

/** out = Σ of `parts` partial sums of `bytes` each, added in their order. */
export function addParts(sums: usize, parts: i32, bytes: usize, out: usize): void {
  for (let at: usize = 0; at < bytes; at += 4) {
    let sum: f32 = 0;
    for (let part = 0; part < parts; part++) sum += load<f32>(sums + <usize>part * bytes + at);
    store<f32>(out + at, sum);
  }
}

/** tap[ci,co] += Σ_i x[i·xStep + ci] · dy[i·yStep + co] */
// prettier-ignore
export function outerProducts(
  x: usize, dy: usize, tap: usize, inputs: i32, outputs: i32, count: i32, xStep: usize, yStep: usize,
): void {
  const rowBytes = <usize>outputs << 2;
  let ci = 0;
  for (; ci + 4 <= inputs; ci += 4) {
    const xAt = x + (<usize>ci << 2);
    const row = tap + (<usize>(ci * outputs) << 2);
    let co = 0;
    for (; co + 8 <= outputs; co += 8) tile4x8(xAt, dy + (<usize>co << 2), row + (<usize>co << 2), rowBytes, count, xStep, yStep);
    for (; co + 4 <= outputs; co += 4) tile4x4(xAt, dy + (<usize>co << 2), row + (<usize>co << 2), rowBytes, count, xStep, yStep);
    for (; co < outputs; co++) tile4x1(xAt, dy + (<usize>co << 2), row + (<usize>co << 2), rowBytes, count, xStep, yStep);
  }
  for (; ci < inputs; ci++) {
    const xAt = x + (<usize>ci << 2);
    const row = tap + (<usize>(ci * outputs) << 2);
    let co = 0;
    for (; co + 8 <= outputs; co += 8) tile1x8(xAt, dy + (<usize>co << 2), row + (<usize>co << 2), count, xStep, yStep);
    for (; co < outputs; co++) tile1x1(xAt, dy + (<usize>co << 2), row + (<usize>co << 2), count, xStep, yStep);
  }
}

// prettier-ignore
function tile4x8(x: usize, dy: usize, tap: usize, rowBytes: usize, count: i32, xStep: usize, yStep: usize): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
  for (let i = 0; i < count; i++) {
    const y0 = v128.load(dy), y1 = v128.load(dy, 16);
    const xa = v128.load32_splat(x), xb = v128.load32_splat(x, 4), xc = v128.load32_splat(x, 8), xd = v128.load32_splat(x, 12);
    a0 = multiplyAdd(xa, y0, a0); a1 = multiplyAdd(xa, y1, a1);
    b0 = multiplyAdd(xb, y0, b0); b1 = multiplyAdd(xb, y1, b1);
    c0 = multiplyAdd(xc, y0, c0); c1 = multiplyAdd(xc, y1, c1);
    d0 = multiplyAdd(xd, y0, d0); d1 = multiplyAdd(xd, y1, d1);
    x += xStep; dy += yStep;
  }
  accumulate(tap, a0); accumulate(tap + 16, a1); tap += rowBytes;
  accumulate(tap, b0); accumulate(tap + 16, b1); tap += rowBytes;
  accumulate(tap, c0); accumulate(tap + 16, c1); tap += rowBytes;
  accumulate(tap, d0); accumulate(tap + 16, d1);
}

// prettier-ignore
function tile4x4(x: usize, dy: usize, tap: usize, rowBytes: usize, count: i32, xStep: usize, yStep: usize): void {
  let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
  for (let i = 0; i < count; i++) {
    const y = v128.load(dy);
    a = multiplyAdd(v128.load32_splat(x), y, a);
    b = multiplyAdd(v128.load32_splat(x, 4), y, b);
    c = multiplyAdd(v128.load32_splat(x, 8), y, c);
    d = multiplyAdd(v128.load32_splat(x, 12), y, d);
    x += xStep; dy += yStep;
  }
  accumulate(tap, a); tap += rowBytes;
  accumulate(tap, b); tap += rowBytes;
  accumulate(tap, c); tap += rowBytes;
  accumulate(tap, d);
}

// prettier-ignore
function tile4x1(x: usize, dy: usize, tap: usize, rowBytes: usize, count: i32, xStep: usize, yStep: usize): void {
  let sum = f32x4.splat(0);
  for (let i = 0; i < count; i++) {
    sum = multiplyAdd(v128.load(x), v128.load32_splat(dy), sum);
    x += xStep; dy += yStep;
  }
  store<f32>(tap, load<f32>(tap) + f32x4.extract_lane(sum, 0)); tap += rowBytes;
  store<f32>(tap, load<f32>(tap) + f32x4.extract_lane(sum, 1)); tap += rowBytes;
  store<f32>(tap, load<f32>(tap) + f32x4.extract_lane(sum, 2)); tap += rowBytes;
  store<f32>(tap, load<f32>(tap) + f32x4.extract_lane(sum, 3));
}

// prettier-ignore
function tile1x8(x: usize, dy: usize, tap: usize, count: i32, xStep: usize, yStep: usize): void {
  let a = f32x4.splat(0), b = f32x4.splat(0);
  for (let i = 0; i < count; i++) {
    const xa = v128.load32_splat(x);
    a = multiplyAdd(xa, v128.load(dy), a);
    b = multiplyAdd(xa, v128.load(dy, 16), b);
    x += xStep; dy += yStep;
  }
  accumulate(tap, a); accumulate(tap + 16, b);
}

// prettier-ignore
function tile1x1(x: usize, dy: usize, tap: usize, count: i32, xStep: usize, yStep: usize): void {
  let sum: f32 = 0;
  for (let i = 0; i < count; i++) {
    sum += load<f32>(x) * load<f32>(dy);
    x += xStep; dy += yStep;
  }
  store<f32>(tap, load<f32>(tap) + sum);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function accumulate(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}
