/** A score of many cases. */
export interface CaseSummary {
  readonly mean: number;
  /** Of the cases, with n - 1; NaN for fewer than two. */
  readonly standardDeviation: number;
  readonly median: number;
  /** Cases that have the score (it is not NaN). */
  readonly cases: number;
  /** All cases, those without the score too. */
  readonly total: number;
}

/**
 * Summarizes a score over cases and says how many had one. A case with the score NaN, a class that is nowhere in it, does
 * not count; Infinity counts and makes the mean infinite: a missed region is never dropped in silence.
 *
 * @example
 * ```ts
 * const { mean, cases, total } = summarizeCases([0.5, NaN, 1]);
 * [mean, cases, total]; // → [0.75, 2, 3]
 * ```
 */
export function summarizeCases(scores: readonly number[]): CaseSummary {
  const present = scores.filter((score) => !Number.isNaN(score)).sort((a, b) => a - b);
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
