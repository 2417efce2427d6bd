import { exp4, log1p4, log4 } from './exponential';

/** Pixels of a block: rows of it stay in the first-level cache. */
export const BLOCK: i32 = 64;
/** Bytes of one row of a block. */
export const ROW: usize = 256;

/** Four times four numbers, rows to columns; the steps are bytes from row to row. */
// @ts-ignore: decorator of AssemblyScript
@inline
function transposeSquare(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + fromStep);
  const c = v128.load(from + 2 * fromStep);
  const d = v128.load(from + 3 * fromStep);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to + toStep, i64x2.shuffle(ab, cd, 1, 3));
  v128.store(to + 2 * toStep, i64x2.shuffle(ab2, cd2, 0, 2));
  v128.store(to + 3 * toStep, i64x2.shuffle(ab2, cd2, 1, 3));
}

/** Four pixels of `classes` classes to rows. The last four classes may overlap those before: twice the same. */
function pixelsToRows(from: usize, lane: usize, classes: i32): void {
  const step = <usize>classes << 2;
  if (classes >= 4) {
    for (let k = 0; k + 4 <= classes; k += 4) transposeSquare(from + (<usize>k << 2), step, lane + <usize>k * ROW, ROW);
    if (classes & 3) transposeSquare(from + (<usize>(classes - 4) << 2), step, lane + <usize>(classes - 4) * ROW, ROW);
    return;
  }
  const a = v128.load(from);
  if (classes == 1) {
    v128.store(lane, a);
    return;
  }
  const b = v128.load(from, 16);
  if (classes == 2) {
    v128.store(lane, i32x4.shuffle(a, b, 0, 2, 4, 6));
    v128.store(lane + ROW, i32x4.shuffle(a, b, 1, 3, 5, 7));
    return;
  }
  const c = v128.load(from, 32);
  v128.store(lane, i32x4.shuffle(i32x4.shuffle(a, b, 0, 3, 6, 6), c, 0, 1, 2, 5));
  v128.store(lane + ROW, i32x4.shuffle(i32x4.shuffle(a, b, 1, 4, 7, 7), c, 0, 1, 2, 6));
  v128.store(lane + 2 * ROW, i32x4.shuffle(i32x4.shuffle(a, b, 2, 5, 5, 5), c, 0, 1, 4, 7));
}

/** [pixel][class] to rows [class][pixel]. */
export function toRows(from: usize, rows: usize, count: i32, classes: i32): void {
  const step = <usize>classes << 2;
  let i = 0;
  for (; i + 4 <= count; i += 4) pixelsToRows(from + <usize>i * step, rows + (<usize>i << 2), classes);
  for (; i < count; i++) {
    for (let k = 0; k < classes; k++) {
      store<f32>(rows + <usize>k * ROW + (<usize>i << 2), load<f32>(from + <usize>i * step + (<usize>k << 2)));
    }
  }
}

function pixelsFromRows(lane: usize, to: usize, classes: i32): void {
  const step = <usize>classes << 2;
  if (classes >= 4) {
    for (let k = 0; k + 4 <= classes; k += 4) transposeSquare(lane + <usize>k * ROW, ROW, to + (<usize>k << 2), step);
    if (classes & 3) transposeSquare(lane + <usize>(classes - 4) * ROW, ROW, to + (<usize>(classes - 4) << 2), step);
    return;
  }
  const a = v128.load(lane);
  if (classes == 1) {
    v128.store(to, a);
    return;
  }
  const b = v128.load(lane + ROW);
  if (classes == 2) {
    v128.store(to, i32x4.shuffle(a, b, 0, 4, 1, 5));
    v128.store(to, i32x4.shuffle(a, b, 2, 6, 3, 7), 16);
    return;
  }
  const c = v128.load(lane + 2 * ROW);
  v128.store(to, i32x4.shuffle(i32x4.shuffle(a, b, 0, 4, 1, 1), c, 0, 1, 4, 2));
  v128.store(to, i32x4.shuffle(i32x4.shuffle(a, b, 5, 2, 6, 6), c, 0, 5, 1, 2), 16);
  v128.store(to, i32x4.shuffle(i32x4.shuffle(a, b, 3, 7, 7, 7), c, 6, 0, 1, 7), 32);
}

/** Rows [class][pixel] to [pixel][class]. */
export function fromRows(rows: usize, to: usize, count: i32, classes: i32): void {
  const step = <usize>classes << 2;
  let i = 0;
  for (; i + 4 <= count; i += 4) pixelsFromRows(rows + (<usize>i << 2), to + <usize>i * step, classes);
  for (; i < count; i++) {
    for (let k = 0; k < classes; k++) {
      store<f32>(to + <usize>i * step + (<usize>k << 2), load<f32>(rows + <usize>k * ROW + (<usize>i << 2)));
    }
  }
}

/**
 * Brings up to 64 pixels, from number `first` on, from [pixel][class] into rows [class][pixel]: logits z (0 where ignored), labels y, and v, which is one
 * row or one for each class. What is left of the block is ignored pixels.
 */
export function loadBlock(
  logits: usize,
  target: usize,
  valid: usize,
  indices: usize,
  first: i32,
  count: i32,
  classes: i32,
  validRows: i32,
  z: usize,
  y: usize,
  v: usize,
): void {
  const length = <usize>classes * ROW;
  const channels = <usize>(first * classes) << 2;
  if (count < BLOCK) memory.fill(z, 0, length);
  toRows(logits + channels, z, count, classes);
  memory.fill(v, 0, <usize>validRows * ROW);
  if (indices != 0) {
    memory.fill(y, 0, length);
    for (let i = 0; i < count; i++) {
      const lane = <usize>i << 2;
      const label = load<i32>(indices + (<usize>first << 2) + lane);
      if (label < 0) continue;
      store<f32>(v + lane, 1);
      store<f32>(y + <usize>label * ROW + lane, 1);
    }
  } else {
    if (count < BLOCK) memory.fill(y, 0, length);
    toRows(target + channels, y, count, classes);
    toRows(valid + (<usize>(first * validRows) << 2), v, count, validRows);
  }
  // Not even a NaN may come through at ignored pixels.
  const zero = f32x4.splat(0);
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    if (validRows == 1) {
      const seen = f32x4.gt(v128.load(v + lane), zero);
      if (i32x4.all_true(seen)) continue;
      for (let row: usize = 0; row < length; row += ROW) {
        v128.store(z + row + lane, v128.and(seen, v128.load(z + row + lane)));
      }
    } else {
      for (let row: usize = 0; row < length; row += ROW) {
        const seen = f32x4.gt(v128.load(v + row + lane), zero);
        v128.store(z + row + lane, v128.and(seen, v128.load(z + row + lane)));
      }
    }
  }
}

/** s = softmax(T z) of the rows, T > 0; the logarithm of the sum of exponentials into `logs`, unless that is 0. */
export function softmaxRows(z: usize, s: usize, classes: i32, temperature: f32, logs: usize, table: usize): void {
  exponentials(z, s, 0, 0, logs, classes, temperature, table);
}

/**
 * e = exp(T z - max) in rows, T > 0, inverse = v / Σ e and, where wanted, logs = T max + log Σ e. Without a row for the inverse
 * (0), and v = 1 (0), the exponentials are multiplied by it at once.
 */
// prettier-ignore
export function exponentials(
  z: usize, e: usize, v: usize, inverse: usize, logs: usize, classes: i32, temperature: f32, table: usize,
): void {
  const t = f32x4.splat(temperature);
  const one = f32x4.splat(1);
  const end = <usize>classes * ROW;
  for (let lane: usize = 0; lane < ROW; lane += 32) {
    // Two vectors at a time: the one computes while the other waits.
    let largest = v128.load(z + lane);
    let largest2 = v128.load(z + lane, 16);
    for (let at = z + lane + ROW; at < z + end; at += ROW) {
      largest = f32x4.pmax(largest, v128.load(at));
      largest2 = f32x4.pmax(largest2, v128.load(at, 16));
    }
    let sum = f32x4.splat(0);
    let sum2 = f32x4.splat(0);
    let to = e + lane;
    for (let at = z + lane; at < z + end; at += ROW) {
      // T (z - max), not T z - T max: the difference is exact, the products are not.
      const a = exp4(f32x4.mul(t, f32x4.sub(v128.load(at), largest)), table);
      const b = exp4(f32x4.mul(t, f32x4.sub(v128.load(at, 16), largest2)), table);
      v128.store(to, a);
      v128.store(to, b, 16);
      sum = f32x4.add(sum, a);
      sum2 = f32x4.add(sum2, b);
      to += ROW;
    }
    const scale = f32x4.div(v == 0 ? one : v128.load(v + lane), sum);
    const scale2 = f32x4.div(v == 0 ? one : v128.load(v + lane, 16), sum2);
    if (inverse != 0) {
      v128.store(inverse + lane, scale);
      v128.store(inverse + lane, scale2, 16);
    } else {
      for (let at = e + lane; at < e + end; at += ROW) {
        v128.store(at, f32x4.mul(scale, v128.load(at)));
        v128.store(at, f32x4.mul(scale2, v128.load(at, 16)), 16);
      }
    }
    if (logs != 0) {
      v128.store(logs + lane, f32x4.add(f32x4.mul(t, largest), log4(sum)));
      v128.store(logs + lane, f32x4.add(f32x4.mul(t, largest2), log4(sum2)), 16);
    }
  }
}

/** Adds the four lanes to the float64 number at `at`. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function addLanes(at: usize, sum: v128): void {
  const pairs = f64x2.add(f64x2.promote_low_f32x4(sum), f64x2.promote_low_f32x4(i64x2.shuffle(sum, sum, 1, 0)));
  store<f64>(at, load<f64>(at) + f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1));
}

/** σ(T z), 1 - σ(T z) and log(1 + e^-|T z|) of the rows. */
export function sigmoidRows(z: usize, s: usize, c: usize, logs: usize, classes: i32, temperature: f32, table: usize): void {
  const t = f32x4.splat(temperature);
  const one = f32x4.splat(1);
  const end = <usize>classes * ROW;
  for (let at: usize = 0; at < end; at += 16) {
    const x = f32x4.mul(t, v128.load(z + at));
    const e = exp4(f32x4.neg(f32x4.abs(x)), table);
    const large = f32x4.div(one, f32x4.add(one, e));
    const small = f32x4.mul(e, large);
    const positive = f32x4.ge(x, f32x4.splat(0));
    v128.store(s + at, v128.bitselect(large, small, positive));
    v128.store(c + at, v128.bitselect(small, large, positive));
    v128.store(logs + at, log1p4(e));
  }
}
