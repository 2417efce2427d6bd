import { voronoiRegions } from '@segloss/geometry';

import { componentsOf, type ComponentOptions } from './match.js';

/** Dice of each true component within its Voronoi region. */
export interface ComponentDice {
  /** Mean over the components. Without a true component 0 if something is predicted, and null if nothing is. */
  readonly mean: number | null;
  /** By component, in raster order. */
  readonly components: readonly number[];
}

/**
 * Dice per component (CC-Metrics): every pixel belongs to the nearest true component, the first one in raster order of equally near ones;
 * each component is scored against the prediction within its region, and all count alike, whatever their size.
 *
 * @param truth True labels. @param predicted Predicted labels, of the same shape.
 * @throws {RangeError} If shapes do not fit, or a label is not a whole number.
 *
 * @example
 * ```ts
 * ccDice([1, 1, 0, 0, 0, 1], [1, 1, 1, 0, 0, 0], { shape: [1, 6] }); // → {"mean":0.4,"components":[0.8,0]}
 * ```
 *
 * @see A. Jaus et al., "Every component counts: rethinking the measure of success for medical semantic segmentation", AAAI 2025,
 *   arXiv:2410.18684.
 */
export function ccDice(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: ComponentOptions,
): ComponentDice {
  const [a, b] = componentsOf('ccDice', truth, predicted, options);
  if (a.count === 0) return { mean: b.count === 0 ? null : 0, components: [] };
  const regions = voronoiRegions(a.labels, options.shape);
  const [overlap, sizes] = [new Float64Array(a.count + 1), new Float64Array(a.count + 1)];
  for (let i = 0; i < regions.length; i++) {
    if (b.labels[i] === 0) continue;
    sizes[regions[i]!]!++;
    if (a.labels[i] === regions[i]) overlap[regions[i]!]!++;
  }
  const components = Array.from(
    a.sizes.subarray(1),
    (size, k) => (2 * overlap[k + 1]!) / (size + sizes[k + 1]!),
  );
  return { mean: components.reduce((sum, dice) => sum + dice, 0) / a.count, components };
}
