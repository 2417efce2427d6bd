// dx[n, oy·s+ky·d-pad, ox·s+kx·d-pad, ci] += Σ_co dy[n,oy,ox,co] · w[ky,kx,ci,co]
// (the gradient of the input, and the forward pass of a transposed convolution)
import { multiplyAdd } from './multiply-add';

/** The filter with input and output channels swapped: [kh,kw,ci,co] to [kh,kw,co,ci]. */
export function swapFilter(w: usize, swapped: usize, taps: i32, inputs: i32, outputs: i32): void {
  for (let t = 0; t < taps; t++) {
    transposeTap(w + (<usize>(t * inputs * outputs) << 2), swapped + (<usize>(t * inputs * outputs) << 2), inputs, outputs);
  }
}

/** As {@link swapFilter}, and turned by 180 degrees: a stride-1 input gradient is a convolution with this filter. */
export function flipFilter(w: usize, flipped: usize, taps: i32, inputs: i32, outputs: i32): void {
  for (let t = 0; t < taps; t++) {
    const to = flipped + (<usize>((taps - 1 - t) * inputs * outputs) << 2);
    transposeTap(w + (<usize>(t * inputs * outputs) << 2), to, inputs, outputs);
  }
}

function transposeTap(from: usize, to: usize, rows: i32, columns: i32): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      store<f32>(to + (<usize>(c * rows + r) << 2), load<f32>(from + (<usize>(r * columns + c) << 2)));
    }
  }
}

/** `w` is the swapped filter [kh,kw,co,ci]. */
// prettier-ignore
export function conv2dInputGradient(
  dy: usize, w: usize, dx: usize,
  batch: i32, height: i32, width: i32, inputs: i32,
  outHeight: i32, outWidth: i32, outputs: i32,
  filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32,
): void {
  memory.fill(dx, 0, <usize>(batch * height * width * inputs) << 2);
  const xStep = <usize>(strideX * inputs) << 2;
  const yStep = <usize>outputs << 2;
  for (let n = 0; n < batch; n++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const dyRow = dy + (<usize>((n * outHeight + oy) * outWidth * outputs) << 2);
      for (let ky = 0; ky < filterHeight; ky++) {
        const iy = oy * strideY + ky * dilationY - padTop;
        if (iy < 0 || iy >= height) continue;
        for (let kx = 0; kx < filterWidth; kx++) {
          const offset = kx * dilationX - padLeft;
          const first = offset < 0 ? (-offset + strideX - 1) / strideX : 0;
          const last = min((width - 1 - offset) / strideX, outWidth - 1);
          if (last < first || width - 1 - offset < 0) continue;
          const dxAt = dx + (<usize>(((n * height + iy) * width + first * strideX + offset) * inputs) << 2);
          const dyAt = dyRow + (<usize>(first * outputs) << 2);
          const tap = w + (<usize>((ky * filterWidth + kx) * inputs * outputs) << 2);
          rowTimesTap(dyAt, tap, dxAt, last - first + 1, inputs, outputs, xStep, yStep);
        }
      }
    }
  }
}

/** dx[i·xStep + ci] += Σ_co dy[i·yStep + co] · tap[co,ci] */
// prettier-ignore
export function rowTimesTap(
  dy: usize, tap: usize, dx: usize, count: i32, inputs: i32, outputs: i32, xStep: usize, yStep: usize,
): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    let ci = 0;
    for (; ci + 8 <= inputs; ci += 8) tile4x8(dy, tap + (<usize>ci << 2), dx + (<usize>ci << 2), inputs, outputs, xStep, yStep);
    for (; ci + 4 <= inputs; ci += 4) tile4x4(dy, tap + (<usize>ci << 2), dx + (<usize>ci << 2), inputs, outputs, xStep, yStep);
    for (; ci < inputs; ci++) {
      for (let j = 0; j < 4; j++) dot(dy + <usize>j * yStep, tap + (<usize>ci << 2), dx + <usize>j * xStep + (<usize>ci << 2), inputs, outputs);
    }
    dy += yStep << 2;
    dx += xStep << 2;
  }
  for (; i < count; i++) {
    let ci = 0;
    for (; ci + 4 <= inputs; ci += 4) tile1x4(dy, tap + (<usize>ci << 2), dx + (<usize>ci << 2), inputs, outputs);
    for (; ci < inputs; ci++) dot(dy, tap + (<usize>ci << 2), dx + (<usize>ci << 2), inputs, outputs);
    dy += yStep;
    dx += xStep;
  }
}

// prettier-ignore
function tile4x8(dy: usize, tap: usize, dx: usize, inputs: i32, outputs: i32, xStep: usize, yStep: usize): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
  const rowBytes = <usize>inputs << 2;
  let ya = dy, yb = dy + yStep, yc = yb + yStep, yd = yc + yStep;
  for (let co = 0; co < outputs; co++) {
    const w0 = v128.load(tap), w1 = v128.load(tap, 16);
    const va = v128.load32_splat(ya), vb = v128.load32_splat(yb), vc = v128.load32_splat(yc), vd = v128.load32_splat(yd);
    a0 = multiplyAdd(va, w0, a0); a1 = multiplyAdd(va, w1, a1);
    b0 = multiplyAdd(vb, w0, b0); b1 = multiplyAdd(vb, w1, b1);
    c0 = multiplyAdd(vc, w0, c0); c1 = multiplyAdd(vc, w1, c1);
    d0 = multiplyAdd(vd, w0, d0); d1 = multiplyAdd(vd, w1, d1);
    tap += rowBytes; ya += 4; yb += 4; yc += 4; yd += 4;
  }
  accumulate(dx, a0); accumulate(dx + 16, a1); dx += xStep;
  accumulate(dx, b0); accumulate(dx + 16, b1); dx += xStep;
  accumulate(dx, c0); accumulate(dx + 16, c1); dx += xStep;
  accumulate(dx, d0); accumulate(dx + 16, d1);
}

// prettier-ignore
function tile4x4(dy: usize, tap: usize, dx: usize, inputs: i32, outputs: i32, xStep: usize, yStep: usize): void {
  let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
  const rowBytes = <usize>inputs << 2;
  let ya = dy, yb = dy + yStep, yc = yb + yStep, yd = yc + yStep;
  for (let co = 0; co < outputs; co++) {
    const w = v128.load(tap);
    a = multiplyAdd(v128.load32_splat(ya), w, a);
    b = multiplyAdd(v128.load32_splat(yb), w, b);
    c = multiplyAdd(v128.load32_splat(yc), w, c);
    d = multiplyAdd(v128.load32_splat(yd), w, d);
    tap += rowBytes; ya += 4; yb += 4; yc += 4; yd += 4;
  }
  accumulate(dx, a); dx += xStep;
  accumulate(dx, b); dx += xStep;
  accumulate(dx, c); dx += xStep;
  accumulate(dx, d);
}

// prettier-ignore
function tile1x4(dy: usize, tap: usize, dx: usize, inputs: i32, outputs: i32): void {
  let a = f32x4.splat(0);
  const rowBytes = <usize>inputs << 2;
  for (let co = 0; co < outputs; co++) {
    a = multiplyAdd(v128.load32_splat(dy), v128.load(tap), a);
    tap += rowBytes; dy += 4;
  }
  accumulate(dx, a);
}

function dot(dy: usize, tap: usize, dx: usize, inputs: i32, outputs: i32): void {
  let sum: f32 = 0;
  const rowBytes = <usize>inputs << 2;
  for (let co = 0; co < outputs; co++) {
    sum += load<f32>(dy) * load<f32>(tap);
    tap += rowBytes;
    dy += 4;
  }
  store<f32>(dx, load<f32>(dx) + sum);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function accumulate(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}
