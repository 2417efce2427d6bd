import { multiplyAdd } from './multiply-add';

/** Bytes of the table that {@link exp4} reads. */
export const TABLE: i32 = 48;

/** Writes the constants of the exponential: V8 builds a constant of four lanes anew at each use, a load is one instruction. */
export function writeTable(at: usize): void {
  store<f32>(at, -60);
  store<f32>(at + 4, 1.4426950408889634);
  store<f32>(at + 8, 0.693145751953125);
  store<f32>(at + 12, 1.428606765330187e-6);
  // 1 + r + r²(…), the least largest relative error on |r| ≤ ln 2 / 2: 1.05e-7
  store<f32>(at + 16, 8.312501431617162e-3);
  store<f32>(at + 20, 4.1890332183143496e-2);
  store<f32>(at + 24, 0.166671153895868);
  store<f32>(at + 28, 0.49999230304898934);
  store<f32>(at + 32, 1);
  // 1.5 · 2^23 + 127: added to a number, it leaves the nearest integer, plus 127, in the last bits.
  store<f32>(at + 36, 12583039);
}

// @ts-ignore: decorator
@inline
function constant(table: usize, i: usize): v128 {
  return v128.load32_splat(table + 4 * i);
}

/**
 * e^x for x up to 88, relative error about 1.5e-7. Below -60 it is 0: products of such values would be too small for normal
 * numbers, with which processors take a hundred times longer.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128, table: usize): v128 {
  const shifted = multiplyAdd(x, constant(table, 1), constant(table, 9));
  const n = f32x4.sub(shifted, constant(table, 9));
  let r = f32x4.sub(x, f32x4.mul(n, constant(table, 2)));
  r = f32x4.sub(r, f32x4.mul(n, constant(table, 3)));
  let p = multiplyAdd(constant(table, 4), r, constant(table, 5));
  p = multiplyAdd(p, r, constant(table, 6));
  p = multiplyAdd(p, r, constant(table, 7));
  p = multiplyAdd(p, r, constant(table, 8));
  p = multiplyAdd(p, r, constant(table, 8));
  p = f32x4.mul(p, i32x4.shl(shifted, 23));
  return v128.andnot(p, f32x4.lt(x, constant(table, 0))); // NaN stays NaN
}

/** 2 artanh t for |t| ≤ 1/3 */
// @ts-ignore: decorator
@inline
function twoArtanh4(t: v128): v128 {
  const u = f32x4.mul(t, t);
  let p = f32x4.splat(0.153846154);
  p = multiplyAdd(p, u, f32x4.splat(0.181818182));
  p = multiplyAdd(p, u, f32x4.splat(0.222222222));
  p = multiplyAdd(p, u, f32x4.splat(0.285714286));
  p = multiplyAdd(p, u, f32x4.splat(0.4));
  p = multiplyAdd(p, u, f32x4.splat(0.666666667));
  p = multiplyAdd(p, u, f32x4.splat(2));
  return f32x4.mul(p, t);
}

/** log(1 + e) for e from 0 to 1 */
// @ts-ignore: decorator
@inline
export function log1p4(e: v128): v128 {
  return twoArtanh4(f32x4.div(e, f32x4.add(e, f32x4.splat(2))));
}

/** log x for x from 1 up */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const n = i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(127));
  const mantissa = v128.or(v128.and(x, i32x4.splat(0x007fffff)), i32x4.splat(0x3f800000)); // 1 to 2
  const m1 = f32x4.sub(mantissa, f32x4.splat(1));
  const log = twoArtanh4(f32x4.div(m1, f32x4.add(mantissa, f32x4.splat(1))));
  const whole = f32x4.mul(f32x4.convert_i32x4_s(n), f32x4.splat(0.6931471805599453));
  return f32x4.add(f32x4.add(whole, log), f32x4.sub(x, x)); // NaN stays NaN
}
