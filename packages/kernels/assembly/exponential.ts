import { multiplyAdd } from './multiply-add';

/** Bytes of the table that exponentials and logarithms read. */
export const TABLE: i32 = 64;

/** Writes the constants of e^(T x) and log x: V8 builds a constant of four lanes anew at each use, a load is one instruction. */
export function writeTable(at: usize, temperature: f32 = 1): void {
  store<f32>(at, temperature * 1.4426950408889634); // T / ln 2
  // 1.5 · 2^23 + 127: added to a number, it leaves the nearest integer, plus 127, in the last bits.
  store<f32>(at + 4, 12583039);
  // 2^f = 1 + f (…), the least largest relative error on |f| ≤ 1/2: 9.4e-8
  store<f32>(at + 8, 1.3269531773403287e-3);
  store<f32>(at + 12, 9.671292267739773e-3);
  store<f32>(at + 16, 5.55071085691452e-2);
  store<f32>(at + 20, 0.24022246897220612);
  store<f32>(at + 24, 0.6931470036506653);
  store<f32>(at + 28, 1);
  store<f32>(at + 32, -86.5617024533378); // -60 / ln 2
  // 2 artanh t = t (2 + t² (2/3 + …)), to 2/13
  for (let i: usize = 0; i < 7; i++) store<f32>(at + 36 + 4 * i, <f32>(2.0 / <f64>(13 - 2 * i)));
}

// @ts-ignore: decorator
@inline
function constant(table: usize, i: usize): v128 {
  return v128.load32_splat(table + 4 * i);
}

/**
 * e^(T x) for T x up to 88. Its relative error is about 1.5e-7 near 0 and 6e-8 |T x| further on. Below -60 it is 0: products of
 * such values would be too small for normal numbers, with which processors take a hundred times longer.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128, table: usize): v128 {
  const y = f32x4.mul(x, constant(table, 0)); // 2^y
  const shifted = f32x4.add(y, constant(table, 1));
  const f = f32x4.sub(y, f32x4.sub(shifted, constant(table, 1)));
  let p = multiplyAdd(constant(table, 2), f, constant(table, 3));
  p = multiplyAdd(p, f, constant(table, 4));
  p = multiplyAdd(p, f, constant(table, 5));
  p = multiplyAdd(p, f, constant(table, 6));
  p = multiplyAdd(p, f, constant(table, 7));
  p = f32x4.mul(p, i32x4.shl(shifted, 23));
  return v128.andnot(p, f32x4.lt(y, constant(table, 8))); // NaN stays NaN
}

/**
 * {@link exp4} of four vectors into memory, and added to the sums at `total`, step by step together: each step waits for the one
 * before, but not for its neighbors.
 */
// @ts-ignore: decorator
// prettier-ignore
@inline
export function exp16(a: v128, b: v128, c: v128, d: v128, to: usize, total: usize, table: usize): void {
  let k = constant(table, 0);
  a = f32x4.mul(a, k); b = f32x4.mul(b, k); c = f32x4.mul(c, k); d = f32x4.mul(d, k);
  k = constant(table, 1);
  const a2 = f32x4.add(a, k), b2 = f32x4.add(b, k), c2 = f32x4.add(c, k), d2 = f32x4.add(d, k);
  const a1 = f32x4.sub(a, f32x4.sub(a2, k)), b1 = f32x4.sub(b, f32x4.sub(b2, k));
  const c1 = f32x4.sub(c, f32x4.sub(c2, k)), d1 = f32x4.sub(d, f32x4.sub(d2, k));
  const top = constant(table, 2);
  k = constant(table, 3);
  let p = multiplyAdd(top, a1, k), q = multiplyAdd(top, b1, k), r = multiplyAdd(top, c1, k), s = multiplyAdd(top, d1, k);
  k = constant(table, 4);
  p = multiplyAdd(p, a1, k); q = multiplyAdd(q, b1, k); r = multiplyAdd(r, c1, k); s = multiplyAdd(s, d1, k);
  k = constant(table, 5);
  p = multiplyAdd(p, a1, k); q = multiplyAdd(q, b1, k); r = multiplyAdd(r, c1, k); s = multiplyAdd(s, d1, k);
  k = constant(table, 6);
  p = multiplyAdd(p, a1, k); q = multiplyAdd(q, b1, k); r = multiplyAdd(r, c1, k); s = multiplyAdd(s, d1, k);
  k = constant(table, 7);
  p = multiplyAdd(p, a1, k); q = multiplyAdd(q, b1, k); r = multiplyAdd(r, c1, k); s = multiplyAdd(s, d1, k);
  k = constant(table, 8);
  p = v128.andnot(f32x4.mul(p, i32x4.shl(a2, 23)), f32x4.lt(a, k)); q = v128.andnot(f32x4.mul(q, i32x4.shl(b2, 23)), f32x4.lt(b, k));
  r = v128.andnot(f32x4.mul(r, i32x4.shl(c2, 23)), f32x4.lt(c, k)); s = v128.andnot(f32x4.mul(s, i32x4.shl(d2, 23)), f32x4.lt(d, k));
  v128.store(to, p);
  v128.store(to, q, 16);
  v128.store(to, r, 32);
  v128.store(to, s, 48);
  v128.store(total, f32x4.add(v128.load(total), p));
  v128.store(total, f32x4.add(v128.load(total, 16), q), 16);
  v128.store(total, f32x4.add(v128.load(total, 32), r), 32);
  v128.store(total, f32x4.add(v128.load(total, 48), s), 48);
}

/** 2 artanh t for |t| ≤ 1/3 */
// @ts-ignore: decorator
@inline
function twoArtanh4(t: v128, table: usize): v128 {
  const u = f32x4.mul(t, t);
  let p = multiplyAdd(constant(table, 9), u, constant(table, 10));
  p = multiplyAdd(p, u, constant(table, 11));
  p = multiplyAdd(p, u, constant(table, 12));
  p = multiplyAdd(p, u, constant(table, 13));
  p = multiplyAdd(p, u, constant(table, 14));
  p = multiplyAdd(p, u, constant(table, 15));
  return f32x4.mul(p, t);
}

/** log(1 + e) for e from 0 to 1 */
// @ts-ignore: decorator
@inline
export function log1p4(e: v128, table: usize): v128 {
  return twoArtanh4(f32x4.div(e, f32x4.add(e, constant(table, 15))), table);
}

/** log x for positive x */
// @ts-ignore: decorator
@inline
export function log4(x: v128, table: usize): v128 {
  const n = i32x4.sub(i32x4.shr_u(x, 23), i32x4.splat(127));
  const mantissa = v128.or(v128.and(x, i32x4.splat(0x007fffff)), i32x4.splat(0x3f800000)); // 1 to 2
  const m1 = f32x4.sub(mantissa, f32x4.splat(1));
  const log = twoArtanh4(f32x4.div(m1, f32x4.add(mantissa, f32x4.splat(1))), table);
  const whole = f32x4.mul(f32x4.convert_i32x4_s(n), f32x4.splat(0.6931471805599453));
  return f32x4.add(f32x4.add(whole, log), f32x4.sub(x, x)); // NaN stays NaN
}
