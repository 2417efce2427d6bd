export * from './generated/statistics';

/** Where a statistic stands in the output, or -1. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function slotOf(slots: usize, statistic: i32): i32 {
  return load<i32>(slots + (<usize>statistic << 2));
}

/** -1, 0 or 1 */
// @ts-ignore: decorator
@inline
export function sign4(x: v128): v128 {
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
}
