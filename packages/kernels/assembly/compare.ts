// Comparisons of two tensors into bytes, and the choice by such bytes. One side of a comparison may be a single number.
import { pointwisePartEnd, pointwisePartStart } from './pointwise';

// The comparisons; the others are these with the sides exchanged.
const EQUAL = 0;
const NOT_EQUAL = 1;
const LESS = 2;

// @ts-ignore: decorator of AssemblyScript
@inline
function compared(kind: i32, whole: bool, a: v128, b: v128): v128 {
  if (kind == EQUAL) return whole ? i32x4.eq(a, b) : f32x4.eq(a, b);
  if (kind == NOT_EQUAL) return whole ? i32x4.ne(a, b) : f32x4.ne(a, b);
  if (kind == LESS) return whole ? i32x4.lt_s(a, b) : f32x4.lt(a, b);
  return whole ? i32x4.le_s(a, b) : f32x4.le(a, b);
}

/** Four numbers from a place, or four times the one there. */
// @ts-ignore: decorator of AssemblyScript
@inline
function four(at: usize, single: bool): v128 {
  return single ? v128.load32_splat(at) : v128.load(at);
}

// @ts-ignore: decorator of AssemblyScript
// prettier-ignore
@inline
function compareEach(kind: i32, whole: bool, a: usize, b: usize, out: usize, oneA: bool, oneB: bool, from: usize, end: usize): void {
  const one = i8x16.splat(1);
  let i = from;
  for (; i + 16 <= end; i += 16) {
    const x = oneA ? a : a + (i << 2);
    const y = oneB ? b : b + (i << 2);
    const step: usize = oneA ? 0 : 16;
    const stepB: usize = oneB ? 0 : 16;
    const first = compared(kind, whole, four(x, oneA), four(y, oneB));
    const second = compared(kind, whole, four(x + step, oneA), four(y + stepB, oneB));
    const third = compared(kind, whole, four(x + 2 * step, oneA), four(y + 2 * stepB, oneB));
    const fourth = compared(kind, whole, four(x + 3 * step, oneA), four(y + 3 * stepB, oneB));
    const bytes = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(first, second), i16x8.narrow_i32x4_s(third, fourth));
    v128.store(out + i, v128.and(bytes, one));
  }
  for (; i < end; i++) {
    const x = v128.load32_splat(oneA ? a : a + (i << 2));
    const y = v128.load32_splat(oneB ? b : b + (i << 2));
    store<u8>(out + i, <u8>(i32x4.extract_lane(compared(kind, whole, x, y), 0) & 1));
  }
}

// @ts-ignore: decorator of AssemblyScript
// prettier-ignore
@inline
function compareSides(kind: i32, whole: bool, a: usize, b: usize, out: usize, oneA: bool, oneB: bool, from: usize, end: usize): void {
  if (oneB) compareEach(kind, whole, a, b, out, false, true, from, end);
  else if (oneA) compareEach(kind, whole, a, b, out, true, false, from, end);
  else compareEach(kind, whole, a, b, out, false, false, from, end);
}

/** out = 1 where a = b (kind 0), a ≠ b (1), a < b (2) or a ≤ b (3), else 0, a byte each; numbers are float32, or int32 (`whole`). */
// prettier-ignore
export function compareElements(
  a: usize, b: usize, out: usize, length: i32, kind: i32, whole: bool, oneA: bool, oneB: bool, scratch: usize, first: i32, last: i32,
): void {
  const from = pointwisePartStart(first);
  const end = pointwisePartEnd(last, length);
  if (kind == EQUAL) {
    if (whole) compareSides(EQUAL, true, a, b, out, oneA, oneB, from, end);
    else compareSides(EQUAL, false, a, b, out, oneA, oneB, from, end);
  } else if (kind == NOT_EQUAL) {
    if (whole) compareSides(NOT_EQUAL, true, a, b, out, oneA, oneB, from, end);
    else compareSides(NOT_EQUAL, false, a, b, out, oneA, oneB, from, end);
  } else if (kind == LESS) {
    if (whole) compareSides(LESS, true, a, b, out, oneA, oneB, from, end);
    else compareSides(LESS, false, a, b, out, oneA, oneB, from, end);
  } else {
    if (whole) compareSides(3, true, a, b, out, oneA, oneB, from, end);
    else compareSides(3, false, a, b, out, oneA, oneB, from, end);
  }
}

/** out = t where the byte of `condition` is not 0, else e: four bytes each. */
// prettier-ignore
export function selectElements(
  condition: usize, t: usize, e: usize, out: usize, length: i32, scratch: usize, first: i32, last: i32,
): void {
  const zero = i8x16.splat(0);
  let i = pointwisePartStart(first);
  const end = pointwisePartEnd(last, length);
  for (; i + 8 <= end; i += 8) {
    const bytes = v128.load64_zero(condition + i);
    const on = i16x8.extend_low_i8x16_s(i8x16.ne(bytes, zero));
    const at = i << 2;
    v128.store(out + at, v128.bitselect(v128.load(t + at), v128.load(e + at), i32x4.extend_low_i16x8_s(on)));
    v128.store(out + at, v128.bitselect(v128.load(t + at, 16), v128.load(e + at, 16), i32x4.extend_high_i16x8_s(on)), 16);
  }
  for (; i < end; i++) {
    const at = i << 2;
    store<u32>(out + at, load<u8>(condition + i) ? load<u32>(t + at) : load<u32>(e + at));
  }
}
