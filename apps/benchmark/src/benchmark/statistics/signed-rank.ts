import jstat from 'jstat';

/** Result of {@link signedRank}. */
export interface SignedRank {
  /** Two-sided p-value; 1 if no difference is other than 0. */
  readonly p: number;
  /** Matched-pairs rank-biserial correlation, -1 to 1: above 0 where the differences are mostly positive; 0 without pairs. */
  readonly effect: number;
  /** Pairs with a difference other than 0; pairs without a score are left out. */
  readonly pairs: number;
  /** Smallest p-value that this number of pairs allows, 2 / 2ⁿ. */
  readonly smallestP: number;
}

/** Up to this many pairs the distribution is counted exactly, ties included. */
const EXACT_PAIRS = 50;

/**
 * Returns Wilcoxon's signed-rank test of paired differences: exact for up to 50 pairs (tied differences have their mean rank),
 * normal with tie and continuity correction beyond. Differences of 0 are dropped, as Wilcoxon did; NaN are left out.
 *
 * @example
 * ```ts
 * const { p, effect, smallestP } = signedRank([0.1, 0.2, -0.05, 0.3, 0.12, 0.07, 0.01]);
 * [p, effect, smallestP]; // → [0.0469, 0.8571, 0.0156]
 * ```
 *
 * @see F. Wilcoxon, "Individual comparisons by ranking methods", 1945; D. Kerby, "The simple difference formula", 2014 (effect).
 */
export function signedRank(differences: ArrayLike<number>): SignedRank {
  const nonzero = Array.from(differences).filter((d) => d !== 0 && !Number.isNaN(d));
  const pairs = nonzero.length;
  if (pairs === 0) return { p: 1, effect: 0, pairs, smallestP: 1 };
  const doubled = doubledRanks(nonzero.map(Math.abs));
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  const positive = doubled.reduce((sum, rank, i) => sum + (nonzero[i]! > 0 ? rank : 0), 0);
  const smaller = Math.min(positive, total - positive);
  const p = pairs <= EXACT_PAIRS ? exactP(doubled, smaller) : normalP(doubled, smaller, total);
  return { p, effect: (2 * positive - total) / total, pairs, smallestP: Math.min(1, 2 ** (1 - pairs)) };
}

/** Twice the ranks of the values, so that the mean rank of ties is an integer. */
function doubledRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = from + 1 + to;
    from = to;
  }
  return ranks;
}

/** Share of the 2ⁿ sign patterns whose rank sum is as small, on both sides. */
function exactP(ranks: readonly number[], smaller: number): number {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const share = new Float64Array(total + 1);
  share[0] = 1;
  for (const rank of ranks) {
    for (let sum = total; sum >= 0; sum--)
      share[sum] = (share[sum]! + (sum >= rank ? share[sum - rank]! : 0)) / 2;
  }
  let tail = 0;
  for (let sum = 0; sum <= smaller; sum++) tail += share[sum]!;
  return Math.min(1, 2 * tail);
}

function normalP(ranks: readonly number[], smaller: number, total: number): number {
  const variance = ranks.reduce((sum, rank) => sum + rank * rank, 0) / 4;
  const z = Math.min(0, (smaller - total / 2 + 1) / Math.sqrt(variance)); // ranks are doubled: 1 is half a rank
  return Math.min(1, 2 * jstat.jStat.normal.cdf(z, 0, 1));
}
