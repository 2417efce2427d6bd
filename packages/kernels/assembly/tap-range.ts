// A tap of a filter reads the input at o·stride + offset for output o: which outputs read inside the input.

/** The first output that does. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function firstOutput(offset: i32, stride: i32): i32 {
  return offset < 0 ? (-offset + stride - 1) / stride : 0;
}

/** The output after the last that does. */
// @ts-ignore: decorator of AssemblyScript
@inline
export function endOutput(offset: i32, stride: i32, size: i32, outputs: i32): i32 {
  return offset >= size ? 0 : min((size - 1 - offset) / stride + 1, outputs);
}
