/** Elements of a part. */
const PART = 1 << 16;

/** Parts of the kernels below. */
export function pointwiseParts(length: i32): i32 {
  return (length + PART - 1) / PART;
}

/** The number of the first element of a part. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function pointwisePartStart(part: i32): usize {
  return <usize>(part * PART);
}

/** The number after that of the last element before a part. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function pointwisePartEnd(part: i32, length: i32): usize {
  return <usize>min(length, part * PART);
}

/** out = a + b */
export function addElements(a: usize, b: usize, out: usize, length: i32, scratch: usize, first: i32, end: i32): void {
  const last = <usize>min(length, end * PART) << 2;
  const vectors = last & ~15;
  let at = <usize>(first * PART) << 2;
  for (; at < vectors; at += 16) v128.store(out + at, f32x4.add(v128.load(a + at), v128.load(b + at)));
  for (; at < last; at += 4) store<f32>(out + at, load<f32>(a + at) + load<f32>(b + at));
}

/** out = min(max(x, least), most); NaN stays NaN. */
export function clipElements(x: usize, out: usize, length: i32, least: f32, most: f32, scratch: usize, first: i32, end: i32): void {
  const low = f32x4.splat(least), high = f32x4.splat(most);
  const last = <usize>min(length, end * PART) << 2;
  const vectors = last & ~15;
  let at = <usize>(first * PART) << 2;
  for (; at < vectors; at += 16) v128.store(out + at, f32x4.min(f32x4.max(v128.load(x + at), low), high));
  for (; at < last; at += 4) store<f32>(out + at, min(max(load<f32>(x + at), least), most));
}
