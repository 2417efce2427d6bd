import { randomStream } from '@segloss/data';
import jstat from 'jstat';

import {
  caseMeans,
  hierarchicalMean,
  holm,
  pairedDifferences,
  signedRank,
  type ScoreTable,
} from '../../benchmark/statistics/index.js';

/** How a claim ends. */
export type Verdict = 'replicated' | 'not replicated here' | 'too little data to say';

/** An effect with a 95 % interval. */
export interface Effect {
  readonly mean: number;
  readonly interval: readonly [low: number, high: number];
  readonly standardError: number;
}

/** A difference on one data set. */
export interface SetEffect extends Effect {
  readonly set: string;
  /** Wilcoxon's signed-rank test by case. */
  readonly p: number;
  /** After Holm's correction over the data sets of the comparison. */
  readonly adjustedP: number;
  readonly cases: number;
  readonly seeds: number;
}

/** A difference on several data sets, and their mean. */
export interface PooledComparison {
  readonly sets: readonly SetEffect[];
  readonly pooled: Effect;
  readonly verdict: Verdict;
  /** The smallest true difference that is detected with a probability of 80 %. */
  readonly visible: number;
}

const RESAMPLES = 2000;
/** Normal quantiles: of a two-sided 95 % interval, and that plus the one of a power of 80 %. */
const [INTERVAL, POWER] = [1.959964, 2.801585];

/**
 * Compares two tables on each data set, first minus second, and pools the differences.
 *
 * @param pairs Of each data set: its name, and the tables. @param matters The smallest difference that matters, above 0.
 */
export function compareOverSets(
  pairs: readonly { readonly set: string; readonly first: ScoreTable; readonly second: ScoreTable }[],
  matters: number,
): PooledComparison {
  const found = pairs.map(({ set, first, second }) => {
    const differences = pairedDifferences(second, first);
    return { set, ...effectOf(differences), ...testOf(differences), ...sizesOf(differences) };
  });
  const adjusted = holm(found.map(({ p }) => p));
  const sets = found.map((one, i) => ({ ...one, adjustedP: adjusted[i]! }));
  const pooled = poolEffects(sets);
  return { sets, pooled, verdict: verdictOf(pooled, matters), visible: POWER * pooled.standardError };
}

const testOf = (differences: ScoreTable) => ({ p: signedRank(caseMeans(differences)).p });
const sizesOf = ({ cases, seeds }: ScoreTable) => ({ cases: cases.length, seeds: seeds.length });

/** Returns the mean of a table with its interval over seeds and cases. The same table gives the same interval. */
export function effectOf(table: ScoreTable): Effect {
  const random = randomStream('replicate').uniform;
  const { mean, interval, standardError } = hierarchicalMean(table, { random, resamples: RESAMPLES });
  return { mean, interval: interval ?? [NaN, NaN], standardError };
}

/** Returns the mean of independent effects, with a normal interval. */
export function poolEffects(effects: readonly Effect[]): Effect {
  const mean = effects.reduce((sum, one) => sum + one.mean, 0) / effects.length;
  const variance = effects.reduce((sum, one) => sum + one.standardError ** 2, 0) / effects.length ** 2;
  return withInterval(mean, Math.sqrt(variance));
}

/** Returns the difference of two independent effects. */
export function differenceOf(first: Effect, second: Effect): Effect {
  return withInterval(first.mean - second.mean, Math.hypot(first.standardError, second.standardError));
}

function withInterval(mean: number, standardError: number): Effect {
  const reach = INTERVAL * standardError;
  return { mean, standardError, interval: [mean - reach, mean + reach] };
}

/** Returns the verdict on "the difference is above 0". */
export function verdictOf({ interval: [low, high] }: Pick<Effect, 'interval'>, matters: number): Verdict {
  if (low > 0) return 'replicated';
  return high < matters ? 'not replicated here' : 'too little data to say';
}

/** Replicated if all are, not replicated here if one is not. */
export function verdictOfAll(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('not replicated here')) return 'not replicated here';
  return verdicts.every((one) => one === 'replicated') ? 'replicated' : 'too little data to say';
}

/** The smallest true effect that is detected with a probability of 80 %. */
export const visibleEffect = ({ standardError }: Effect): number => POWER * standardError;

/** Returns the mean of values over seeds, with Student's interval. */
export function effectOverSeeds(values: readonly number[]): Effect {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const standardError = Math.sqrt(variance / n);
  const reach = n < 2 ? NaN : jstat.jStat.studentt.inv(0.975, n - 1) * standardError;
  return { mean, standardError, interval: [mean - reach, mean + reach] };
}
