import { asVolume, checkConnectivity, checkShape, type Connectivity } from './grid.js';

/**
 * Grows a mask by its neighbors.
 *
 * @param mask Values in row-major order; everything but 0 belongs to the mask. @param shape `[height, width]` or
 *   `[depth, height, width]`.
 * @param options `connectivity`: the neighbors, 4 or 8 (default) in 2-D, 6, 18 or 26 (default) in 3-D. `iterations`: how often;
 *   default 1, and 0 returns the mask.
 * @returns 1 in the grown mask, else 0.
 * @throws {RangeError} If the shape, the connectivity or the number of iterations does not fit.
 *
 * @example
 * ```ts
 * Array.from(dilate([0, 0, 0, 0, 1, 0, 0, 0, 0], [3, 3], { connectivity: 4 })); // → [0, 1, 0, 1, 1, 1, 0, 1, 0]
 * ```
 */
export function dilate(
  mask: ArrayLike<number>,
  shape: readonly number[],
  {
    connectivity = shape.length === 3 ? 26 : 8,
    iterations = 1,
  }: { connectivity?: Connectivity; iterations?: number } = {},
): Uint8Array {
  const [depth, height, width] = asVolume('dilate', shape);
  checkShape('dilate', mask.length, shape);
  checkConnectivity('dilate', connectivity, shape);
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new RangeError(`dilate: wanted a whole number of iterations from 0, got ${String(iterations)}`);
  }
  const offsets = neighborOffsets(connectivity);
  const grown = Uint8Array.from(mask, (value) => (value ? 1 : 0));
  let border: number[] = [];
  for (let i = 0; i < grown.length; i++) if (grown[i]) border.push(i);
  for (let step = 0; step < iterations && border.length > 0; step++) {
    const next: number[] = [];
    for (const i of border) {
      const x = i % width;
      const y = Math.floor(i / width) % height;
      const z = Math.floor(i / (width * height));
      for (const [dz, dy, dx] of offsets) {
        const [a, b, c] = [z + dz, y + dy, x + dx];
        if (a < 0 || a >= depth || b < 0 || b >= height || c < 0 || c >= width) continue;
        const at = (a * height + b) * width + c;
        if (grown[at]) continue;
        grown[at] = 1;
        next.push(at);
      }
    }
    border = next;
  }
  return grown;
}

/** The most axes along which two neighbors differ. */
const STEPS: Record<Connectivity, number> = { 4: 1, 8: 2, 6: 1, 18: 2, 26: 3 };

function neighborOffsets(connectivity: Connectivity): (readonly [number, number, number])[] {
  const depths = connectivity === 4 || connectivity === 8 ? [0] : [-1, 0, 1];
  const all = depths.flatMap((dz) =>
    [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dz, dy, dx] as const)),
  );
  return all.filter((offset) => {
    const steps = offset.filter((d) => d !== 0).length;
    return steps > 0 && steps <= STEPS[connectivity];
  });
}
