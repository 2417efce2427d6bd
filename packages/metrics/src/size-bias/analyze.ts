import { labelMarginalError, type RegionSize } from '../region-size.js';
import { fixedBins, quantileBins, type Bin } from './bins.js';
import { checkKeys } from '@segloss/common';
import { checkBootstrap, checkCases } from './check-cases.js';
import { sizeSpread } from './spread.js';
import { finiteMean, sizeStatistics } from './statistics.js';
import {
  type BootstrapOptions,
  type MarginalDistances,
  type ProportionCase,
  type RegionSizeAnalysis,
  type SizeDriver,
} from './types.js';

/** Options of {@link analyzeRegionSizes}. */
export interface RegionSizeAnalysisOptions {
  /** Names of the classes; default `class 0`, `class 1`, ... */
  classes?: readonly string[];
  /** Whether every pixel has exactly one of the classes, so that proportions sum to 1; default true. */
  exclusive?: boolean;
  /** Edges of the fixed bins, rising, between 0 and 1; default 0.1 %, 1 %, 10 %. */
  edges?: readonly number[];
  /** Number of bins with as many cases each, 1 to 100; default 4. */
  quantiles?: number;
  /** Cases named for each class; default 5. */
  drivers?: number;
  /** Intervals, which take time; default: none. */
  bootstrap?: BootstrapOptions;
}

const KNOWN = ['classes', 'exclusive', 'edges', 'quantiles', 'drivers', 'bootstrap'];

/**
 * Returns how large each class is predicted, compared with the truth: over all cases, by the size of the true region, and the cases with
 * the largest errors.
 *
 * This shows the size bias of the loss that a network was trained with: Dice makes small regions smaller or drops them, cross-entropy
 * matches proportions over the data set and not in each image. Proportions are shares of the pixels that count. Every case counts alike,
 * whatever its size. A ratio is Σp/Σq; the median of p/q is given too, because one large region does not change it.
 *
 * @param cases See {@link ProportionCase}; the proportions of `regionSizes`, `labelMarginals` or `softMarginals`.
 * @param options See {@link RegionSizeAnalysisOptions}.
 * @throws {TypeError} If an option is unknown or of another kind.
 * @throws {RangeError} If an option is out of range, two cases have one name, or a proportion is invalid.
 *
 * @example
 * ```ts
 * const cases = [
 *   { id: 'small', truth: [0.995, 0.005], predicted: [0.999, 0.001] },
 *   { id: 'large', truth: [0.8, 0.2], predicted: [0.794, 0.206] },
 * ];
 * const { classes, marginals } = analyzeRegionSizes(cases);
 * classes[1].overall.ratio; // → 1.0098
 * classes[1].fixed.map(({ ratio }) => ratio); // → [NaN, 0.2, NaN, 1.03]
 * classes[1].drivers.map(({ id, contribution }) => [id, contribution]); // → [["large", 0.02927], ["small", -0.01951]]
 * marginals.l1; // → 0.01
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3 (label marginals) and §5 (results by region size).
 */
export function analyzeRegionSizes(
  cases: readonly ProportionCase[],
  options: RegionSizeAnalysisOptions = {},
): RegionSizeAnalysis {
  const { classes, exclusive, edges, quantiles, drivers, bootstrap } = checked(cases, options);
  const inBin = ({ from, to, sizes }: Bin) => ({ from, to, ...sizeStatistics(sizes, bootstrap) });
  return {
    cases: cases.length,
    marginals: exclusive ? distances(cases) : null,
    classes: classes.map((name, k) => {
      const sizes = sizesOf(cases, k);
      return {
        name,
        overall: sizeStatistics(sizes, bootstrap),
        fixed: fixedBins(sizes, edges).map(inBin),
        quantiles: quantileBins(sizes, quantiles).map(inBin),
        spread: sizeSpread(sizes),
        drivers: driversOf(cases, sizes, drivers),
      };
    }),
  };
}

/** True and predicted proportion of one class in every case. */
export function sizesOf(cases: readonly ProportionCase[], k: number): RegionSize[] {
  return cases.map(({ truth, predicted }) => ({ truth: truth[k]!, predicted: predicted[k]! }));
}

function distances(cases: readonly ProportionCase[]): MarginalDistances {
  const errors = cases.map(({ truth, predicted }) => labelMarginalError(truth, predicted));
  const kl = finiteMean(errors.map((error) => error.kl));
  return { l1: finiteMean(errors.map((error) => error.l1)).mean, kl: kl.mean, klInfinite: kl.infinite };
}

function driversOf(
  cases: readonly ProportionCase[],
  sizes: readonly RegionSize[],
  count: number,
): SizeDriver[] {
  const total = sizes.reduce((sum, { truth }) => sum + truth, 0);
  return sizes
    .map(({ truth, predicted }, i) => ({
      id: cases[i]!.id,
      truth,
      predicted,
      contribution: total > 0 ? (predicted - truth) / total : NaN,
    }))
    .filter(({ truth, predicted }) => truth !== predicted)
    .sort((a, b) => Math.abs(b.predicted - b.truth) - Math.abs(a.predicted - a.truth))
    .slice(0, count);
}

function checked(cases: readonly ProportionCase[], options: RegionSizeAnalysisOptions) {
  const caller = 'analyzeRegionSizes';
  checkKeys(caller, options, KNOWN);
  const count = checkCases(caller, cases);
  const { exclusive = true, edges = [0.001, 0.01, 0.1], quantiles = 4, drivers = 5, bootstrap } = options;
  const classes = options.classes ?? Array.from({ length: count }, (_, k) => `class ${k}`);
  if (cases.length > 0 && classes.length !== count) {
    throw new RangeError(`${caller}: wanted ${count} names of classes, got ${classes.length}`);
  }
  if (!edges.every((edge, i) => edge > (edges[i - 1] ?? 0) && edge < 1)) {
    throw new RangeError(`${caller}: wanted rising proportions between 0 and 1 as edges, got [${edges}]`);
  }
  if (!(Number.isInteger(quantiles) && quantiles >= 1 && quantiles <= 100)) {
    throw new RangeError(
      `${caller}: wanted a whole number of quantiles from 1 to 100, got ${String(quantiles)}`,
    );
  }
  if (!(Number.isInteger(drivers) && drivers >= 0)) {
    throw new RangeError(`${caller}: wanted a whole number of drivers from 0, got ${String(drivers)}`);
  }
  const settled = bootstrap === undefined ? undefined : checkBootstrap(caller, bootstrap);
  return { classes, exclusive, edges, quantiles, drivers, bootstrap: settled };
}
