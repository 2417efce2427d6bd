import { distanceTransform } from '@segloss/geometry';

/**
 * A weight for every pixel, largest at the border of a region: 1 + (max D - D) / (max of it), with D the distance to the
 * border on the pixel's own side; 1 everywhere without a border.
 *
 * @see Caliva et al., "Distance map loss penalty term for semantic segmentation", MIDL 2019, arXiv:1908.03679, §2.
 */
export function borderWeights(mask: Uint8Array, space: readonly number[]): Float64Array {
  const weights = new Float64Array(mask.length).fill(1);
  for (const side of [1, 0]) {
    const other = mask.map((value) => (value === side ? 0 : 1));
    const depth = distanceTransform(other, space);
    const own = (of: (i: number) => number) =>
      mask.reduce((most, value, i) => (value === side ? Math.max(most, of(i)) : most), 0);
    const deepest = own((i) => depth[i]!);
    if (!Number.isFinite(deepest)) continue;
    const widest = own((i) => deepest - depth[i]!);
    if (widest === 0) continue;
    mask.forEach((value, i) => {
      if (value === side) weights[i]! += (deepest - depth[i]!) / widest;
    });
  }
  return weights;
}
