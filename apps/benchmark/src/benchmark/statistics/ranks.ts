import { type BootstrapOptions, quantile } from './hierarchical-interval.js';
import { caseMeans, meanOfDefined, type ScoreTable } from './score-table.js';

/** Scores of all losses on one data set; every loss has the same cases. */
export type LossTables = readonly ScoreTable[];

/** The rank of one loss over several data sets. */
export interface AverageRank {
  /** Mean rank over the data sets, 1 is best; ties share their mean rank. */
  readonly rank: number;
  /** Interval of the mean rank over resampled seeds and cases. */
  readonly interval: readonly [low: number, high: number];
  /** Share of the resamples in which this loss has the best mean rank (shared where tied). */
  readonly first: number;
  /** Ranks on each data set, in their order. */
  readonly perSet: readonly number[];
}

/**
 * Returns the ranks of values, 1 for the best; ties share their mean rank, and a loss without a score is last.
 *
 * @example
 * ```ts
 * ranksOf([0.8, 0.9, 0.8], 'higher'); // → [2.5, 1, 2.5]
 * ranksOf([3, 1, NaN], 'lower'); // → [2, 1, 3]
 * ```
 */
export function ranksOf(values: readonly number[], better: 'higher' | 'lower'): number[] {
  const worst = better === 'higher' ? -Infinity : Infinity;
  const key = values.map((value) => (Number.isNaN(value) ? worst : value));
  const ahead = (a: number, b: number) => (better === 'higher' ? a > b : a < b);
  return key.map((mine) => {
    const before = key.filter((other) => ahead(other, mine)).length;
    const equal = key.filter((other) => other === mine).length;
    return before + (equal + 1) / 2;
  });
}

/**
 * Returns the average rank of each loss over data sets and how stable it is: seeds and cases of every data set are drawn with
 * replacement, the same cases for all losses, and the losses are ranked again.
 *
 * @param sets For each data set the scores of every loss, in one order of losses.
 * @returns One entry for each loss.
 *
 * @see M. Wiesenfarth et al., "Methods and open-source toolkit for analyzing and visualizing challenge results", 2021.
 */
export function averageRanks(
  sets: readonly LossTables[],
  { random, resamples = 2000, level = 0.95 }: BootstrapOptions,
  better: 'higher' | 'lower' = 'higher',
): AverageRank[] {
  const losses = sets[0]?.length ?? 0;
  const perSet = sets.map((tables) =>
    ranksOf(
      tables.map((table) => meanOfDefined(caseMeans(table))),
      better,
    ),
  );
  const mean = (ranks: readonly (readonly number[])[], loss: number) =>
    ranks.reduce((sum, ofSet) => sum + ofSet[loss]!, 0) / ranks.length;
  const drawn = Array.from({ length: losses }, () => new Float64Array(resamples));
  const first = new Float64Array(losses);
  for (let b = 0; b < resamples; b++) {
    const ranks = sets.map((tables) => ranksOf(drawnScores(tables, random), better));
    const means = drawn.map((into, loss) => (into[b] = mean(ranks, loss)));
    const best = Math.min(...means);
    const winners = means.filter((value) => value === best).length;
    means.forEach((value, loss) => (first[loss]! += value === best ? 1 / winners : 0));
  }
  return drawn.map((values, loss) => {
    values.sort();
    const tail = (1 - level) / 2;
    return {
      rank: mean(perSet, loss),
      interval: [quantile(values, tail), quantile(values, 1 - tail)] as const,
      first: first[loss]! / resamples,
      perSet: perSet.map((ranks) => ranks[loss]!),
    };
  });
}

/** The mean score of each loss on drawn cases, each loss with drawn seeds of its own. */
function drawnScores(tables: LossTables, random: () => number): number[] {
  const cases = tables[0]!.cases.length;
  const chosen = Array.from({ length: cases }, () => Math.floor(random() * cases));
  return tables.map(({ scores }) => {
    const seeds = scores.map(() => scores[Math.floor(random() * scores.length)]!);
    return meanOfDefined(chosen.map((c) => meanOfDefined(seeds.map((row) => row[c]!))));
  });
}
