import { type RegionSize } from '../region-size.js';

/** How far predicted sizes vary, compared with the true ones. */
export interface SizeSpread {
  /** Cases in which the class is both true and predicted. */
  readonly cases: number;
  /** Standard deviation of log p over that of log q: below 1, predicted sizes vary less. NaN for fewer than 3 cases. */
  readonly ratio: number;
  /** Statistic of Pitman and Morgan's test of equal variances: t-distributed with cases - 2 degrees of freedom if they are. */
  readonly t: number;
  /** Whether the difference is significant at 5 %, two-sided. */
  readonly verdict: 'narrower' | 'wider' | 'inconclusive';
}

/**
 * Compares the spread of predicted and true sizes on a logarithmic scale.
 *
 * In bins by true size, random errors alone pull small regions up and large ones down (regression to the mean). They do not make
 * predicted sizes vary less than true ones; a bias towards a preferred size does.
 *
 * @param sizes True and predicted proportion of one class in every case.
 *
 * @example
 * ```ts
 * const halved = [0.01, 0.02, 0.04, 0.08, 0.16].map((truth) => ({ truth, predicted: 0.04 * Math.sqrt(truth / 0.04) }));
 * const { ratio, verdict } = sizeSpread(halved);
 * [ratio, verdict]; // → [0.5, "narrower"]
 * ```
 *
 * @see E. Pitman, "A note on normal correlation", Biometrika 1939; W. Morgan, "A test for the significance of the difference between
 *   the two variances in a sample from a normal bivariate population", Biometrika 1939.
 */
export function sizeSpread(sizes: readonly RegionSize[]): SizeSpread {
  const both = sizes.filter(({ truth, predicted }) => truth > 0 && predicted > 0);
  const cases = both.length;
  const logs = both.map(({ truth, predicted }) => [Math.log(predicted), Math.log(truth)] as const);
  const ratio = Math.sqrt(covariance(logs.map(([p]) => [p, p])) / covariance(logs.map(([, q]) => [q, q])));
  if (cases < 3 || !Number.isFinite(ratio)) return { cases, ratio: NaN, t: NaN, verdict: 'inconclusive' };
  const turned = logs.map(([p, q]) => [p - q, p + q] as const);
  const product = covariance(turned.map(([d]) => [d, d])) * covariance(turned.map(([, s]) => [s, s]));
  const correlation = product > 0 ? covariance(turned) / Math.sqrt(product) : 0;
  const t = correlation * Math.sqrt((cases - 2) / Math.max(1e-15, 1 - correlation ** 2));
  const isSignificant = Math.abs(t) > studentQuantile(cases - 2);
  return { cases, ratio, t, verdict: !isSignificant ? 'inconclusive' : t < 0 ? 'narrower' : 'wider' };
}

function covariance(pairs: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => pairs.reduce((sum, pair) => sum + pair[of], 0) / pairs.length;
  const [a, b] = [mean(0), mean(1)];
  return pairs.reduce((sum, [x, y]) => sum + (x - a) * (y - b), 0) / pairs.length;
}

/** 97.5 % quantile of Student's t: exact for one and two degrees of freedom, else expanded in 1/n (within 1 %). */
function studentQuantile(degrees: number): number {
  if (degrees === 1) return 12.7062;
  if (degrees === 2) return 4.3027;
  const z = 1.959964;
  const n = degrees;
  return (
    z +
    (z ** 3 + z) / (4 * n) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * n ** 3)
  );
}
