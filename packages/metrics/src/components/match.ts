import { checkShape, connectedComponents, type Connectivity } from '@segloss/geometry';

import { DEFAULT_IGNORE_INDEX } from '../ignore-index.js';
import { badLabel } from '../labels.js';
import { checkKeys } from '@segloss/common';

/** Which regions are split into components, and how. */
export interface ComponentOptions {
  /** `[height, width]` or `[depth, height, width]`. */
  shape: readonly number[];
  /** The label whose region is meant; default 1. */
  label?: number;
  /** Which pixels touch: 4 or 8 (default) in 2-D; 6, 18 or 26 (default) in 3-D. */
  connectivity?: Connectivity;
  /** True label of pixels that are in neither region; default 255. */
  ignoreIndex?: number;
}

/** A true and a predicted component that share pixels. */
export interface ComponentPair {
  /** Numbers of the components, from 1 in raster order. */
  readonly truth: number;
  readonly predicted: number;
  /** Pixels that both have. */
  readonly intersection: number;
  readonly iou: number;
  readonly dice: number;
}

/** The components of a true and a predicted region, and how they overlap. */
export interface ComponentMatch {
  /** Pixels of each component; `sizes[0]` is that of component 1. */
  readonly truth: readonly number[];
  readonly predicted: readonly number[];
  /** Every pair that shares pixels, by the true and then the predicted component. */
  readonly pairs: readonly ComponentPair[];
}

/**
 * Splits a true and a predicted region into connected components (lesions) and finds which of them overlap. {@link lesionScores} and
 * {@link panopticQuality} are made of it.
 *
 * @param truth True labels. @param predicted Predicted labels, of the same shape.
 * @throws {RangeError} If shapes do not fit, or a label is not a whole number.
 *
 * @example
 * ```ts
 * const { truth, predicted, pairs } = matchComponents([1, 1, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1], { shape: [1, 6] });
 * [truth, predicted]; // → [[2, 1], [1, 1]]
 * pairs; // → [{"truth":1,"predicted":1,"intersection":1,"iou":0.5,"dice":0.6667}]
 * ```
 */
export function matchComponents(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: ComponentOptions,
): ComponentMatch {
  const [a, b] = componentsOf('matchComponents', truth, predicted, options);
  const shared = new Map<number, number>();
  for (let i = 0; i < truth.length; i++) {
    const [t, p] = [a.labels[i]!, b.labels[i]!];
    if (t === 0 || p === 0) continue;
    const key = t * (b.count + 1) + p;
    shared.set(key, (shared.get(key) ?? 0) + 1);
  }
  const pairs = [...shared]
    .sort(([x], [y]) => x - y)
    .map(([key, intersection]) => {
      const [t, p] = [Math.floor(key / (b.count + 1)), key % (b.count + 1)];
      const sizes = a.sizes[t]! + b.sizes[p]!;
      const [iou, dice] = [intersection / (sizes - intersection), (2 * intersection) / sizes];
      return { truth: t, predicted: p, intersection, iou, dice };
    });
  return { truth: Array.from(a.sizes.subarray(1)), predicted: Array.from(b.sizes.subarray(1)), pairs };
}

/** The components of both regions. */
export function componentsOf(
  name: string,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  options: ComponentOptions,
) {
  checkKeys(name, options, ['shape', 'label', 'connectivity', 'ignoreIndex']);
  const { shape, label = 1, connectivity, ignoreIndex = DEFAULT_IGNORE_INDEX } = options;
  checkShape(name, truth.length, shape);
  checkShape(name, predicted.length, shape);
  const masks = [new Uint8Array(truth.length), new Uint8Array(truth.length)] as const;
  for (let i = 0; i < truth.length; i++) {
    const [t, p] = [truth[i]!, predicted[i]!];
    if (t !== Math.trunc(t)) throw badLabel(name, 'true', t, Infinity, i);
    if (t === ignoreIndex && t !== label) continue;
    if (p !== Math.trunc(p)) throw badLabel(name, 'predicted', p, Infinity, i);
    masks[0][i] = t === label ? 1 : 0;
    masks[1][i] = p === label ? 1 : 0;
  }
  const how = connectivity === undefined ? {} : { connectivity };
  return [connectedComponents(masks[0], shape, how), connectedComponents(masks[1], shape, how)] as const;
}
