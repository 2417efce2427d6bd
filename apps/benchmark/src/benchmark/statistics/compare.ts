import { type BootstrapOptions, hierarchicalMean, type HierarchicalMean } from './hierarchical-interval.js';
import { holm } from './holm.js';
import { caseMeans, pairedDifferences, type ScoreTable } from './score-table.js';
import { signedRank, type SignedRank } from './signed-rank.js';

/** Two losses compared on the same cases. */
export interface Comparison {
  /** Positions of the two losses. */
  readonly first: number;
  readonly second: number;
  /** Second minus first, paired by case and seed, with its interval. */
  readonly difference: HierarchicalMean;
  /** Signed-rank test of the case means. */
  readonly test: SignedRank;
  /** p-value after Holm's correction over all pairs of this data set. */
  readonly adjustedP: number;
  /** True if the corrected test and the interval both exclude 0. */
  readonly distinguishable: boolean;
}

/**
 * Returns every pair of losses compared on one data set: the paired difference with its interval over seeds and cases, Wilcoxon's
 * test by case after averaging the seeds, and Holm's correction over all pairs.
 *
 * The test speaks of new cases for these trainings, the interval of new trainings too; `distinguishable` asks for both.
 *
 * @param tables Scores of each loss by seed and case.
 */
export function comparePairs(tables: readonly ScoreTable[], options: BootstrapOptions): Comparison[] {
  const { level = 0.95 } = options;
  const pairs = tables.flatMap((_, second) =>
    Array.from({ length: second }, (_, first) => ({ first, second })),
  );
  const compared = pairs.map(({ first, second }) => {
    const differences = pairedDifferences(tables[first]!, tables[second]!);
    return {
      ...{ first, second },
      difference: hierarchicalMean(differences, options),
      test: signedRank(caseMeans(differences)),
    };
  });
  const adjusted = holm(compared.map(({ test }) => test.p));
  return compared.map((pair, i) => {
    const { interval } = pair.difference;
    const excludesZero = interval !== null && (interval[0] > 0 || interval[1] < 0);
    const adjustedP = adjusted[i]!;
    return { ...pair, adjustedP, distinguishable: excludesZero && adjustedP < 1 - level };
  });
}
