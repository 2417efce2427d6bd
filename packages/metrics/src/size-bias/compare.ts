import { type RegionSize } from '../region-size.js';
import { sizesOf } from './analyze.js';
import { percentileInterval } from './bootstrap.js';
import { checkKeys } from '@segloss/common';
import { checkBootstrap, checkCases } from './check-cases.js';
import { type BootstrapOptions, type Interval, type ProportionCase } from './types.js';

/** A statistic of the second run less that of the first. */
export interface Difference {
  readonly value: number;
  /** Paired: both runs are taken at the same drawn cases. */
  readonly interval: Interval;
}

/** One class of two runs. */
export interface ClassDifference {
  readonly name: string;
  /** Of Σp/Σq; NaN where no truth has the class. Above 0 the second predicts larger. */
  readonly ratio: Difference;
  /** Of the mean of |p - q|. Below 0 the second is nearer to the true sizes. */
  readonly absolute: Difference;
}

/** What {@link compareRegionSizes} gives. */
export interface RegionSizeComparison {
  /** Cases that both runs have. */
  readonly cases: number;
  readonly classes: readonly ClassDifference[];
}

/**
 * Whether two runs on the same cases differ in the sizes that they predict, with paired bootstrap intervals: an interval
 * without 0 says that the difference does not hang on which of these cases were drawn.
 *
 * @param first The run that is compared with. @param second The run that is compared, over the cases whose ids both have.
 * @param options `classes`: names; `bootstrap`: see {@link BootstrapOptions}; without it intervals are null.
 * @throws {RangeError} If the true proportions of a case differ between the runs, or the numbers of classes do.
 *
 * @example
 * ```ts
 * const truth = [0.9, 0.1];
 * const first = [{ id: 'a', truth, predicted: [0.95, 0.05] }];
 * const second = [{ id: 'a', truth, predicted: [0.89, 0.11] }, { id: 'b', truth, predicted: [1, 0] }];
 * const { cases, classes } = compareRegionSizes(first, second);
 * [cases, classes[1].ratio.value, classes[1].absolute.value]; // → [1, 0.6, -0.04]
 * ```
 */
export function compareRegionSizes(
  first: readonly ProportionCase[],
  second: readonly ProportionCase[],
  options: { classes?: readonly string[]; bootstrap?: BootstrapOptions } = {},
): RegionSizeComparison {
  const caller = 'compareRegionSizes';
  checkKeys(caller, options, ['classes', 'bootstrap']);
  const count = checkCases(caller, first);
  const others = new Map(second.map((one) => [one.id, one]));
  checkCases(caller, second);
  const common = first.filter(({ id }) => others.has(id));
  const partners = common.map(({ id }) => others.get(id)!);
  common.forEach((one, i) => sameTruth(caller, one, partners[i]!));
  const { classes = Array.from({ length: count }, (_, k) => `class ${k}`) } = options;
  const bootstrap = options.bootstrap && checkBootstrap(caller, options.bootstrap);
  return {
    cases: common.length,
    classes: classes.map((name, k) => ({
      name,
      ...differences(sizesOf(common, k), sizesOf(partners, k), bootstrap),
    })),
  };
}

function sameTruth(caller: string, a: ProportionCase, b: ProportionCase): void {
  const same = a.truth.length === b.truth.length && a.truth.every((q, k) => Math.abs(q - b.truth[k]!) < 1e-9);
  if (same) return;
  throw new RangeError(
    `${caller}: wanted one truth for both runs, got [${a.truth}] and [${b.truth}] of ${a.id}; compare runs on the same cases`,
  );
}

function differences(
  first: readonly RegionSize[],
  second: readonly RegionSize[],
  bootstrap: Required<BootstrapOptions> | undefined,
): { ratio: Difference; absolute: Difference } {
  const n = first.length;
  const truth = Float64Array.from(first, (size) => size.truth);
  const larger = Float64Array.from(second, (size, i) => size.predicted - first[i]!.predicted);
  const error = ({ truth: q, predicted: p }: RegionSize) => Math.abs(p - q);
  const farther = Float64Array.from(second, (size, i) => error(size) - error(first[i]!));
  // Both have one Σq, so the difference of the ratios is that of the Σp over it.
  const of = (draw: (i: number) => number) => {
    let [q, dp, de] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const at = draw(i);
      q += truth[at]!;
      dp += larger[at]!;
      de += farther[at]!;
    }
    return { ratio: q > 0 ? dp / q : NaN, absolute: de / n };
  };
  const all = of((i) => i);
  if (!bootstrap || n < 2) {
    return { ratio: { value: all.ratio, interval: null }, absolute: { value: all.absolute, interval: null } };
  }
  const { random, resamples, level } = bootstrap;
  const ratios = new Float64Array(resamples);
  const absolutes = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    const sample = of(() => Math.floor(random() * n));
    ratios[b] = sample.ratio;
    absolutes[b] = sample.absolute;
  }
  return {
    ratio: { value: all.ratio, interval: percentileInterval(ratios, level) },
    absolute: { value: all.absolute, interval: percentileInterval(absolutes, level) },
  };
}
