/** dx = dy where y > 0, else 0 */
export function reluGradient(dy: usize, y: usize, dx: usize, length: i32): void {
  const zero = f32x4.splat(0);
  const vectors = <usize>(length & ~3) << 2;
  let at: usize = 0;
  for (; at < vectors; at += 16) v128.store(dx + at, v128.and(v128.load(dy + at), f32x4.gt(v128.load(y + at), zero)));
  for (; at < <usize>length << 2; at += 4) store<f32>(dx + at, load<f32>(y + at) > 0 ? load<f32>(dy + at) : 0);
}
