import { distanceTransform } from './distance-transform.js';
import { type Spacing } from './grid.js';

/**
 * Measures the signed distance of every pixel to the border of a region: outside the distance to the nearest pixel of the region,
 * inside minus the distance to the nearest pixel beyond it. All 0 for a region that is empty or fills the grid, which has
 * no border.
 *
 * @param mask Nonzero in the region, row-major. @param shape Sizes of the axes, `[height, width]` or `[depth, height, width]`.
 * @param options `spacing`: length of a pixel along each axis; default 1. `innerBorder`: the distance on the pixels of the
 *   region that touch the outside, minus one pixel (`negative`, default) or 0 (`zero`).
 * @throws {RangeError} If the shape does not fit.
 *
 * @example
 * ```ts
 * Array.from(signedDistanceMap([0, 1, 1, 1, 0], [5])); // → [1, -1, -2, -1, 1]
 * Array.from(signedDistanceMap([0, 1, 1, 1, 0], [5], { innerBorder: 'zero' })); // → [1, 0, -2, 0, 1]
 * ```
 *
 * @see Kervadec et al., "Boundary loss for highly unbalanced segmentation", MIDL 2019, arXiv:1812.07032, §2.2.
 */
export function signedDistanceMap(
  mask: ArrayLike<number>,
  shape: readonly number[],
  {
    spacing = shape.map(() => 1),
    innerBorder = 'negative',
  }: { spacing?: Spacing; innerBorder?: 'negative' | 'zero' } = {},
): Float64Array {
  const outside = distanceTransform(mask, shape, { spacing });
  const complement = Uint8Array.from(mask, (value) => (value ? 0 : 1));
  const inside = distanceTransform(complement, shape, { spacing });
  if (!Number.isFinite(outside[0]! + inside[0]!)) return new Float64Array(outside.length);
  const border = innerBorder === 'zero' ? innerBorderOf(mask, shape) : undefined;
  return outside.map((distance, i) => (border?.[i] ? 0 : distance - inside[i]!));
}

/** 1 for the pixels of the region with a neighbor, along an axis, that is not in it; beyond the grid counts as in it. */
function innerBorderOf(mask: ArrayLike<number>, shape: readonly number[]): Uint8Array {
  const border = new Uint8Array(mask.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    for (let i = 0; i < mask.length; i++) {
      const at = Math.floor(i / stride) % size;
      const open = (at > 0 && !mask[i - stride]) || (at < size - 1 && !mask[i + stride]);
      if (mask[i] && open) border[i] = 1;
    }
    stride *= size;
  }
  return border;
}
