import { type RegionSize } from '../region-size.js';
import { type BootstrapOptions, type Interval } from './types.js';

/**
 * The interval that holds `level` of the values, as much beyond one end as beyond the other. Values that are NaN come of
 * samples without the statistic; null where they are the most.
 */
export function percentileInterval(values: Float64Array, level: number): Interval {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  if (sorted.length <= values.length / 2) return null;
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!);
  };
  return [at((1 - level) / 2), at((1 + level) / 2)];
}

/** Bootstrap intervals of Σp/Σq and of the median of p/q over the cases with q > 0; null with fewer than two of those. */
export function sizeIntervals(
  sizes: readonly RegionSize[],
  { random, resamples, level }: Required<BootstrapOptions>,
): { ratio: Interval; median: Interval } {
  // In the order of their ratio, those without truth last: then the median of a sample is found by counting.
  const ratio = ({ truth, predicted }: RegionSize) => (truth > 0 ? predicted / truth : Infinity);
  const sorted = [...sizes].sort((a, b) => (ratio(a) < ratio(b) ? -1 : ratio(a) > ratio(b) ? 1 : 0));
  const present = sorted.filter(({ truth }) => truth > 0).length;
  if (present < 2) return { ratio: null, median: null };
  const q = Float64Array.from(sorted, ({ truth }) => truth);
  const p = Float64Array.from(sorted, ({ predicted }) => predicted);
  const drawn = new Uint32Array(sorted.length);
  const ratios = new Float64Array(resamples);
  const medians = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    drawn.fill(0);
    let [predicted, truth, count] = [0, 0, 0];
    for (let i = 0; i < sorted.length; i++) {
      const at = Math.floor(random() * sorted.length);
      drawn[at]!++;
      predicted += p[at]!;
      truth += q[at]!;
      if (at < present) count++;
    }
    ratios[b] = truth > 0 ? predicted / truth : NaN;
    const nth = (n: number) => {
      let [at, seen] = [-1, 0];
      while (seen <= n) seen += drawn[++at]!;
      return p[at]! / q[at]!;
    };
    medians[b] = count === 0 ? NaN : (nth((count - 1) >> 1) + nth(count >> 1)) / 2;
  }
  return { ratio: percentileInterval(ratios, level), median: percentileInterval(medians, level) };
}
