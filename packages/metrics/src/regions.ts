import { DEFAULT_IGNORE_INDEX } from './ignore-index.js';
import { checkShape, type Spacing } from '@segloss/geometry';

import { badLabel } from './labels.js';

/** Which region of two label maps is compared, and on what grid. */
export interface RegionOptions {
  /** Sizes of the axes, `[height, width]` or `[depth, height, width]`. */
  shape: readonly number[];
  /** The label whose region is meant; default 1. */
  label?: number;
  /** Length of a pixel along each axis; distances are in its unit. Default 1. */
  spacing?: Spacing;
  /** True label of pixels that are in neither region, whatever is predicted there; default 255 (none if `label` is 255). */
  ignoreIndex?: number;
}

/** The region of a label in both maps, cut out with one pixel of background around. */
export interface Regions {
  readonly truth: Uint8Array;
  readonly predicted: Uint8Array;
  readonly shape: readonly number[];
  readonly spacing: Spacing;
  /** Pixels of each region. */
  readonly sizes: { readonly truth: number; readonly predicted: number };
  /** Length of the whole image's diagonal. */
  readonly diagonal: number;
}

/** Cuts both regions out, with one pixel around: what lies farther off is in no border and nearest to none. */
export function cutRegions(
  name: string,
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { shape, label = 1, spacing = shape.map(() => 1), ignoreIndex = DEFAULT_IGNORE_INDEX }: RegionOptions,
): Regions {
  checkShape(name, truth.length, shape, spacing);
  checkShape(name, predicted.length, shape, spacing);
  const ignored = ignoreIndex === label ? NaN : ignoreIndex;
  const rank = shape.length;
  const width = shape[rank - 1]!;
  const lowest = shape.map((size) => size);
  const highest = shape.map(() => -1);
  const sizes = { truth: 0, predicted: 0 };
  const at = shape.map(() => 0); // of the row
  for (let start = 0; start < truth.length; start += width) {
    let [first, last] = [width, -1];
    for (let x = 0; x < width; x++) {
      const t = truth[start + x]!;
      const p = predicted[start + x]!;
      if (t !== Math.trunc(t)) throw badLabel(name, 'true', t, Infinity, start + x);
      if (t === ignored) continue;
      if (p !== Math.trunc(p)) throw badLabel(name, 'predicted', p, Infinity, start + x);
      const inTruth = t === label;
      const inPredicted = p === label;
      if (!inTruth && !inPredicted) continue;
      if (inTruth) sizes.truth++;
      if (inPredicted) sizes.predicted++;
      if (x < first) first = x;
      last = x;
    }
    if (last >= 0) {
      for (let axis = 0; axis < rank - 1; axis++) {
        lowest[axis] = Math.min(lowest[axis]!, at[axis]!);
        highest[axis] = Math.max(highest[axis]!, at[axis]!);
      }
      lowest[rank - 1] = Math.min(lowest[rank - 1]!, first);
      highest[rank - 1] = Math.max(highest[rank - 1]!, last);
    }
    for (let axis = rank - 2; axis >= 0 && ++at[axis]! === shape[axis]; axis--) at[axis] = 0;
  }
  const empty = sizes.truth + sizes.predicted === 0;
  const cut = shape.map((_, axis) => (empty ? 2 : highest[axis]! - lowest[axis]! + 3));
  const length = cut.reduce((product, size) => product * size, 1);
  const regions = {
    truth: new Uint8Array(length),
    predicted: new Uint8Array(length),
    shape: cut,
    spacing,
    sizes,
    diagonal: Math.hypot(...shape.map((size, axis) => size * spacing[axis]!)),
  };
  if (empty) return regions;
  const inner = cut.map((size) => size - 2);
  at.fill(0);
  const rows = inner.slice(0, -1).reduce((product, size) => product * size, 1);
  for (let row = 0; row < rows; row++) {
    let [from, to] = [0, 0];
    for (let axis = 0; axis < rank - 1; axis++) {
      from = (from + lowest[axis]! + at[axis]!) * shape[axis + 1]!;
      to = (to + 1 + at[axis]!) * cut[axis + 1]!;
    }
    from += lowest[rank - 1]!;
    to += 1;
    for (let x = 0; x < inner[rank - 1]!; x++) {
      const t = truth[from + x]!;
      if (t === label) regions.truth[to + x] = 1;
      if (predicted[from + x] === label && t !== ignored) regions.predicted[to + x] = 1;
    }
    for (let axis = rank - 2; axis >= 0 && ++at[axis]! === inner[axis]; axis--) at[axis] = 0;
  }
  return regions;
}
