import { exp16, log4 } from './exponential';

/** Pixels of a block: its rows stay in the first-level cache, and one row is four vectors, which are computed side by side. */
export const BLOCK: i32 = 16;
/** Bytes of one row of a block. */
export const ROW: usize = 64;

/**
 * Up to here the four pixels that are transposed together lie so close that the processor fetches their lines of memory ahead. Of more classes
 * a block is first touched line by line, in their order: a third less time for 150.
 */
export const MOST_ADJACENT: i32 = 48;

/** Stores four times four numbers, rows to columns; `step` is bytes from row to row. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function storeTransposed(a: v128, b: v128, c: v128, d: v128, to: usize, step: usize): void {
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(to, i64x2.shuffle(ab, cd, 0, 2));
  v128.store(to + step, i64x2.shuffle(ab, cd, 1, 3));
  v128.store(to + 2 * step, i64x2.shuffle(ab2, cd2, 0, 2));
  v128.store(to + 3 * step, i64x2.shuffle(ab2, cd2, 1, 3));
}

/** Four classes of four pixels to rows; answers the largest of each pixel. */
// @ts-ignore: decorator of AssemblyScript
@inline
function squareToRows(from: usize, step: usize, to: usize): v128 {
  const a = v128.load(from);
  const b = v128.load(from + step);
  const c = v128.load(from + 2 * step);
  const d = v128.load(from + 3 * step);
  const ab = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab2 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd2 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  const first = i64x2.shuffle(ab, cd, 0, 2);
  const second = i64x2.shuffle(ab, cd, 1, 3);
  const third = i64x2.shuffle(ab2, cd2, 0, 2);
  const fourth = i64x2.shuffle(ab2, cd2, 1, 3);
  storeRow(to, first, second, third, fourth, ROW);
  return f32x4.pmax(f32x4.pmax(first, second), f32x4.pmax(third, fourth));
}

/** Four pixels of `classes` classes to rows. The last four classes may overlap those before: twice the same. Answers the largest of each pixel. */
function pixelsToRows(from: usize, lane: usize, classes: i32): v128 {
  const step = <usize>classes << 2;
  if (classes >= 4) {
    let most = squareToRows(from, step, lane);
    for (let k = 4; k + 4 <= classes; k += 4) {
      most = f32x4.pmax(most, squareToRows(from + (<usize>k << 2), step, lane + <usize>k * ROW));
    }
    if (!(classes & 3)) return most;
    const k = <usize>(classes - 4);
    return f32x4.pmax(most, squareToRows(from + (k << 2), step, lane + k * ROW));
  }
  const a = v128.load(from);
  if (classes == 1) {
    v128.store(lane, a);
    return a;
  }
  const b = v128.load(from, 16);
  if (classes == 2) {
    const first = i32x4.shuffle(a, b, 0, 2, 4, 6);
    const second = i32x4.shuffle(a, b, 1, 3, 5, 7);
    v128.store(lane, first);
    v128.store(lane + ROW, second);
    return f32x4.pmax(first, second);
  }
  const c = v128.load(from, 32);
  const first = i32x4.shuffle(i32x4.shuffle(a, b, 0, 3, 6, 6), c, 0, 1, 2, 5);
  const second = i32x4.shuffle(i32x4.shuffle(a, b, 1, 4, 7, 7), c, 0, 1, 2, 6);
  const third = i32x4.shuffle(i32x4.shuffle(a, b, 2, 5, 5, 5), c, 0, 1, 4, 7);
  v128.store(lane, first);
  v128.store(lane + ROW, second);
  v128.store(lane + 2 * ROW, third);
  return f32x4.pmax(f32x4.pmax(first, second), third);
}

/** [pixel][class] to rows [class][pixel]; zeros beyond `count` pixels. Unless `largest` is 0, the largest of each pixel goes into that row. */
export function toRows(from: usize, rows: usize, count: i32, classes: i32, largest: usize = 0): void {
  const step = <usize>classes << 2;
  if (classes > MOST_ADJACENT) {
    let read: u32 = 0;
    for (let at = from, end = from + <usize>count * step; at < end; at += 64) read |= load<u32>(at);
    store<u32>(rows, read); // keeps the reads
  }
  if (count < BLOCK) memory.fill(rows, 0, <usize>classes * ROW);
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const most = pixelsToRows(from + <usize>i * step, rows + (<usize>i << 2), classes);
    if (largest != 0) v128.store(largest + (<usize>i << 2), most);
  }
  for (; i < count; i++) {
    for (let k = 0; k < classes; k++) {
      store<f32>(rows + <usize>k * ROW + (<usize>i << 2), load<f32>(from + <usize>i * step + (<usize>k << 2)));
    }
  }
  if (largest != 0 && count < BLOCK) largestOf(rows, largest, classes);
}

/** Logits in rows, 0 where v is 0, and the largest of each pixel; `all` says that v is 0 nowhere. */
export function logitsToRows(logits: usize, z: usize, v: usize, all: bool, largest: usize, count: i32, classes: i32): void {
  toRows(logits, z, count, classes, largest);
  if (all) return;
  hideIgnored(z, v, classes);
  largestOf(z, largest, classes);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function squareFromRows(from: usize, to: usize, step: usize): void {
  storeTransposed(v128.load(from), v128.load(from + ROW), v128.load(from + 2 * ROW), v128.load(from + 3 * ROW), to, step);
}

function pixelsFromRows(lane: usize, to: usize, classes: i32): void {
  const step = <usize>classes << 2;
  if (classes >= 4) {
    for (let k = 0; k + 4 <= classes; k += 4) squareFromRows(lane + <usize>k * ROW, to + (<usize>k << 2), step);
    if (classes & 3) squareFromRows(lane + <usize>(classes - 4) * ROW, to + (<usize>(classes - 4) << 2), step);
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

/** Brings the lines of memory that many classes are written to into the cache in their order; see {@link MOST_ADJACENT}. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function touchLines(to: usize, count: i32, classes: i32): void {
  if (classes <= MOST_ADJACENT) return;
  for (const end = to + (<usize>(count * classes) << 2); to < end; to += 64) store<u32>(to, 0);
}

/** Rows [class][pixel] to [pixel][class]. */
export function fromRows(rows: usize, to: usize, count: i32, classes: i32): void {
  const step = <usize>classes << 2;
  touchLines(to, count, classes);
  let i = 0;
  for (; i + 4 <= count; i += 4) pixelsFromRows(rows + (<usize>i << 2), to + <usize>i * step, classes);
  for (; i < count; i++) {
    for (let k = 0; k < classes; k++) {
      store<f32>(to + <usize>i * step + (<usize>k << 2), load<f32>(rows + <usize>k * ROW + (<usize>i << 2)));
    }
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function sumOfLanes(four: v128): f64 {
  const pairs = f64x2.add(f64x2.promote_low_f32x4(four), f64x2.promote_low_f32x4(i64x2.shuffle(four, four, 1, 0)));
  return f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
}

/** z = 0 at the pixels where v is 0: not even a NaN comes through. */
export function hideIgnored(z: usize, v: usize, classes: i32): void {
  const zero = f32x4.splat(0);
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    const seen = f32x4.gt(v128.load(v + lane), zero);
    if (i32x4.all_true(seen)) continue;
    const end = z + <usize>classes * ROW;
    for (let at = z + lane; at < end; at += ROW) v128.store(at, v128.and(seen, v128.load(at)));
  }
}

/** A row with the largest z of each pixel. */
export function largestOf(z: usize, largest: usize, classes: i32): void {
  const end = z + <usize>classes * ROW;
  let a = v128.load(z);
  let b = v128.load(z, 16);
  let c = v128.load(z, 32);
  let d = v128.load(z, 48);
  for (let at = z + ROW; at < end; at += ROW) {
    a = f32x4.pmax(a, v128.load(at));
    b = f32x4.pmax(b, v128.load(at, 16));
    c = f32x4.pmax(c, v128.load(at, 32));
    d = f32x4.pmax(d, v128.load(at, 48));
  }
  storeRow(largest, a, b, c, d);
}

/** e = exp(T (z - max)) in rows, T being that of the table; a row each for Σ e and for the largest z. */
export function exponentials(z: usize, e: usize, total: usize, largest: usize, classes: i32, table: usize): void {
  largestOf(z, largest, classes);
  exponentialsBelow(z, e, total, largest, classes, table);
}

/** {@link exponentials} where the largest z is known. */
export function exponentialsBelow(z: usize, e: usize, total: usize, largest: usize, classes: i32, table: usize): void {
  const zero = f32x4.splat(0);
  storeRow(total, zero, zero, zero, zero);
  for (const end = z + <usize>classes * ROW; z < end; z += ROW) {
    // T (z - max), not T z - T max: the difference is exact, the products are not.
    const a = f32x4.sub(v128.load(z), v128.load(largest));
    const b = f32x4.sub(v128.load(z, 16), v128.load(largest, 16));
    const c = f32x4.sub(v128.load(z, 32), v128.load(largest, 32));
    const d = f32x4.sub(v128.load(z, 48), v128.load(largest, 48));
    exp16(a, b, c, d, e, total, table);
    e += ROW;
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function storeRow(at: usize, a: v128, b: v128, c: v128, d: v128, step: usize = 16): void {
  v128.store(at, a);
  v128.store(at + step, b);
  v128.store(at + 2 * step, c);
  v128.store(at + 3 * step, d);
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function copyRow(from: usize, to: usize): void {
  storeRow(to, v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48));
}

/** Copies the exponentials of a block, and total = Σ e in the order of {@link exponentials}. */
function copyExponentials(from: usize, e: usize, total: usize, classes: i32): void {
  let a = f32x4.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    const first = v128.load(from);
    const second = v128.load(from, 16);
    const third = v128.load(from, 32);
    const fourth = v128.load(from, 48);
    storeRow(e, first, second, third, fourth);
    a = f32x4.add(a, first);
    b = f32x4.add(b, second);
    c = f32x4.add(c, third);
    d = f32x4.add(d, fourth);
    from += ROW;
  }
  storeRow(total, a, b, c, d);
}

/** inverse = v / total */
export function invert(v: usize, total: usize, inverse: usize): void {
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    v128.store(inverse + lane, f32x4.div(v128.load(v + lane), v128.load(total + lane)));
  }
}

/** logs = largest + log total, the logarithm of the sum of exponentials */
export function logarithms(largest: usize, total: usize, logs: usize, table: usize): void {
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    v128.store(logs + lane, f32x4.add(v128.load(largest + lane), log4(v128.load(total + lane), table)));
  }
}


/** t = exp(T (z - max)) and Σ t, where e = exp(z - max) is known; the table is that of T. */
// prettier-ignore
export function temperedRows(
  z: usize, e: usize, t: usize, total: usize, largest: usize, classes: i32, temperature: f32, table: usize,
): void {
  if (exponentialsSuffice(temperature)) {
    powers(e, t, total, classes, <i32>temperature);
  } else {
    exponentialsBelow(z, t, total, largest, classes, table);
  }
}

/** Whether exp(T (z - max)) is a power of exp(z - max) that needs no logits. */
export function exponentialsSuffice(temperature: f32): bool {
  return temperature >= 1 && temperature <= LARGEST_POWER && temperature == floor(temperature);
}

/** Up to here a few products cost less than an exponential, and lose less than a digit. */
const LARGEST_POWER: f32 = 15;

/** x^n for n from 1 to 15 */
// @ts-ignore: decorator of AssemblyScript
@inline
function power4(x: v128, n: i32): v128 {
  let power = n & 1 ? x : f32x4.splat(1);
  if (n > 1) {
    x = f32x4.mul(x, x);
    if (n & 2) power = f32x4.mul(power, x);
  }
  if (n > 3) {
    x = f32x4.mul(x, x);
    if (n & 4) power = f32x4.mul(power, x);
  }
  if (n > 7) power = f32x4.mul(power, f32x4.mul(x, x));
  return power;
}

/** t = e^T, 0 where that is below 2^-86, as of an exponential, and Σ t. Each power has a loop of its own, without branches. */
function powers(e: usize, t: usize, total: usize, classes: i32, temperature: i32): void {
  switch (temperature) {
    case 1: return eachPower(e, t, total, classes, 1);
    case 2: return eachPower(e, t, total, classes, 2);
    case 3: return eachPower(e, t, total, classes, 3);
    case 4: return eachPower(e, t, total, classes, 4);
    case 5: return eachPower(e, t, total, classes, 5);
    case 6: return eachPower(e, t, total, classes, 6);
    case 7: return eachPower(e, t, total, classes, 7);
    case 8: return eachPower(e, t, total, classes, 8);
    case 9: return eachPower(e, t, total, classes, 9);
    case 10: return eachPower(e, t, total, classes, 10);
    case 11: return eachPower(e, t, total, classes, 11);
    case 12: return eachPower(e, t, total, classes, 12);
    case 13: return eachPower(e, t, total, classes, 13);
    case 14: return eachPower(e, t, total, classes, 14);
    default: return eachPower(e, t, total, classes, 15);
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function eachPower(e: usize, t: usize, total: usize, classes: i32, n: i32): void {
  // About 2^(-86/n), by its bits: the exponent, and what is left of it as the fraction. Math.pow would bring tables.
  const least = f32x4.splat(reinterpret<f32>(<i32>((<f32>127 - <f32>86 / <f32>n) * <f32>8388608)));
  for (let lane: usize = 0; lane < ROW; lane += 16) {
    let sum = f32x4.splat(0);
    let to = t + lane;
    for (let at = e + lane, end = at + <usize>classes * ROW; at < end; at += ROW) {
      const x = v128.load(at);
      const power = power4(v128.andnot(x, f32x4.lt(x, least)), n);
      v128.store(to, power);
      sum = f32x4.add(sum, power);
      to += ROW;
    }
    v128.store(total + lane, sum);
  }
}

/** A logit that a softmax takes nothing of, and no product of which is too large. */
const NOTHING: f32 = -1e30;

/**
 * Brings up to 16 pixels into rows [class][pixel]: logits z, labels y, and v, which is one row or one for each class; and what
 * pixels have any valid channel. A channel that is ignored by itself has no part in the softmax; where all are, and
 * beyond the last pixel, z is 0: not even a NaN comes through.
 */
// prettier-ignore
export function loadTargets(
  logits: usize, target: usize, valid: usize, pixel: i32, count: i32, classes: i32, validRows: i32,
  z: usize, y: usize, v: usize, seen: usize,
): void {
  const at = <usize>(pixel * classes) << 2;
  toRows(logits + at, z, count, classes);
  toRows(target + at, y, count, classes);
  toRows(valid + (<usize>(pixel * validRows) << 2), v, count, validRows);
  memory.copy(seen, v, ROW);
  if (validRows > 1) {
    const none = f32x4.splat(NOTHING);
    const zero = f32x4.splat(0);
    for (let row: usize = 0; row < <usize>classes * ROW; row += ROW) {
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        const on = v128.load(v + row + lane);
        v128.store(z + row + lane, v128.bitselect(v128.load(z + row + lane), none, f32x4.gt(on, zero)));
        v128.store(seen + lane, f32x4.pmax(v128.load(seen + lane), on));
      }
    }
  }
  hideIgnored(z, seen, classes);
}

/**
 * Writes exp(z - max) of the block at a byte offset to `e`, and its sums to `total`: copied from `kept` unless that is 0 or the block is not full, else
 * computed from the logits. `all` as in {@link logitsToRows}.
 */
// @ts-ignore: decorator of AssemblyScript
@inline
// prettier-ignore
export function keptOrComputed(
  kept: usize, logits: usize, offset: usize, z: usize, e: usize, v: usize, all: bool, total: usize, largest: usize, count: i32, classes: i32, table: usize,
): void {
  if (kept != 0 && count == BLOCK) {
    copyExponentials(kept + offset, e, total, classes);
  } else {
    logitsToRows(logits + offset, z, v, all, largest, count, classes);
    exponentialsBelow(z, e, total, largest, classes, table);
  }
}
