// dw[ky,kx,ci,co] = Σ_{n,oy,ox} x[n, oy·s+ky·d-pad, ox·s+kx·d-pad, ci] · dy[n,oy,ox,co]
// NHWC rows of x and dy are already the packed operands of an outer product, so a tile of 4 input by 8 output channels
// stays in registers along a row of the image. Row sums are added to dw: two levels keep float32 rounding small.
import { multiplyAdd } from './multiply-add';

// prettier-ignore
export function conv2dFilterGradient(
  x: usize, dy: usize, dw: usize,
  batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32,
  filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32,
): void {
  memory.fill(dw, 0, <usize>(filterHeight * filterWidth * inputs * outputs) << 2);
  const xStep = <usize>(strideX * inputs) << 2;
  const yStep = <usize>outputs << 2;
  for (let n = 0; n < batch; n++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const dyRow = dy + (<usize>((n * outHeight + oy) * outWidth * outputs) << 2);
      for (let ky = 0; ky < filterHeight; ky++) {
        const iy = oy * strideY + ky * dilationY - padTop;
        if (iy < 0 || iy >= height) continue;
        for (let kx = 0; kx < filterWidth; kx++) {
          // The outputs whose input column ox·s + offset lies within the image.
          const offset = kx * dilationX - padLeft;
          const first = offset < 0 ? (-offset + strideX - 1) / strideX : 0;
          const last = min((width - 1 - offset) / strideX, outWidth - 1);
          const count = last - first + 1;
          if (count <= 0 || width - 1 - offset < 0) continue;
          const xAt = x + (<usize>(((n * height + iy) * width + first * strideX + offset) * inputs) << 2);
          const dyAt = dyRow + (<usize>(first * outputs) << 2);
          const tap = dw + (<usize>((ky * filterWidth + kx) * inputs * outputs) << 2);
          outerProducts(xAt, dyAt, tap, inputs, outputs, count, xStep, yStep);
        }
      }
    }
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
