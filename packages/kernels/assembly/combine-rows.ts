// The last step of a gradient of a softmax: rows [class][pixel] are combined and written to [pixel][class] in one pass.
import { multiplyAdd } from './multiply-add';
import { BLOCK, fromRows, ROW, storeTransposed, touchLines } from './region-block';

/** Whether the passes below can do a block; else rows are combined in place, and then written. */
// @ts-ignore: decorator of AssemblyScript
@inline
function transposes(count: i32, classes: i32): bool {
  return count == BLOCK && classes >= 4;
}

/** The first class of the last four, which overlap those before. */
// @ts-ignore: decorator of AssemblyScript
@inline
function lastFour(classes: i32): usize {
  return <usize>(classes - 4);
}

/** out = e · factor, a row */
export function scaleRows(e: usize, factor: usize, to: usize, count: i32, classes: i32): void {
  if (!transposes(count, classes)) {
    for (let at = e, end = e + <usize>classes * ROW; at < end; at += ROW) {
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        v128.store(at + lane, f32x4.mul(v128.load(at + lane), v128.load(factor + lane)));
      }
    }
    fromRows(e, to, count, classes);
    return;
  }
  touchLines(to, count, classes);
  const step = <usize>classes << 2;
  for (const end = e + ROW; e < end; e += 16) {
    const f = v128.load(factor);
    for (let k: usize = 0; k <= lastFour(classes); k += 4) scaleSquare(e, k, f, to, step);
    if (classes & 3) scaleSquare(e, lastFour(classes), f, to, step);
    factor += 16;
    to += step << 2;
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function scaleSquare(e: usize, k: usize, f: v128, to: usize, step: usize): void {
  const at = e + k * ROW;
  const a = f32x4.mul(v128.load(at), f);
  const b = f32x4.mul(v128.load(at + ROW), f);
  const c = f32x4.mul(v128.load(at + 2 * ROW), f);
  const d = f32x4.mul(v128.load(at + 3 * ROW), f);
  storeTransposed(a, b, c, d, to + (k << 2), step);
}

/** g = e · inverse (a - mean) in place of e */
export function combineRows(e: usize, inverse: usize, mean: usize, a: usize, classes: i32): void {
  for (const end = e + <usize>classes * ROW; e < end; e += ROW) {
    const factor = v128.load32_splat(a);
    for (let lane: usize = 0; lane < ROW; lane += 16) {
      v128.store(e + lane, combined(e + lane, v128.load(inverse + lane), factor, v128.load(mean + lane)));
    }
    a += 4;
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function combined(e: usize, inverse: v128, factor: v128, mean: v128): v128 {
  return f32x4.mul(f32x4.mul(v128.load(e), inverse), f32x4.sub(factor, mean));
}

/** out = e · inverse (a - mean) */
export function combine(e: usize, inverse: usize, mean: usize, a: usize, to: usize, count: i32, classes: i32): void {
  if (!transposes(count, classes)) {
    combineRows(e, inverse, mean, a, classes);
    fromRows(e, to, count, classes);
    return;
  }
  touchLines(to, count, classes);
  const step = <usize>classes << 2;
  for (const end = e + ROW; e < end; e += 16) {
    const i = v128.load(inverse);
    const m = v128.load(mean);
    for (let k: usize = 0; k <= lastFour(classes); k += 4) combineSquare(e, k, i, a, m, to, step);
    if (classes & 3) combineSquare(e, lastFour(classes), i, a, m, to, step);
    inverse += 16;
    mean += 16;
    to += step << 2;
  }
}

// @ts-ignore: decorator of AssemblyScript
// prettier-ignore
@inline
function combineSquare(e: usize, k: usize, inverse: v128, factors: usize, mean: v128, to: usize, step: usize): void {
  const at = e + k * ROW;
  const by = factors + (k << 2);
  const a = combined(at, inverse, v128.load32_splat(by), mean);
  const b = combined(at + ROW, inverse, v128.load32_splat(by, 4), mean);
  const c = combined(at + 2 * ROW, inverse, v128.load32_splat(by, 8), mean);
  const d = combined(at + 3 * ROW, inverse, v128.load32_splat(by, 12), mean);
  storeTransposed(a, b, c, d, to + (k << 2), step);
}

/** out = g + T t (a - mean) with t = e · inverse; `scaled` = T · inverse */
// prettier-ignore
export function addTempered(
  g: usize, e: usize, scaled: usize, mean: usize, a: usize, to: usize, count: i32, classes: i32,
): void {
  if (!transposes(count, classes)) {
    for (let at: usize = 0, k = a, end = <usize>classes * ROW; at < end; at += ROW) {
      const factor = v128.load32_splat(k);
      for (let lane: usize = 0; lane < ROW; lane += 16) {
        const sum = added(g + at + lane, e + at + lane, v128.load(scaled + lane), factor, v128.load(mean + lane));
        v128.store(g + at + lane, sum);
      }
      k += 4;
    }
    fromRows(g, to, count, classes);
    return;
  }
  touchLines(to, count, classes);
  const step = <usize>classes << 2;
  for (const end = e + ROW; e < end; e += 16) {
    const s = v128.load(scaled);
    const m = v128.load(mean);
    for (let k: usize = 0; k <= lastFour(classes); k += 4) addSquare(g, e, k, s, a, m, to, step);
    if (classes & 3) addSquare(g, e, lastFour(classes), s, a, m, to, step);
    g += 16;
    scaled += 16;
    mean += 16;
    to += step << 2;
  }
}

// @ts-ignore: decorator of AssemblyScript
@inline
function added(g: usize, e: usize, scaled: v128, factor: v128, mean: v128): v128 {
  return multiplyAdd(f32x4.mul(v128.load(e), scaled), f32x4.sub(factor, mean), v128.load(g));
}

// @ts-ignore: decorator of AssemblyScript
// prettier-ignore
@inline
function addSquare(g: usize, e: usize, k: usize, scaled: v128, factors: usize, mean: v128, to: usize, step: usize): void {
  const at = k * ROW;
  const by = factors + (k << 2);
  const a = added(g + at, e + at, scaled, v128.load32_splat(by), mean);
  const b = added(g + at + ROW, e + at + ROW, scaled, v128.load32_splat(by, 4), mean);
  const c = added(g + at + 2 * ROW, e + at + 2 * ROW, scaled, v128.load32_splat(by, 8), mean);
  const d = added(g + at + 3 * ROW, e + at + 3 * ROW, scaled, v128.load32_splat(by, 12), mean);
  storeTransposed(a, b, c, d, to + (k << 2), step);
}
