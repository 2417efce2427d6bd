import { checkShape, type Spacing } from './grid.js';

/**
 * Measures the exact Euclidean distance from every pixel to the nearest pixel with a nonzero value; Infinity if there is none.
 * Any number of axes, in linear time.
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
  const values = squaredDistanceTransform(mask, shape, spacing);
  for (let i = 0; i < values.length; i++) values[i] = Math.sqrt(values[i]!);
  return values;
}

/**
 * Squares of {@link distanceTransform}; with spacing 1 they are whole numbers. Shape and spacing are not checked.
 *
 * @example
 * ```ts
 * Array.from(squaredDistanceTransform([1, 0, 0, 0], [2, 2], [1, 1])); // → [0, 1, 1, 2]
 * ```
 */
export function squaredDistanceTransform(
  mask: ArrayLike<number>,
  shape: readonly number[],
  spacing: Spacing,
): Float64Array {
  const squared = new Float64Array(mask.length);
  const last = shape.length - 1;
  alongRows(mask, squared, shape[last]!, spacing[last]!);
  let stride = shape[last]!;
  for (let axis = last - 1; axis >= 0; axis--) {
    if (shape[axis]! > 1) transformAxis(squared, shape[axis]!, stride, spacing[axis]!);
    stride *= shape[axis]!;
  }
  return squared;
}

/** Squared distances within each row: the steps to the nearest pixel, from the left and then from the right. */
function alongRows(mask: ArrayLike<number>, squared: Float64Array, size: number, h: number): void {
  for (let start = 0; start < squared.length; start += size) {
    let steps = Infinity;
    for (let i = start; i < start + size; i++) {
      steps = mask[i] ? 0 : steps + 1;
      squared[i] = steps;
    }
    steps = Infinity;
    for (let i = start + size - 1; i >= start; i--) {
      steps = Math.min(squared[i]!, steps + 1);
      squared[i] = (h * steps) ** 2;
    }
  }
}

/** Neighboring lines that are taken out together: single values that lie far apart would each cost a line of the cache. */
const TOGETHER = 16;

/** Lower envelope of the parabolas f(q) + (h (x - q))² along every line of one axis. */
function transformAxis(values: Float64Array, size: number, stride: number, h: number): void {
  const lines = new Float64Array(size * TOGETHER);
  const vertex = new Int32Array(size); // pixels whose parabolas make the envelope
  const height = new Float64Array(size); // their f
  const from = new Float64Array(size + 1); // where each begins
  const twice = 1 / (2 * h * h);
  for (let slab = 0; slab < values.length; slab += size * stride) {
    for (let first = slab; first < slab + stride; first += TOGETHER) {
      const count = Math.min(TOGETHER, slab + stride - first);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < count; j++) lines[j * size + i] = values[first + i * stride + j]!;
      }
      for (let j = 0; j < count; j++) lowerEnvelope(lines, j * size, size, h, twice, vertex, height, from);
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < count; j++) values[first + i * stride + j] = lines[j * size + i]!;
      }
    }
  }
}

function lowerEnvelope(
  lines: Float64Array,
  start: number,
  size: number,
  h: number,
  twice: number,
  vertex: Int32Array,
  height: Float64Array,
  from: Float64Array,
): void {
  let count = 0;
  for (let q = 0; q < size; q++) {
    const f = lines[start + q]!;
    if (f === Infinity) continue;
    let crossing = -Infinity;
    while (count > 0) {
      const p = vertex[count - 1]!;
      crossing = ((f - height[count - 1]!) * twice) / (q - p) + (q + p) / 2;
      if (crossing > from[count - 1]!) break;
      count--;
      crossing = -Infinity;
    }
    vertex[count] = q;
    height[count] = f;
    from[count++] = crossing;
  }
  if (count === 0) return;
  from[count] = Infinity;
  for (let x = 0, k = 0; x < size; x++) {
    while (from[k + 1]! < x) k++;
    const step = h * (x - vertex[k]!);
    lines[start + x] = height[k]! + step * step;
  }
}
