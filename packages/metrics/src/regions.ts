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

/** The region of a label in both maps, cut out with one pixel of background around, or up to three more at the end of rows. */
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
  if (
    truth instanceof Uint8Array &&
    predicted instanceof Uint8Array &&
    (isNoise(truth) || isNoise(predicted))
  ) {
    return wholeRegions(truth, predicted, { shape, label, spacing, ignored });
  }
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
  const cut = withWholeWords(shape.map((_, axis) => (empty ? 2 : highest[axis]! - lowest[axis]! + 3)));
  const length = cut.reduce((product, size) => product * size, 1);
  const regions = {
    truth: new Uint8Array(length),
    predicted: new Uint8Array(length),
    shape: cut,
    spacing,
    sizes,
    diagonal: diagonalOf(shape, spacing),
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

/** The shape with rows of a multiple of 4 pixels, of which one look sees four. */
const withWholeWords = (shape: readonly number[]): number[] =>
  shape.map((size, axis) => (axis === shape.length - 1 ? (size + 3) & ~3 : size));

const diagonalOf = (shape: readonly number[], spacing: Spacing): number =>
  Math.hypot(...shape.map((size, axis) => size * spacing[axis]!));

/** Neighbors that are compared to tell noise, and the share of them that differ in noise. */
const [PROBES, DIFFERENT] = [1024, 1 / 8];

/** Whether bytes change so often that it takes longer to find runs of equal ones than to look at each. */
function isNoise(values: Uint8Array): boolean {
  if (values.length < 4 * PROBES) return false;
  const step = Math.floor(values.length / PROBES);
  let different = 0;
  for (let i = 0; i < PROBES * step; i += step) if (values[i] !== values[i + 1]) different++;
  return different > PROBES * DIFFERENT;
}

/** As {@link cutRegions}, of the whole grid: noise fills it. Bytes are labels. */
function wholeRegions(
  truth: Uint8Array,
  predicted: Uint8Array,
  {
    shape,
    label,
    spacing,
    ignored,
  }: { shape: readonly number[]; label: number; spacing: Spacing; ignored: number },
): Regions {
  const cut = withWholeWords(shape.map((size) => size + 2));
  const length = cut.reduce((product, size) => product * size, 1);
  const regions = { truth: new Uint8Array(length), predicted: new Uint8Array(length) };
  const { truth: inTruth, predicted: inPredicted } = regions;
  const width = shape[shape.length - 1]!;
  let [truePixels, predictedPixels] = [0, 0];
  for (let start = 0; start < truth.length; start += width) {
    let [to, stride, row] = [1, cut[shape.length - 1]!, start / width];
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      const above = Math.floor(row / shape[axis]!);
      to += (row - above * shape[axis]! + 1) * stride;
      stride *= cut[axis]!;
      row = above;
    }
    for (let i = start; i < start + width; i++, to++) {
      const t = truth[i]!;
      const isTrue = Number(t === label);
      const isPredicted = Number(predicted[i] === label) & Number(t !== ignored);
      truePixels += isTrue;
      predictedPixels += isPredicted;
      inTruth[to] = isTrue;
      inPredicted[to] = isPredicted;
    }
  }
  const sizes = { truth: truePixels, predicted: predictedPixels };
  return { ...regions, shape: cut, spacing, sizes, diagonal: diagonalOf(shape, spacing) };
}
