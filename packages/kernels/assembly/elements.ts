// Elements that a sigmoid takes one by one are read as they lie: four pixels are K vectors of four elements, whose
// channels are the same in every four pixels.
import { exp4, log1p4 } from './exponential';

/** Groups of four pixels that are done at a time: about 512 elements. */
// @ts-ignore: decorator
@inline
export function groupsOf(classes: i32): i32 {
  return max(1, 128 / classes);
}

/** Bytes of the elements that are done at a time. */
// @ts-ignore: decorator
@inline
export function elementBytes(classes: i32): i32 {
  return 16 * classes * groupsOf(classes);
}

/**
 * Loads `count` pixels as they lie: logits z (0 where ignored: not even a NaN comes through), labels y, and v = 1 at valid elements.
 * Up to a whole group of four pixels the rest is ignored.
 */
// prettier-ignore
export function loadElements(
  logits: usize, target: usize, valid: usize, indices: usize, pixel: i32, count: i32, classes: i32, validRows: i32,
  z: usize, y: usize, v: usize,
): void {
  const row = <usize>classes << 2;
  const from = <usize>pixel * row;
  const length = <usize>count * row;
  const whole = <usize>((count + 3) >> 2) * (row << 2);
  memory.copy(z, logits + from, length);
  if (indices != 0) memory.fill(y, 0, length);
  else memory.copy(y, target + from, length);
  if (indices == 0 && validRows == classes) {
    memory.copy(v, valid + from, length);
  } else {
    for (let i = 0; i < count; i++) {
      const place = <usize>(pixel + i) << 2;
      const to = v + <usize>i * row;
      if (indices != 0) {
        const label = load<i32>(indices + place);
        fillRow(to, label < 0 ? 0 : 1, row);
        if (label >= 0) store<f32>(y + <usize>i * row + (<usize>label << 2), 1);
      } else {
        fillRow(to, load<f32>(valid + place), row);
      }
    }
  }
  memory.fill(z + length, 0, whole - length);
  memory.fill(y + length, 0, whole - length);
  memory.fill(v + length, 0, whole - length);
  const zero = f32x4.splat(0);
  for (let at: usize = 0; at < whole; at += 16) {
    v128.store(z + at, v128.and(v128.load(z + at), f32x4.gt(v128.load(v + at), zero)));
  }
}

// @ts-ignore: decorator
@inline
function fillRow(to: usize, value: f32, bytes: usize): void {
  for (let k: usize = 0; k < bytes; k += 4) store<f32>(to + k, value);
}

/** σ(T z) and 1 - σ(T z), T being that of the table. */
export function sigmoids(z: usize, s: usize, c: usize, bytes: usize, table: usize): void {
  eachSigmoid(z, s, c, 0, 0, bytes, table, false);
}

/** {@link sigmoids}, and log σ(z) and log(1 - σ(z)). */
// prettier-ignore
export function sigmoidsAndLogs(
  z: usize, s: usize, c: usize, logS: usize, logC: usize, bytes: usize, table: usize,
): void {
  eachSigmoid(z, s, c, logS, logC, bytes, table, true);
}

// prettier-ignore
// @ts-ignore: decorator of AssemblyScript
@inline
function eachSigmoid(
  z: usize, s: usize, c: usize, logS: usize, logC: usize, bytes: usize, table: usize, logs: bool,
): void {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const x = v128.load(z + at);
    const e = exp4(f32x4.neg(f32x4.abs(x)), table);
    const large = f32x4.div(one, f32x4.add(one, e));
    const small = f32x4.mul(e, large);
    const positive = f32x4.ge(x, zero);
    v128.store(s + at, v128.bitselect(large, small, positive));
    v128.store(c + at, v128.bitselect(small, large, positive));
    if (logs) {
      const tail = log1p4(e, table);
      v128.store(logS + at, f32x4.sub(f32x4.pmin(x, zero), tail));
      v128.store(logC + at, f32x4.sub(f32x4.pmin(f32x4.neg(x), zero), tail));
    }
  }
}

/** Adds vectors of elements as they lie to the float64 sums of their channels, [length, 4 K] to [length, K], and clears them. */
export function flushElements(lanes: usize, sums: usize, length: i32, classes: i32): void {
  for (let i = 0; i < length; i++) {
    for (let copy = 0; copy < 4; copy++) {
      for (let k: usize = 0; k < <usize>classes; k++) {
        const to = sums + (k << 3);
        store<f64>(to, load<f64>(to) + <f64>load<f32>(lanes));
        store<f32>(lanes, 0);
        lanes += 4;
      }
    }
    sums += <usize>classes << 3;
  }
}
