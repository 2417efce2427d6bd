// Four channels at a time, or one: what is left where the channels are no multiple of four.

// @ts-ignore: decorator of AssemblyScript
@inline
export function read(at: usize, four: bool): v128 {
  return four ? v128.load(at) : v128.load32_zero(at);
}

// @ts-ignore: decorator of AssemblyScript
@inline
export function write(at: usize, value: v128, four: bool): void {
  if (four) v128.store(at, value);
  else store<f32>(at, f32x4.extract_lane(value, 0));
}

/** to[i] += from[i] over `bytes` bytes. */
export function addTo(to: usize, from: usize, bytes: usize): void {
  const vectors = bytes & ~15;
  let i: usize = 0;
  for (; i < vectors; i += 16) v128.store(to + i, f32x4.add(v128.load(to + i), v128.load(from + i)));
  for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + load<f32>(from + i));
}
