import { exp4, log1p4, log4 } from './exponential';

/** Pixels of a block: rows of it stay in the first-level cache. */
export const BLOCK: i32 = 64;
/** Bytes of one row of a block. */
export const ROW: usize = 256;

/**
 * Brings up to 64 pixels from [pixel][class] into rows [class][pixel]: logits z (0 where ignored), labels y, and v, which is one
 * row or one for each class. What is left of the block is ignored pixels.
 */
export function loadBlock(
  logits: usize,
  target: usize,
  valid: usize,
  indices: usize,
  count: i32,
  classes: i32,
  validRows: i32,
  z: usize,
  y: usize,
  v: usize,
): void {
  const length = <usize>classes * ROW;
  memory.fill(y, 0, length);
  memory.fill(v, 0, <usize>validRows * ROW);
  if (count < BLOCK) memory.fill(z, 0, length);
  const step = <usize>classes << 2;
  for (let i = 0; i < count; i++) {
    const lane = <usize>i << 2;
    const from = logits + <usize>i * step;
    if (indices != 0) {
      const label = load<i32>(indices + lane);
      const seen = label >= 0;
      if (seen) {
        store<f32>(v + lane, 1);
        store<f32>(y + <usize>label * ROW + lane, 1);
      }
      for (let k = 0; k < classes; k++) {
        store<f32>(z + <usize>k * ROW + lane, seen ? load<f32>(from + (<usize>k << 2)) : 0);
      }
      continue;
    }
    const labels = target + <usize>i * step;
    for (let k = 0; k < classes; k++) {
      const at = <usize>k << 2;
      const row = <usize>k * ROW + lane;
      const seen = load<f32>(valid + (<usize>(validRows == 1 ? i : i * classes + k) << 2));
      store<f32>(v + (validRows == 1 ? lane : row), seen);
      store<f32>(y + row, load<f32>(labels + at));
      store<f32>(z + row, seen > 0 ? load<f32>(from + at) : 0);
    }
  }
}

/** s = softmax(T z) of the rows; the logarithm of the sum of exponentials into `logs`, unless that is 0. */
export function softmaxRows(z: usize, s: usize, classes: i32, temperature: f32, logs: usize): void {
  const t = f32x4.splat(temperature);
  const end = <usize>classes * ROW;
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    let largest = f32x4.mul(t, v128.load(z + lane));
    for (let row = ROW; row < end; row += ROW) {
      largest = f32x4.pmax(largest, f32x4.mul(t, v128.load(z + row + lane)));
    }
    let sum = f32x4.splat(0);
    for (let row: usize = 0; row < end; row += ROW) {
      const e = exp4(f32x4.sub(f32x4.mul(t, v128.load(z + row + lane)), largest));
      v128.store(s + row + lane, e);
      sum = f32x4.add(sum, e);
    }
    const inverse = f32x4.div(f32x4.splat(1), sum);
    for (let row: usize = 0; row < end; row += ROW) {
      v128.store(s + row + lane, f32x4.mul(inverse, v128.load(s + row + lane)));
    }
    if (logs != 0) v128.store(logs + lane, f32x4.add(largest, log4(sum)));
  }
}

/** σ(T z), 1 - σ(T z) and log(1 + e^-|T z|) of the rows. */
export function sigmoidRows(z: usize, s: usize, c: usize, logs: usize, classes: i32, temperature: f32): void {
  const t = f32x4.splat(temperature);
  const one = f32x4.splat(1);
  const end = <usize>classes * ROW;
  for (let at: usize = 0; at < end; at += 16) {
    const x = f32x4.mul(t, v128.load(z + at));
    const e = exp4(f32x4.neg(f32x4.abs(x)));
    const large = f32x4.div(one, f32x4.add(one, e));
    const small = f32x4.mul(e, large);
    const positive = f32x4.ge(x, f32x4.splat(0));
    v128.store(s + at, v128.bitselect(large, small, positive));
    v128.store(c + at, v128.bitselect(small, large, positive));
    v128.store(logs + at, log1p4(e));
  }
}
