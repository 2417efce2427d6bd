import jstat from 'jstat';

import { assertScoreTable, caseMeans, meanOfDefined, type ScoreTable } from './score-table.js';

/** Options of the bootstrap. */
export interface BootstrapOptions {
  /** Uniform numbers from 0 (included) to 1, for example `randomStream(1).uniform`. */
  readonly random: () => number;
  /** Number of resamples. Default 2000. */
  readonly resamples?: number;
  /** Confidence level. Default 0.95. */
  readonly level?: number;
}

/** A mean over seeds and cases. */
export interface HierarchicalMean {
  /** Mean over the cases of their mean over the seeds; NaN if no score is defined. */
  readonly mean: number;
  /** Standard deviation of the seeds' means (n - 1); NaN with one seed. */
  readonly seedDeviation: number;
  /** Confidence interval for new seeds and new cases; null where neither has two. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Standard error of the mean for new seeds and new cases; NaN where there is no interval. */
  readonly standardError: number;
  readonly seeds: number;
  /** Cases with a defined score. */
  readonly cases: number;
  /** Cases without one. They are not averaged. */
  readonly undefinedCases: number;
}

/**
 * Returns the mean score with an interval from a bootstrap over seeds and cases. Both are drawn with replacement, independently:
 * every seed is scored on the same cases, so the two are crossed. Percentiles of so few seeds are too narrow; they are widened
 * about the mean to the width of Student's t for the variance of a two-way layout.
 *
 * @param table Scores by seed and case; one data set and one loss, or the paired differences of two losses.
 * @throws {RangeError} If the rows of the table differ in length.
 *
 * @example
 * ```ts
 * const scores = [Float64Array.of(0.8, 0.6, 0.7), Float64Array.of(0.9, 0.7, 0.7)];
 * let state = 1;
 * const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
 * const { mean, interval } = hierarchicalMean({ seeds: [0, 1], cases: ['a', 'b', 'c'], scores }, { random });
 * mean; // → 0.7333
 * interval[0] < mean && mean < interval[1]; // → true
 * ```
 *
 * @see A. Owen, "The pigeonhole bootstrap", 2007 (crossed resampling); T. Hesterberg, "What teachers should know about the
 *   bootstrap", 2015 (expanded percentiles); F. Satterthwaite, 1946 (degrees of freedom).
 */
export function hierarchicalMean(table: ScoreTable, options: BootstrapOptions): HierarchicalMean {
  assertScoreTable('hierarchicalMean', table);
  const { random, resamples = 2000, level = 0.95 } = options;
  const means = caseMeans(table);
  const kept = [...means.keys()].filter((c) => !Number.isNaN(means[c]!));
  const rows = table.scores.map((row) => Float64Array.from(kept, (c) => row[c]!));
  const mean = meanOfDefined(means);
  const seedMeans = rows.map(meanOfDefined);
  const spread = spreadOfMean(
    rows,
    seedMeans,
    kept.map((c) => means[c]!),
    mean,
  );
  const facts = {
    mean,
    standardError: spread?.error ?? NaN,
    seedDeviation: Math.sqrt(sumOfSquares(seedMeans, meanOfDefined(seedMeans)) / (rows.length - 1)),
    seeds: rows.length,
    cases: kept.length,
    undefinedCases: means.length - kept.length,
  };
  if (spread === null) return { ...facts, interval: null };
  const draws = resampledMeans(rows, { random, resamples }).sort();
  const deviation = Math.sqrt(sumOfSquares(draws, mean) / draws.length);
  if (deviation === 0) return { ...facts, interval: [mean, mean] };
  const tail = (1 - level) / 2;
  const { normal, studentt } = jstat.jStat;
  const expand =
    (spread.error / deviation) * (studentt.inv(1 - tail, spread.freedom) / normal.inv(1 - tail, 0, 1));
  const end = (share: number) => mean + expand * (quantile(draws, share) - mean);
  return { ...facts, interval: [end(tail), end(1 - tail)] };
}

/** Standard error of the mean of a two-way layout without replication, and its degrees of freedom. */
function spreadOfMean(
  rows: readonly Float64Array[],
  seedMeans: readonly number[],
  cases: readonly number[],
  mean: number,
): { error: number; freedom: number } | null {
  const [S, C] = [rows.length, cases.length];
  if (C === 0 || (S < 2 && C < 2)) return null;
  const bySeed = S < 2 ? 0 : (C * sumOfSquares(seedMeans, mean)) / (S - 1);
  const byCase = C < 2 ? 0 : (S * sumOfSquares(cases, mean)) / (C - 1);
  if (S < 2) return { error: Math.sqrt(byCase / C), freedom: C - 1 };
  if (C < 2) return { error: Math.sqrt(bySeed / S), freedom: S - 1 };
  let residual = 0;
  rows.forEach((row, s) =>
    row.forEach((score, c) => {
      if (!Number.isNaN(score)) residual += (score - seedMeans[s]! - cases[c]! + mean) ** 2;
    }),
  );
  residual /= (S - 1) * (C - 1);
  // The residual stands in both other terms; an estimate below either of them is chance.
  const total = Math.max(bySeed + byCase - residual, bySeed, byCase);
  const freedom =
    total ** 2 / (bySeed ** 2 / (S - 1) + byCase ** 2 / (C - 1) + residual ** 2 / ((S - 1) * (C - 1)));
  return { error: Math.sqrt(total / (S * C)), freedom: Math.max(1, freedom) };
}

/** Means of resampled seeds and cases; a resample without any defined score is drawn again. */
export function resampledMeans(
  rows: readonly Float64Array[],
  { random, resamples }: { random: () => number; resamples: number },
): Float64Array {
  const cases = rows[0]!.length;
  const seedOf = new Uint32Array(rows.length);
  const times = new Uint32Array(cases);
  return Float64Array.from({ length: resamples }, () => {
    for (;;) {
      const mean = drawnMean(rows, draw(seedOf, rows.length, random), countDraws(times, random));
      if (!Number.isNaN(mean)) return mean;
    }
  });
}

function draw(into: Uint32Array, n: number, random: () => number): Uint32Array {
  for (let i = 0; i < into.length; i++) into[i] = Math.floor(random() * n);
  return into;
}

function countDraws(times: Uint32Array, random: () => number): Uint32Array {
  times.fill(0);
  for (let i = 0; i < times.length; i++) times[Math.floor(random() * times.length)]!++;
  return times;
}

/** Mean over the drawn cases of their mean over the drawn seeds. */
function drawnMean(rows: readonly Float64Array[], seeds: Uint32Array, times: Uint32Array): number {
  let [sum, weight] = [0, 0];
  for (let c = 0; c < times.length; c++) {
    if (times[c] === 0) continue;
    let [total, count] = [0, 0];
    for (const s of seeds) {
      const score = rows[s]![c]!;
      if (Number.isNaN(score)) continue;
      total += score;
      count++;
    }
    if (count === 0) continue;
    sum += (times[c]! * total) / count;
    weight += times[c]!;
  }
  return sum / weight;
}

function sumOfSquares(values: ArrayLike<number>, mean: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i]!)) sum += (values[i]! - mean) ** 2;
  return sum;
}

/** Value below which the share of the sorted values lies, interpolated. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
}
