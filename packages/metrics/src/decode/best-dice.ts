import { checkProbability } from '../probabilities.js';
import { fallingOrder } from './rank.js';

/** The mask of the best expected Dice: the `size` most probable pixels, equal ones in raster order. */
export interface BestDice {
  readonly size: number;
  /** Expected Dice of that mask, if pixels are independent. */
  readonly expectedDice: number;
  /** No mask has an expected Dice larger than `expectedDice + error`; 0 where it was computed exactly. */
  readonly error: number;
}

/** Options of {@link bestDiceSize}. */
export interface BestDiceOptions {
  /** Dice of two empty masks, 0 or 1; default 1. */
  emptyDice?: 0 | 1;
  /** Up to so many pixels it is computed exactly, in cubic time; default 200. */
  exactUpTo?: number;
}

/**
 * Finds the size of the mask with the best expected Dice, for independent pixels with the given probabilities. The mask then holds the
 * most probable pixels.
 *
 * Small images are computed exactly. For larger ones 2/(k + 1 + S), S the number of other true pixels, is expanded around the mean of S
 * to the second order; `error` bounds what this can cost, by the third absolute moment of S.
 *
 * @param probabilities Of the foreground, one for each pixel.
 * @throws {RangeError} If a value is not within 0 to 1.
 *
 * @example
 * ```ts
 * bestDiceSize([0.6, 0.45, 0.4]).size; // → 3, where a threshold of 0.5 gives 1
 * ```
 *
 * @see B. Dai and C. Li, "RankSEG: a consistent ranking-based framework for segmentation", JMLR 2023, arXiv:2206.13086.
 */
export function bestDiceSize(
  probabilities: ArrayLike<number>,
  { emptyDice = 1, exactUpTo = 200 }: BestDiceOptions = {},
): BestDice {
  for (let i = 0; i < probabilities.length; i++) checkProbability('bestDiceSize', probabilities[i]!, i);
  const order = fallingOrder(probabilities);
  const falling = Float64Array.from(order, (i) => Math.min(1, Math.max(0, probabilities[i]!)));
  return falling.length <= exactUpTo ? exactly(falling, emptyDice) : expanded(falling, emptyDice);
}

/** E_k = Σ_{i ≤ k} p_i Σ_s 2 P(S_{-i} = s) / (k + 1 + s), by the distribution of the sum without each pixel. */
function exactly(p: Float64Array, emptyDice: 0 | 1): BestDice {
  const n = p.length;
  const expected = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    if (p[i] === 0) break;
    const others = distributionOfSum(p, i);
    for (let k = i + 1; k <= n; k++) {
      let sum = 0;
      for (let s = 0; s < n; s++) sum += (2 * others[s]!) / (k + 1 + s);
      expected[k]! += p[i]! * sum;
    }
  }
  const empty = p.reduce((product, value) => product * (1 - value), 1);
  expected[0] = emptyDice * empty;
  const size = firstLargest(expected);
  return { size, expectedDice: expected[size]!, error: 0 };
}

/** P(S = s) of the sum of independent 0/1 pixels, without one of them. */
function distributionOfSum(p: Float64Array, without: number): Float64Array {
  const distribution = new Float64Array(p.length + 1);
  distribution[0] = 1;
  let count = 0;
  for (let i = 0; i < p.length; i++) {
    if (i === without) continue;
    count++;
    for (let s = count; s >= 0; s--) {
      distribution[s] = distribution[s]! * (1 - p[i]!) + (s > 0 ? distribution[s - 1]! * p[i]! : 0);
    }
  }
  return distribution;
}

/**
 * With a = k + 1 + μ, μ and σ² mean and variance of the sum of all pixels, and S without pixel i: E[1/(k+1+S)] = 1/(a - p_i) +
 * var/(a - p_i)³ + R. The powers of 1/(a - p_i) are expanded in p_i/a, so that prefix sums of powers of p give all k in linear time.
 */
function expanded(p: Float64Array, emptyDice: 0 | 1): BestDice {
  const n = p.length;
  let [mean, variance, logEmpty] = [0, 0, 0];
  for (const value of p) {
    mean += value;
    variance += value * (1 - value);
    logEmpty += Math.log1p(-value);
  }
  const empty = Math.exp(logEmpty);
  // |R| ≤ E|S - μ|³ / (c a'³) with E|X|³ ≤ sqrt(E X² E X⁴), E X⁴ ≤ 3σ⁴ + σ², c = k + 1 ≤ k + 1 + S and a' = a - 1 ≤ a - p_i.
  const third = Math.sqrt(variance * (3 * variance ** 2 + variance));
  let [p1, p2, p3, p4] = [0, 0, 0, 0];
  let best = { size: 0, expectedDice: emptyDice * empty, error: 0 };
  let ceiling = best.expectedDice;
  for (let k = 1; k <= n; k++) {
    const value = p[k - 1]!;
    const square = value * value;
    p1 += value;
    p2 += square;
    p3 += square * value;
    p4 += square * square;
    const a = k + 1 + mean;
    const first = p1 / a + p2 / a ** 2 + p3 / a ** 3 + p4 / a ** 4;
    const second = (variance * p1 - p2 + p3) / a ** 3 + (3 * (variance * p2 - p3 + p4)) / a ** 4;
    const expectedDice = 2 * (first + second);
    const truncated = p1 / (a ** 4 * (a - 1)) + (6 * variance * p1) / (a - 1) ** 5;
    const error = 2 * ((third * p1) / ((k + 1) * (a - 1) ** 3) + truncated);
    ceiling = Math.max(ceiling, Math.min(1, expectedDice + error));
    if (expectedDice > best.expectedDice) best = { size: k, expectedDice, error };
  }
  return { ...best, error: Math.max(best.error, ceiling - best.expectedDice) + best.error };
}

function firstLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]! + 1e-15) best = i;
  return best;
}
