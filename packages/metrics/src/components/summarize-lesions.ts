import { checkKeys } from '@segloss/common';

import { fraction } from '../fraction.js';
import { caseMean, type CaseMean } from '../score-summary.js';
import { percentileInterval } from '../size-bias/bootstrap.js';
import { checkBootstrap } from '../size-bias/check-cases.js';
import { type BootstrapOptions, type Interval } from '../size-bias/types.js';
import { type LesionCase } from './lesion-case.js';
import { type PanopticQuality } from './lesion-scores.js';

/** The lesions of a set whose true sizes lie from `from` to before `to` (the last bin: to `to`). */
export interface LesionSizeBin {
  readonly from: number;
  readonly to: number;
  /** True lesions, and those that are found and missed. */
  readonly lesions: number;
  readonly found: number;
  readonly missed: number;
  /** found / lesions. */
  readonly recall: number | null;
  /** Σ predicted size / Σ true size, p/q, of all lesions of the bin; a lesion that nothing overlaps counts with predicted size 0. */
  readonly ratio: number | null;
  /** With `bootstrap`: intervals of both for other cases; null where fewer than two cases have a lesion of the bin. */
  readonly recallInterval?: Interval;
  readonly ratioInterval?: Interval;
  /** Invented lesions whose own size is in the bin; smaller and larger ones than every true lesion are in the first and the last bin. */
  readonly invented: number;
}

/** Detection and size of the lesions of one class over a set. Null where 0 is divided by 0. */
export interface LesionSummary {
  /** True lesions of all cases, and those that are found and missed. */
  readonly lesions: number;
  readonly found: number;
  readonly missed: number;
  /** Predicted lesions of all cases, and those that are right and invented. */
  readonly predicted: number;
  readonly right: number;
  readonly invented: number;
  /** found / lesions and right / predicted, over all lesions of the set, and their harmonic mean: 0 if nothing is found. */
  readonly recall: number | null;
  readonly precision: number | null;
  readonly f1: number | null;
  /** With `bootstrap`: intervals for other cases, of F1, recall and `ratio`; null where fewer than two cases have a true lesion. */
  readonly f1Interval?: Interval;
  readonly recallInterval?: Interval;
  readonly ratioInterval?: Interval;
  /** F1 of the cases that have a true or a predicted lesion. */
  readonly perImage: { readonly f1: CaseMean };
  /** Over all lesions of the set. */
  readonly panoptic: PanopticQuality;
  /** Σ predicted size / Σ true size of the true lesions, p/q. Invented lesions are not in it. */
  readonly ratio: number | null;
  /** Where every case was scored with `brats`: lesion-wise Dice and HD95, means over all cases. */
  readonly lesionWise?: { readonly dice: CaseMean; readonly hd95: CaseMean };
  /** Bins with equally many true lesions, the smallest first; fewer where many have one size. */
  readonly bySize: readonly LesionSizeBin[];
}

/**
 * Combines the lesions of many cases: F1, recall, precision and panoptic quality over all lesions, and recall, p/q and invented lesions by
 * size.
 *
 * The bins depend on the truth alone, so that every prediction of a set has the same ones.
 *
 * @param cases Results of {@link lesionCase}. @param options `bins`: number of bins with equally many true lesions, 1 to 100; default 4.
 *   `bootstrap`: intervals, which take time; lesions of one case are drawn together. Default: none.
 * @throws {RangeError} If `bins` is out of range.
 *
 * @example
 * ```ts
 * const common = { shape: [1, 6] };
 * const cases = [
 *   lesionCase([1, 1, 1, 0, 1, 0], [1, 1, 0, 0, 0, 0], common),
 *   lesionCase([1, 1, 0, 0, 0, 0], [1, 1, 0, 1, 1, 0], common),
 * ];
 * const { recall, precision, ratio, bySize } = summarizeLesions(cases, { bins: 2 });
 * [recall, precision, ratio]; // → [0.6667, 0.6667, 0.6667]
 * bySize.map(({ from, lesions, missed, invented }) => [from, lesions, missed, invented]); // → [[1, 1, 1, 0], [2, 2, 0, 1]]
 * ```
 */
export function summarizeLesions(
  cases: readonly LesionCase[],
  options: { readonly bins?: number; readonly bootstrap?: BootstrapOptions } = {},
): LesionSummary {
  checkKeys('summarizeLesions', options, ['bins', 'bootstrap']);
  const { bins = 4 } = options;
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= 100)) {
    throw new RangeError(
      `summarizeLesions: wanted a whole number of bins from 1 to 100, got ${String(bins)}`,
    );
  }
  const bootstrap = options.bootstrap && checkBootstrap('summarizeLesions', options.bootstrap);
  const all = cases.flatMap(({ truth, found, predicted }) =>
    truth.map((size, i): Lesion => ({ size, found: found[i]!, predicted: predicted[i]! })),
  );
  const invented = cases.flatMap((one) => one.invented);
  const right = cases.reduce((sum, one) => sum + one.right, 0);
  const found = all.filter((one) => one.found).length;
  const scores = ratesOf(found, all.length, right, right + invented.length);
  const recognized = cases.reduce((sum, one) => sum + one.recognized.count, 0);
  const iou = cases.reduce((sum, one) => sum + one.recognized.iou, 0);
  const wise = cases.flatMap((one) => one.lesionWise ?? []);
  const half = (all.length + right + invented.length) / 2;
  return {
    ...{ lesions: all.length, found, missed: all.length - found },
    ...{ predicted: right + invented.length, right, invented: invented.length },
    ...scores,
    ...(bootstrap && intervalsOf(cases, bootstrap)),
    perImage: { f1: caseMean(cases.map(f1Of)) },
    panoptic: { sq: fraction(iou, recognized), rq: fraction(recognized, half), pq: fraction(iou, half) },
    ratio: ratioOf(all),
    ...(cases.length > 0 &&
      wise.length === cases.length && {
        lesionWise: {
          dice: caseMean(wise.map(({ dice }) => dice)),
          hd95: caseMean(wise.map((one) => one.hd95)),
        },
      }),
    bySize: bySize(all, invented, bins).map((bin, i, { length }) => ({
      ...bin,
      ...(bootstrap &&
        intervalsOf(
          cases.map((one) => within(one, bin, i === length - 1)),
          bootstrap,
          'bin',
        )),
    })),
  };
}

interface Lesion {
  readonly size: number;
  readonly found: boolean;
  readonly predicted: number;
}

function f1Of({ truth, found, right, invented }: LesionCase): number | null {
  return ratesOf(found.filter(Boolean).length, truth.length, right, right + invented.length).f1;
}

function ratesOf(found: number, lesions: number, right: number, predicted: number) {
  const [recall, precision] = [fraction(found, lesions), fraction(right, predicted)];
  const sum = (recall ?? 0) + (precision ?? 0);
  const f1 =
    recall === null && precision === null
      ? null
      : sum === 0
        ? 0
        : (2 * (recall ?? 0) * (precision ?? 0)) / sum;
  return { recall, precision, f1 };
}

function ratioOf(lesions: readonly Lesion[]): number | null {
  return fraction(sum(lesions.map((one) => one.predicted)), sum(lesions.map((one) => one.size)));
}

function bySize(lesions: readonly Lesion[], invented: readonly number[], count: number): LesionSizeBin[] {
  const sorted = [...lesions].sort((a, b) => a.size - b.size);
  if (sorted.length === 0) return [];
  const [first, last] = [sorted[0]!.size, sorted.at(-1)!.size];
  const inner = Array.from(
    { length: count - 1 },
    (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / count)]!.size,
  );
  const edges = [first, ...[...new Set(inner)].filter((edge) => edge > first), last];
  return edges.slice(1).map((to, i) => {
    const from = edges[i]!;
    const [isFirst, isLast] = [i === 0, i === edges.length - 2];
    const within = sorted.filter(({ size }) => size >= from && (isLast || size < to));
    const found = within.filter((one) => one.found).length;
    return {
      ...{ from, to, lesions: within.length, found, missed: within.length - found },
      recall: fraction(found, within.length),
      ratio: ratioOf(within),
      invented: invented.filter((size) => (isFirst || size >= from) && (isLast || size < to)).length,
    };
  });
}

/** The true lesions of a case whose size is in a bin. */
function within(
  { truth, found, predicted }: LesionCase,
  { from, to }: Pick<LesionSizeBin, 'from' | 'to'>,
  isLast: boolean,
): Counted {
  const chosen = truth.flatMap((size, i) => (size >= from && (isLast || size < to) ? [i] : []));
  const [sizes, hits] = [chosen.map((i) => truth[i]!), chosen.map((i) => found[i]!)];
  return { truth: sizes, found: hits, predicted: chosen.map((i) => predicted[i]!), right: 0, invented: [] };
}

type Counted = Pick<LesionCase, 'truth' | 'found' | 'predicted' | 'right' | 'invented'>;

/** Draws cases with replacement: the lesions of one case are alike, and come together. */
function intervalsOf(
  cases: readonly Counted[],
  { random, resamples, level }: Required<BootstrapOptions>,
  of: 'set' | 'bin' = 'set',
): Pick<LesionSummary, 'f1Interval' | 'recallInterval' | 'ratioInterval'> {
  const counts = cases.map(({ truth, found, predicted, right, invented }) =>
    [truth.length, found.filter(Boolean).length, right, right + invented.length, sum(truth), sum(predicted)] as const,
  ); // prettier-ignore
  if (counts.filter(([lesions]) => lesions > 0).length < 2) {
    return { ...(of === 'set' && { f1Interval: null }), recallInterval: null, ratioInterval: null };
  }
  const [f1, recall, ratio] = [0, 1, 2].map(() => new Float64Array(resamples)) as [Float64Array, Float64Array, Float64Array]; // prettier-ignore
  const total = new Float64Array(6);
  for (let b = 0; b < resamples; b++) {
    total.fill(0);
    for (let i = 0; i < counts.length; i++) {
      const drawn = counts[Math.floor(random() * counts.length)]!;
      for (let k = 0; k < 6; k++) total[k]! += drawn[k]!;
    }
    const [lesions, found, right, predicted, truth, size] = total as unknown as [number, number, number, number, number, number]; // prettier-ignore
    const rates = ratesOf(found, lesions, right, predicted);
    [f1[b], recall[b], ratio[b]] = [rates.f1 ?? NaN, rates.recall ?? NaN, fraction(size, truth) ?? NaN];
  }
  return {
    ...(of === 'set' && { f1Interval: percentileInterval(f1, level) }),
    recallInterval: percentileInterval(recall, level),
    ratioInterval: percentileInterval(ratio, level),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
