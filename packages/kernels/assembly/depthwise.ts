// Gradients of a depthwise convolution, y[n,oy,ox,c·M+m] = Σ_{ky,kx} x[n, oy·s+ky·d-pad, ox·s+kx·d-pad, c] · w[ky,kx,c,m].
// With a multiplier M > 1 a row of x is first repeated M times by channel (and a row of dx summed back): from there on every
// channel has one filter, and vectors run over the channels.
import { multiplyAdd } from './multiply-add';
import { endOutput, firstOutput } from './tap-range';

/**
 * dw[ky,kx,k] = Σ x[n,iy,ix,k/M] · dy[n,oy,ox,k], as one partial sum [kh,kw,k] for each `rowsPerPart` rows of dy, at `sums`.
 * Scratch: a row of x, repeated.
 */
// prettier-ignore
export function depthwiseFilterGradient(
  x: usize, dy: usize, sums: usize,
  batch: i32, height: i32, width: i32, channels: i32, multiplier: i32,
  outHeight: i32, outWidth: i32, filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32, rowsPerPart: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const outputs = channels * multiplier;
  const pixel = <usize>outputs << 2;
  const size = <usize>(filterHeight * filterWidth) * pixel;
  for (let part = first; part < end; part++) {
    const slot = sums + <usize>part * size;
    memory.fill(slot, 0, size);
    const endRow = min((part + 1) * rowsPerPart, batch * outHeight);
    for (let row = part * rowsPerPart; row < endRow; row++) {
      const n = row / outHeight;
      const oy = row - n * outHeight;
      const dyRow = dy + <usize>(row * outWidth) * pixel;
      for (let ky = 0; ky < filterHeight; ky++) {
        const iy = oy * strideY + ky * dilationY - padTop;
        if (iy < 0 || iy >= height) continue;
        let xRow = x + (<usize>((n * height + iy) * width * channels) << 2);
        if (multiplier > 1) {
          repeatChannels(xRow, scratch, width * channels, multiplier);
          xRow = scratch;
        }
        for (let kx = 0; kx < filterWidth; kx++) {
          const offset = kx * dilationX - padLeft;
          const from = firstOutput(offset, strideX);
          const count = endOutput(offset, strideX, width, outWidth) - from;
          const at = xRow + <usize>(from * strideX + offset) * pixel;
          productSums(at, dyRow + <usize>from * pixel, slot + <usize>(ky * filterWidth + kx) * pixel, outputs, count, <usize>strideX * pixel);
        }
      }
    }
  }
}

/** dx[n,iy,ix,c] = Σ_{m,ky,kx} dy · w; a part is a row of dx. Scratch: that row, repeated. */
// prettier-ignore
export function depthwiseInputGradient(
  dy: usize, w: usize, dx: usize,
  batch: i32, height: i32, width: i32, channels: i32, multiplier: i32,
  outHeight: i32, outWidth: i32, filterHeight: i32, filterWidth: i32,
  strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, padTop: i32, padLeft: i32,
  scratch: usize, first: i32, end: i32,
): void {
  const outputs = channels * multiplier;
  const pixel = <usize>outputs << 2;
  for (let row = first; row < end; row++) {
    const n = row / height;
    const iy = row - n * height;
    const to = dx + (<usize>(row * width * channels) << 2);
    const sums = multiplier > 1 ? scratch : to;
    memory.fill(sums, 0, <usize>width * pixel);
    for (let ky = 0; ky < filterHeight; ky++) {
      const top = iy + padTop - ky * dilationY;
      const oy = top / strideY;
      if (top < 0 || oy * strideY != top || oy >= outHeight) continue;
      const dyRow = dy + <usize>((n * outHeight + oy) * outWidth) * pixel;
      for (let kx = 0; kx < filterWidth; kx++) {
        const offset = kx * dilationX - padLeft;
        const from = firstOutput(offset, strideX);
        const count = endOutput(offset, strideX, width, outWidth) - from;
        const at = sums + <usize>(from * strideX + offset) * pixel;
        addScaled(dyRow + <usize>from * pixel, w + <usize>(ky * filterWidth + kx) * pixel, at, outputs, count, <usize>strideX * pixel);
      }
    }
    if (multiplier > 1) sumChannels(scratch, to, width * channels, multiplier);
  }
}

/** sums[k] += Σ_i x[i·xStep + k] · dy[i, k] */
// prettier-ignore
function productSums(x: usize, dy: usize, sums: usize, channels: i32, count: i32, xStep: usize): void {
  const yStep = <usize>channels << 2;
  let k = 0;
  for (; k + 16 <= channels; k += 16) {
    let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
    let xAt = x + (<usize>k << 2), yAt = dy + (<usize>k << 2);
    for (let i = 0; i < count; i++) {
      a = multiplyAdd(v128.load(xAt), v128.load(yAt), a);
      b = multiplyAdd(v128.load(xAt, 16), v128.load(yAt, 16), b);
      c = multiplyAdd(v128.load(xAt, 32), v128.load(yAt, 32), c);
      d = multiplyAdd(v128.load(xAt, 48), v128.load(yAt, 48), d);
      xAt += xStep; yAt += yStep;
    }
    const to = sums + (<usize>k << 2);
    accumulate(to, a); accumulate(to + 16, b); accumulate(to + 32, c); accumulate(to + 48, d);
  }
  for (; k + 4 <= channels; k += 4) {
    let a = f32x4.splat(0), b = f32x4.splat(0);
    let xAt = x + (<usize>k << 2), yAt = dy + (<usize>k << 2);
    let i = 0;
    for (; i + 2 <= count; i += 2) {
      a = multiplyAdd(v128.load(xAt), v128.load(yAt), a);
      b = multiplyAdd(v128.load(xAt + xStep), v128.load(yAt + yStep), b);
      xAt += xStep << 1; yAt += yStep << 1;
    }
    if (i < count) a = multiplyAdd(v128.load(xAt), v128.load(yAt), a);
    accumulate(sums + (<usize>k << 2), f32x4.add(a, b));
  }
  for (; k < channels; k++) {
    let sum: f32 = 0;
    let xAt = x + (<usize>k << 2), yAt = dy + (<usize>k << 2);
    for (let i = 0; i < count; i++) {
      sum += load<f32>(xAt) * load<f32>(yAt);
      xAt += xStep; yAt += yStep;
    }
    const to = sums + (<usize>k << 2);
    store<f32>(to, load<f32>(to) + sum);
  }
}

/** dx[i·xStep + k] += dy[i, k] · w[k] */
// prettier-ignore
function addScaled(dy: usize, w: usize, dx: usize, channels: i32, count: i32, xStep: usize): void {
  const yStep = <usize>channels << 2;
  if (channels > 64) {
    for (let i = 0; i < count; i++) {
      let k: usize = 0;
      for (; k + 16 <= yStep; k += 16) v128.store(dx + k, multiplyAdd(v128.load(dy + k), v128.load(w + k), v128.load(dx + k)));
      for (; k < yStep; k += 4) store<f32>(dx + k, load<f32>(dx + k) + load<f32>(dy + k) * load<f32>(w + k));
      dx += xStep; dy += yStep;
    }
    return;
  }
  let k = 0;
  for (; k + 16 <= channels; k += 16) {
    const wAt = w + (<usize>k << 2);
    const a = v128.load(wAt), b = v128.load(wAt, 16), c = v128.load(wAt, 32), d = v128.load(wAt, 48);
    let at = dx + (<usize>k << 2), yAt = dy + (<usize>k << 2);
    for (let i = 0; i < count; i++) {
      v128.store(at, multiplyAdd(v128.load(yAt), a, v128.load(at)));
      v128.store(at, multiplyAdd(v128.load(yAt, 16), b, v128.load(at, 16)), 16);
      v128.store(at, multiplyAdd(v128.load(yAt, 32), c, v128.load(at, 32)), 32);
      v128.store(at, multiplyAdd(v128.load(yAt, 48), d, v128.load(at, 48)), 48);
      at += xStep; yAt += yStep;
    }
  }
  for (; k + 4 <= channels; k += 4) {
    const a = v128.load(w + (<usize>k << 2));
    let at = dx + (<usize>k << 2), yAt = dy + (<usize>k << 2);
    for (let i = 0; i < count; i++) {
      v128.store(at, multiplyAdd(v128.load(yAt), a, v128.load(at)));
      at += xStep; yAt += yStep;
    }
  }
  for (; k < channels; k++) {
    const a = load<f32>(w + (<usize>k << 2));
    let at = dx + (<usize>k << 2), yAt = dy + (<usize>k << 2);
    for (let i = 0; i < count; i++) {
      store<f32>(at, load<f32>(at) + load<f32>(yAt) * a);
      at += xStep; yAt += yStep;
    }
  }
}

function repeatChannels(from: usize, to: usize, count: i32, times: i32): void {
  for (let i = 0; i < count; i++) {
    const value = load<f32>(from + (<usize>i << 2));
    for (let m = 0; m < times; m++) store<f32>(to + (<usize>(i * times + m) << 2), value);
  }
}

function sumChannels(from: usize, to: usize, count: i32, times: i32): void {
  for (let i = 0; i < count; i++) {
    let sum: f32 = 0;
    for (let m = 0; m < times; m++) sum += load<f32>(from + (<usize>(i * times + m) << 2));
    store<f32>(to + (<usize>i << 2), sum);
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function accumulate(at: usize, value: v128): void {
  v128.store(at, f32x4.add(v128.load(at), value));
}
