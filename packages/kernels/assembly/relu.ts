/** Elements of a part. */
const PART = 1 << 16;

/** dx = dy where y > 0, else 0, for the elements of parts first..end; there are ceil(length / PART). */
export function reluGradient(dy: usize, y: usize, dx: usize, length: i32, scratch: usize, first: i32, end: i32): void {
  const zero = f32x4.splat(0);
  const last = <usize>min(length, end * PART) << 2;
  const vectors = last & ~15;
  let at = <usize>(first * PART) << 2;
  for (; at < vectors; at += 16) v128.store(dx + at, v128.and(v128.load(dy + at), f32x4.gt(v128.load(y + at), zero)));
  for (; at < last; at += 4) store<f32>(dx + at, load<f32>(y + at) > 0 ? load<f32>(dy + at) : 0);
}

export function reluGradientParts(length: i32): i32 {
  return (length + PART - 1) / PART;
}
