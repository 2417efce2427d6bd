/** Every choice of axes to mirror along, from none to all. */
export function mirrorings(axes: number): boolean[][] {
  return Array.from({ length: 2 ** axes }, (_, choice) =>
    Array.from({ length: axes }, (_, axis) => (choice & (1 << axis)) !== 0),
  );
}

/**
 * Mirrors `[...sizes, channels]` in row-major order. It is its own inverse.
 *
 * @param along For each axis, whether it is reversed.
 */
export function mirrored(
  values: Float32Array,
  sizes: readonly number[],
  channels: number,
  along: readonly boolean[],
): Float32Array {
  if (!along.includes(true)) return values;
  const result = new Float32Array(values.length);
  const places = sizes.map(() => 0);
  for (let to = 0; to < values.length; to += channels) {
    const from = sizes.reduce(
      (at, size, axis) => at * size + (along[axis] ? size - 1 - places[axis]! : places[axis]!),
      0,
    );
    for (let k = 0; k < channels; k++) result[to + k] = values[from * channels + k]!;
    for (let axis = sizes.length - 1; axis >= 0 && ++places[axis]! === sizes[axis]; axis--) places[axis] = 0;
  }
  return result;
}
