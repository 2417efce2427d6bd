// Focal costs: Σ y (1-s)^γ (-log s) and, with a sigmoid, Σ (v-y) s^γ (-log(1-s)); (1-s)^γ is called the factor.
import { exp4, log4 } from './exponential';

/** base^γ; `whole` is γ where it is 0, 1, 2, 3 or 4, else -1. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function power4(base: v128, log: v128, gamma: v128, whole: i32, table: usize): v128 {
  if (whole < 0) return exp4(f32x4.mul(gamma, log), table);
  if (whole == 2) return f32x4.mul(base, base);
  let power = f32x4.splat(1);
  for (let i = 0; i < whole; i++) power = f32x4.mul(power, base);
  return power;
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function wholeOf(gamma: f32): i32 {
  return gamma >= 0 && gamma <= 4 && gamma == floor(gamma) ? <i32>gamma : -1;
}

/** The factor (1-s)^γ of a softmax, c = 1 - s, whose logarithm it has no better way to. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function softmaxFactor4(c: v128, gamma: v128, whole: i32, table: usize): v128 {
  return power4(c, whole < 0 ? log4OfRest(c, table) : c, gamma, whole, table);
}

// @ts-ignore: decorator of AssemblyScript
@inline
function log4OfRest(c: v128, table: usize): v128 {
  return log4(f32x4.pmax(c, f32x4.splat(1e-30)), table);
}

/**
 * s φ'(s) = (1-s)^γ (γ s log s / (1-s) - 1) with φ(s) = -(1-s)^γ log s; log s / (1-s) tends to -1 at s = 1, where the quotient loses all
 * digits.
 */
// @ts-ignore: decorator of AssemblyScript
@inline
export function softmaxSlope4(s: v128, logS: v128, gamma: v128, whole: i32, table: usize): v128 {
  const one = f32x4.splat(1);
  const c = f32x4.sub(one, s);
  const ratio = v128.bitselect(f32x4.div(logS, c), f32x4.neg(one), f32x4.gt(c, f32x4.splat(1e-5)));
  return f32x4.mul(softmaxFactor4(c, gamma, whole, table), f32x4.sub(f32x4.mul(f32x4.mul(gamma, s), ratio), one));
}
