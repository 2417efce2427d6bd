import { forEachRun } from '@segloss/common';
import { checkShape, type Spacing } from '@segloss/geometry';

import { DEFAULT_IGNORE_INDEX } from './ignore-index.js';
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
  const widen = (axis: number, first: number, last: number) => {
    lowest[axis] = Math.min(lowest[axis]!, first);
    highest[axis] = Math.max(highest[axis]!, last);
  };
  forEachRun(truth, predicted, (t, p, start, end) => {
    if (t !== Math.trunc(t)) throw badLabel(name, 'true', t, Infinity, start);
    if (t === ignored) return;
    if (p !== Math.trunc(p)) throw badLabel(name, 'predicted', p, Infinity, start);
    const [inTruth, inPredicted] = [t === label, p === label];
    if (!inTruth && !inPredicted) return;
    if (inTruth) sizes.truth += end - start;
    if (inPredicted) sizes.predicted += end - start;
    // The first and the last place of the run: where they differ along an axis, the axes behind it are crossed from edge to edge.
    let [first, last] = [start, end - 1];
    for (let axis = rank - 1; axis >= 0; axis--) {
      const size = shape[axis]!;
      const [before, behind] = [Math.floor(first / size), Math.floor(last / size)];
      if (before === behind) widen(axis, first - before * size, last - behind * size);
      else widen(axis, 0, size - 1);
      [first, last] = [before, behind];
    }
  });
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
  const offset = lowest[rank - 1]! - 1;
  forEachRun(truth, predicted, (t, p, start, end) => {
    if (t === ignored || (t !== label && p !== label)) return;
    for (let from = start; from < end;) {
      // The part of the run within one row.
      let row = Math.floor(from / width);
      const to = Math.min(end, (row + 1) * width);
      let [place, stride] = [from - row * width - offset, cut[rank - 1]!];
      for (let axis = rank - 2; axis >= 0; axis--) {
        const above = Math.floor(row / shape[axis]!);
        place += (row - above * shape[axis]! - lowest[axis]! + 1) * stride;
        stride *= cut[axis]!;
        row = above;
      }
      if (t === label) regions.truth.fill(1, place, place + to - from);
      if (p === label) regions.predicted.fill(1, place, place + to - from);
      from = to;
    }
  });
  return regions;
}
