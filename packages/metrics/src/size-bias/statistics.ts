import { labelMarginalError, type RegionSize } from '../region-size.js';
import { summarizeScores } from '../score-summary.js';
import { sizeIntervals } from './bootstrap.js';
import { type BootstrapOptions, type SizeStatistics } from './types.js';

/** What stands in {@link SizeStatistics}, of the sizes of one class. */
export function sizeStatistics(
  sizes: readonly RegionSize[],
  bootstrap: Required<BootstrapOptions> | undefined,
): SizeStatistics {
  const mean = (of: (size: RegionSize) => number) =>
    sizes.reduce((sum, size) => sum + of(size), 0) / sizes.length;
  const count = (of: (size: RegionSize) => boolean) => sizes.filter(of).length;
  const present = sizes.filter(({ truth }) => truth > 0);
  const [truth, predicted] = [mean((size) => size.truth), mean((size) => size.predicted)];
  const divergences = finiteMean(
    sizes.map(({ truth: q, predicted: p }) => labelMarginalError([q, 1 - q], [p, 1 - p]).kl),
  );
  const intervals = bootstrap ? sizeIntervals(sizes, bootstrap) : { ratio: null, median: null };
  return {
    cases: sizes.length,
    present: present.length,
    truth,
    predicted,
    ratio: truth > 0 ? predicted / truth : NaN,
    ratioInterval: intervals.ratio,
    median: summarizeScores(present.map((size) => size.predicted / size.truth)).median,
    medianInterval: intervals.median,
    signed: predicted - truth,
    absolute: mean((size) => Math.abs(size.predicted - size.truth)),
    over: mean((size) => (size.predicted > size.truth ? 1 : 0)),
    under: mean((size) => (size.predicted < size.truth ? 1 : 0)),
    missed: count((size) => size.truth > 0 && size.predicted === 0),
    invented: count((size) => size.truth === 0 && size.predicted > 0),
    kl: divergences.mean,
    klInfinite: divergences.infinite,
  };
}

/** The mean of what is finite, and how many are not. */
export function finiteMean(values: readonly number[]): { mean: number; infinite: number } {
  const finite = values.filter(Number.isFinite);
  return {
    mean: finite.reduce((sum, value) => sum + value, 0) / finite.length,
    infinite: values.length - finite.length,
  };
}
