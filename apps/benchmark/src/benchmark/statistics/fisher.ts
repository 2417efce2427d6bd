/** Counts of two groups: how many of how many. */
export interface Counts {
  readonly count: number;
  readonly of: number;
}

/**
 * Returns the two-sided p-value of Fisher's exact test that two groups have the same chance: the sum of the probabilities of all tables with
 * the same margins that are no more likely than the one seen.
 *
 * @throws {RangeError} If a count is not an integer from 0 to its total.
 *
 * @example
 * ```ts
 * fisherExact({ count: 3, of: 8 }, { count: 0, of: 8 }); // → 0.2
 * fisherExact({ count: 8, of: 8 }, { count: 0, of: 8 }); // → 0.0002
 * ```
 *
 * @see R. A. Fisher, "Statistical methods for research workers", 1934, section 21.02.
 */
export function fisherExact(first: Counts, second: Counts): number {
  for (const { count, of } of [first, second]) {
    if (Number.isInteger(count) && Number.isInteger(of) && count >= 0 && count <= of) continue;
    throw new RangeError(`fisherExact: wanted an integer count from 0 to its total, got ${count} of ${of}`);
  }
  const total = first.count + second.count;
  const logs = logFactorials(first.of + second.of);
  const choose = (n: number, k: number) => logs[n]! - logs[k]! - logs[n - k]!;
  const probability = (count: number) =>
    Math.exp(
      choose(first.of, count) + choose(second.of, total - count) - choose(first.of + second.of, total),
    );
  const seen = probability(first.count);
  let p = 0;
  for (let count = Math.max(0, total - second.of); count <= Math.min(first.of, total); count++) {
    const likely = probability(count);
    if (likely <= seen * (1 + 1e-7)) p += likely; // equal tables differ by rounding
  }
  return Math.min(1, p);
}

function logFactorials(n: number): Float64Array {
  const logs = new Float64Array(n + 1);
  for (let i = 1; i <= n; i++) logs[i] = logs[i - 1]! + Math.log(i);
  return logs;
}
