/** One score over many cases. */
export interface ScoreSummary {
  readonly mean: number;
  /** Sample standard deviation over the cases (n - 1); NaN for fewer than two. */
  readonly standardDeviation: number;
  readonly median: number;
  /** Cases that have the score (it is not NaN). */
  readonly cases: number;
  /** All cases, including those without the score. */
  readonly total: number;
}

/**
 * Summarizes one score over cases, and counts how many cases had it. NaN means that the case has no such score (the class is
 * absent from it) and is left out; Infinity is kept and makes the mean infinite.
 *
 * @example
 * ```ts
 * const { mean, cases, total } = summarizeScores([0.5, NaN, 1]);
 * [mean, cases, total]; // → [0.75, 2, 3]
 * ```
 */
export function summarizeScores(scores: readonly number[]): ScoreSummary {
  const present = Float64Array.from(scores.filter((score) => !Number.isNaN(score))).sort();
  const cases = present.length;
  const mean = present.reduce((sum, score) => sum + score, 0) / cases;
  const squares = present.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  const middle = cases >> 1;
  return {
    mean,
    standardDeviation: cases < 2 ? NaN : Math.sqrt(squares / (cases - 1)),
    median: cases === 0 ? NaN : cases % 2 ? present[middle]! : (present[middle - 1]! + present[middle]!) / 2,
    cases,
    total: scores.length,
  };
}

/** A mean over the cases that have a score, and how many have it; null where none has. */
export interface CaseMean {
  readonly mean: number | null;
  readonly median: number | null;
  readonly cases: number;
}

/** The mean over the cases whose score is not null. */
export function caseMean(scores: readonly (number | null)[]): CaseMean {
  const { mean, median, cases } = summarizeScores(scores.map((score) => score ?? NaN));
  return cases === 0 ? { mean: null, median: null, cases } : { mean, median, cases };
}
