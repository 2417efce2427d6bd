import { randomStream } from '@segloss/data';

import { imageDice } from './case-table.js';
import {
  averageRanks,
  caseMeans,
  comparePairs,
  hierarchicalMean,
  type AverageRank,
  type BootstrapOptions,
  type Comparison,
  type HierarchicalMean,
  type ScoreTable,
} from './statistics/index.js';
import type { Replicate } from './replicates.js';

/** The statistics of the rows of one data set: Dice image by image, over the repetitions. */
export interface RowStatistics {
  /** One for each row; undefined where no repetition is complete. */
  readonly tables: readonly (ScoreTable | undefined)[];
  readonly means: readonly (HierarchicalMean | undefined)[];
  /** Every pair of rows that have scores, by their places; empty beyond {@link MOST_COMPARED} rows. */
  readonly comparisons: readonly Comparison[];
  /** Place of the row with the highest mean; undefined where fewer than two have one. */
  readonly best: number | undefined;
  /** Resamples of every interval. */
  readonly resamples: number;
}

/** Above this number of rows, the correction for all pairs is too strict for any test to be significant. */
export const MOST_COMPARED = 24;
/** Resamples of an interval, except of very many scores. */
export const RESAMPLES = 2000;
/** So many scores make 2000 resamples slow. */
const MANY_SCORES = 500_000;

/**
 * Compares the rows of a data set by the Dice of every image.
 *
 * @param rows Repetitions of each row. @param classes Indices of the classes whose Dice is averaged.
 */
export function rowStatistics(
  rows: readonly (readonly Replicate[])[],
  classes: readonly number[],
): RowStatistics {
  const names = [...new Set(rows.flatMap((replicates) => replicates.map(({ name }) => name)))];
  const tables = rows.map((replicates) => scoreTable(replicates, names, classes));
  const options = bootstrap(tables);
  const means = tables.map((table) => table && hierarchicalMean(table, options));
  const scored = tables.flatMap((table, row) => (table === undefined || Number.isNaN(means[row]!.mean) ? [] : [row])); // prettier-ignore
  const compared = scored.length > MOST_COMPARED ? [] : comparePairs(scored.map((row) => tables[row]!), options); // prettier-ignore
  const best = scored.reduce<number | undefined>((a, b) => (a !== undefined && means[a]!.mean >= means[b]!.mean ? a : b), undefined); // prettier-ignore
  return {
    ...{ tables, means },
    comparisons: compared.map((one) => ({ ...one, first: scored[one.first]!, second: scored[one.second]! })),
    best: scored.length > 1 ? best : undefined,
    resamples: options.resamples,
  };
}

/** The comparison of two rows, the second less the first. */
export function comparisonOf(
  { comparisons }: Pick<RowStatistics, 'comparisons'>,
  first: number,
  second: number,
): Comparison | undefined {
  const found = comparisons.find((one) => (one.first === first && one.second === second) || (one.first === second && one.second === first)); // prettier-ignore
  if (found === undefined || found.first === first) return found;
  const { difference, test } = found;
  const turned = difference.interval && ([-difference.interval[1], -difference.interval[0]] as const);
  return { ...found, first, second, difference: { ...difference, mean: -difference.mean, interval: turned }, test: { ...test, effect: -test.effect } }; // prettier-ignore
}

/** Whether a row cannot be told from the best one. */
export function isTied(statistics: RowStatistics, row: number): boolean {
  const { best } = statistics;
  if (best === undefined || best === row) return false;
  const comparison = comparisonOf(statistics, best, row);
  return comparison !== undefined && !comparison.distinguishable;
}

/** Average ranks over several data sets, of the rows that all of them have. */
export interface Ranking {
  readonly names: readonly string[];
  readonly ranks: readonly AverageRank[];
  /** Resamples of every interval. */
  readonly resamples: number;
}

/**
 * Ranks rows over data sets, by the images that all rows have; undefined for fewer than two data sets or two common rows.
 *
 * @param sets Names of the rows of each data set, and their scores.
 */
export function ranking(
  sets: readonly { readonly names: readonly string[]; readonly statistics: RowStatistics }[],
): Ranking | undefined {
  const tablesOf = (name: string) =>
    sets.map(({ names, statistics }) => statistics.tables[names.indexOf(name)]);
  const names = (sets[0]?.names ?? []).filter((name) => tablesOf(name).every((table) => table !== undefined));
  if (sets.length < 2 || names.length < 2) return undefined;
  const tables = sets.map((_, set) => sharedCases(names.map((name) => tablesOf(name)[set]!)));
  const options = bootstrap(tables.flat());
  return { names, ranks: averageRanks(tables, options), resamples: options.resamples };
}

function scoreTable(
  replicates: readonly Replicate[],
  names: readonly string[],
  classes: readonly number[],
): ScoreTable | undefined {
  const [first] = replicates;
  if (first === undefined) return undefined;
  const cases = [...first.table.ids].sort();
  const scores = replicates.map(({ table }) => {
    const dice = imageDice(table, classes);
    const place = new Map(table.ids.map((id, image) => [id, image]));
    return Float64Array.from(cases, (id) => dice[place.get(id) ?? -1] ?? NaN);
  });
  return { seeds: replicates.map(({ name }) => names.indexOf(name)), cases, scores };
}

/** Tables of the images that all have, in one order. */
function sharedCases(tables: readonly ScoreTable[]): ScoreTable[] {
  const places = tables.map(({ cases }) => new Map(cases.map((id, c) => [id, c])));
  const cases = tables[0]!.cases.filter((id) => places.every((place) => place.has(id)));
  return tables.map(({ seeds, scores }, t) => ({ seeds, cases, scores: scores.map((row) => Float64Array.from(cases, (id) => row[places[t]!.get(id)!]!)) })); // prettier-ignore
}

function bootstrap(
  tables: readonly (ScoreTable | undefined)[],
): BootstrapOptions & { readonly resamples: number } {
  const scores = tables.reduce(
    (sum, table) => sum + (table?.scores.length ?? 0) * (table?.cases.length ?? 0),
    0,
  );
  return { random: randomStream('intervals').uniform, resamples: resamplesFor(scores) };
}

/** Number of bootstrap resamples for a number of scores: 2000, fewer where that would take long, at least 200. */
export function resamplesFor(scores: number): number {
  return Math.min(RESAMPLES, Math.max(200, Math.round((RESAMPLES * MANY_SCORES) / scores)));
}

/** Images on which no repetition of a row has a Dice. */
export const undefinedImages = (table: ScoreTable): number => caseMeans(table).filter(Number.isNaN).length;
