import { multiplyAdd } from './multiply-add';
import { pointwisePartEnd, pointwisePartStart } from './pointwise';

/** e^x of four numbers: relative error 1e-7, down to the smallest numbers and up to infinity; NaN stays NaN. */
// @ts-ignore: decorator of AssemblyScript
@inline
function exponential(x: v128): v128 {
  const bounded = f32x4.min(f32x4.max(x, f32x4.splat(-104.5)), f32x4.splat(89));
  const n = f32x4.nearest(f32x4.mul(bounded, f32x4.splat(1.4426950408889634)));
  // ln 2 in two parts; n times the first is exact.
  let f = multiplyAdd(n, f32x4.splat(-0.693359375), bounded);
  f = multiplyAdd(n, f32x4.splat(2.12194440054690583e-4), f);
  // e^f = 1 + f + f² (…), the least largest relative error on |f| ≤ ln 2 / 2: 3.1e-9
  let q = multiplyAdd(f32x4.splat(0.0013814610389422787), f, f32x4.splat(0.008368711136653752));
  q = multiplyAdd(q, f, f32x4.splat(0.04166838749121672));
  q = multiplyAdd(q, f, f32x4.splat(0.16666520679002084));
  q = multiplyAdd(q, f, f32x4.splat(0.4999999345096791));
  const p = f32x4.add(multiplyAdd(q, f32x4.mul(f, f), f), f32x4.splat(1));
  // 2^n in two factors: one alone reaches neither the largest nor the smallest numbers. 1.5 · 2^23 leaves n in the last bits.
  const bits = i32x4.sub(f32x4.add(n, f32x4.splat(12582912)), i32x4.splat(0x4b400000));
  const half = i32x4.shr_s(bits, 1);
  const bias = i32x4.splat(127);
  const first = i32x4.shl(i32x4.add(half, bias), 23);
  const second = i32x4.shl(i32x4.add(i32x4.sub(bits, half), bias), 23);
  return f32x4.mul(f32x4.mul(p, first), second);
}

/** out = e^x */
export function expElements(x: usize, out: usize, length: i32, scratch: usize, first: i32, last: i32): void {
  const end = pointwisePartEnd(last, length) << 2;
  const vectors = end & ~15;
  let at = pointwisePartStart(first) << 2;
  for (; at < vectors; at += 16) v128.store(out + at, exponential(v128.load(x + at)));
  for (; at < end; at += 4) store<f32>(out + at, f32x4.extract_lane(exponential(v128.load32_splat(x + at)), 0));
}
