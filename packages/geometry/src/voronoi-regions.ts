import { checkShape, type Spacing } from './grid.js';

/**
 * Voronoi regions of labeled components: every pixel gets the label of the nearest labeled pixel, and of the lowest label where
 * several are equally near. Exact Euclidean distances, any number of axes, linear time.
 *
 * @param labels Labels from 1 on, and 0 where there is none, as {@link connectedComponents} returns them; row-major.
 * @param shape Sizes of the axes. @param options `spacing`: length of a pixel along each axis; default 1.
 * @returns One label for each pixel; all 0 if there is no labeled pixel.
 * @throws {RangeError} If the shape does not fit.
 *
 * @example
 * ```ts
 * Array.from(voronoiRegions([2, 0, 0, 0, 1], [5])); // → [2, 2, 1, 1, 1]
 * ```
 *
 * @see P. Felzenszwalb, D. Huttenlocher, "Distance transforms of sampled functions", Theory of Computing 2012.
 */
export function voronoiRegions(
  labels: ArrayLike<number>,
  shape: readonly number[],
  { spacing = shape.map(() => 1) }: { spacing?: Spacing } = {},
): Int32Array {
  checkShape('voronoiRegions', labels.length, shape, spacing);
  const regions = Int32Array.from(labels);
  const squared = new Float64Array(labels.length);
  for (let i = 0; i < squared.length; i++) squared[i] = regions[i] === 0 ? Infinity : 0;
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis]! > 1) spreadAlong(regions, squared, shape[axis]!, stride, spacing[axis]!);
    stride *= shape[axis]!;
  }
  return regions;
}

/** Distances that differ by less than this share are the same: rounding must not break a tie. */
const TIE = 1e-10;

/** Lower envelope of the parabolas f(q) + (h (x - q))² along every line of one axis, with the lowest label of those that meet. */
function spreadAlong(
  regions: Int32Array,
  squared: Float64Array,
  size: number,
  stride: number,
  h: number,
): void {
  const heights = new Float64Array(size);
  const labels = new Int32Array(size);
  const vertex = new Int32Array(size); // pixels whose parabolas make the envelope
  const from = new Float64Array(size + 1); // where each begins
  const twice = 1 / (2 * h * h);
  for (let slab = 0; slab < squared.length; slab += size * stride) {
    for (let line = slab; line < slab + stride; line++) {
      let count = 0;
      for (let q = 0, at = line; q < size; q++, at += stride) {
        const f = squared[at]!;
        heights[q] = f;
        labels[q] = regions[at]!;
        if (f === Infinity) continue;
        let crossing = -Infinity;
        while (count > 0) {
          const p = vertex[count - 1]!;
          crossing = ((f - heights[p]!) * twice) / (q - p) + (q + p) / 2;
          // A parabola that only touches the envelope stays: it may have the lowest label there.
          if (crossing > from[count - 1]! - TIE * size) break;
          count--;
          crossing = -Infinity;
        }
        vertex[count] = q;
        from[count++] = crossing;
      }
      if (count === 0) continue;
      for (let x = 0, first = 0, at = line; x < size; x++, at += stride) {
        while (first + 1 < count && from[first + 1]! < x - TIE * size) first++;
        let [best, label] = [Infinity, 0];
        for (let k = first; k < count && from[k]! <= x + TIE * size; k++) {
          const q = vertex[k]!;
          const distance = heights[q]! + (h * (x - q)) ** 2;
          if (distance < best * (1 - TIE)) [best, label] = [distance, labels[q]!];
          else if (distance <= best * (1 + TIE)) label = Math.min(label, labels[q]!);
        }
        squared[at] = best;
        regions[at] = label;
      }
    }
  }
}
