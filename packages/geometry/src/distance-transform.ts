/** Length of a pixel along each axis. Default 1. */
export type Spacing = readonly number[];

/**
 * Exact Euclidean distance from every pixel to the nearest pixel with a nonzero value; Infinity if there is none. Any
 * number of axes, in linear time.
 *
 * @param mask Values in row-major order. @param shape Sizes of the axes, `[height, width]` or `[depth, height, width]`.
 * @param options `spacing`: length of a pixel along each axis, in the unit of the result; default 1.
 * @throws {RangeError} If the shape does not fit.
 *
 * @example
 * ```ts
 * Array.from(distanceTransform([1, 0, 0, 0], [2, 2])); // → [0, 1, 1, 1.4142]
 * Array.from(distanceTransform([1, 0, 0, 0], [2, 2], { spacing: [3, 1] })); // → [0, 1, 3, 3.1623]
 * ```
 *
 * @see P. Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 2012.
 */
export function distanceTransform(
  mask: ArrayLike<number>,
  shape: readonly number[],
  { spacing = shape.map(() => 1) }: { spacing?: Spacing } = {},
): Float64Array {
  checkShape('distanceTransform', mask.length, shape, spacing);
  const squared = Float64Array.from(mask, (value) => (value ? 0 : Infinity));
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    transformAxis(squared, shape[axis]!, stride, spacing[axis]!);
    stride *= shape[axis]!;
  }
  return squared.map(Math.sqrt);
}

/** Throws unless the shape has so many pixels and the spacing is positive. */
export function checkShape(name: string, length: number, shape: readonly number[], spacing: Spacing): void {
  const pixels = shape.reduce((product, size) => product * size, 1);
  if (pixels !== length) {
    throw new RangeError(`${name}: wanted ${pixels} values for shape [${shape}], got ${length}`);
  }
  if (spacing.length !== shape.length || !spacing.every((step) => step > 0 && Number.isFinite(step))) {
    throw new RangeError(`${name}: wanted ${shape.length} positive numbers as spacing, got [${spacing}]`);
  }
}

/** Lower envelope of the parabolas f(q) + (h (x - q))² along every line of one axis. */
function transformAxis(values: Float64Array, size: number, stride: number, h: number): void {
  const line = new Float64Array(size);
  const vertex = new Int32Array(size); // pixels whose parabolas make the envelope
  const from = new Float64Array(size + 1); // where each begins
  for (let start = 0; start < values.length; start++) {
    if (Math.floor(start / stride) % size !== 0) continue;
    for (let i = 0; i < size; i++) line[i] = values[start + i * stride]!;
    let count = 0;
    for (let q = 0; q < size; q++) {
      if (line[q] === Infinity) continue;
      let crossing = -Infinity;
      while (count > 0) {
        const p = vertex[count - 1]!;
        crossing = (line[q]! - line[p]!) / (2 * h * h * (q - p)) + (q + p) / 2;
        if (crossing > from[count - 1]!) break;
        count--;
        crossing = -Infinity;
      }
      vertex[count] = q;
      from[count++] = crossing;
    }
    if (count === 0) continue;
    from[count] = Infinity;
    for (let x = 0, k = 0; x < size; x++) {
      while (from[k + 1]! < x) k++;
      const p = vertex[k]!;
      values[start + x * stride] = line[p]! + (h * (x - p)) ** 2;
    }
  }
}
