import { type SizeSpread } from './spread.js';

/** One image or volume: the true and the predicted proportion of each class in it, as `labelMarginals` gives them. */
export interface ProportionCase {
  /** Its name; no two cases have the same. */
  readonly id: string;
  /** True proportions q, one for each class, 0 to 1. */
  readonly truth: readonly number[];
  /** Predicted proportions p, hard (counted labels) or soft (mean probabilities). */
  readonly predicted: readonly number[];
}

/** Ends of an interval; null where there are too few cases for one. */
export type Interval = readonly [low: number, high: number] | null;

/** How intervals are made: cases are drawn with replacement, and the percentiles of the statistic are its interval. */
export interface BootstrapOptions {
  /** Uniform numbers from 0 to below 1, e.g. `randomStream(1).uniform` of @segloss/data. */
  random: () => number;
  /** Samples drawn; default 1000. */
  resamples?: number;
  /** Share of the samples within the interval; default 0.95. */
  level?: number;
}

/** The sizes of one class over some cases. Proportions are means over the cases, each of which counts alike. */
export interface SizeStatistics {
  readonly cases: number;
  /** Cases whose truth has the class. */
  readonly present: number;
  /** Mean true and mean predicted proportion; NaN without cases. */
  readonly truth: number;
  readonly predicted: number;
  /** Σp / Σq: above 1 the class is predicted too large; NaN where no truth has it. */
  readonly ratio: number;
  readonly ratioInterval: Interval;
  /** Median of p/q over the cases whose truth has the class; NaN without one. */
  readonly median: number;
  readonly medianInterval: Interval;
  /** Mean of p - q, and of its size: the signed and the absolute volume error, as shares of the image. */
  readonly signed: number;
  readonly absolute: number;
  /** Shares of the cases with p > q, and with p < q. */
  readonly over: number;
  readonly under: number;
  /** Cases where the class is in the truth only, and in the prediction only. */
  readonly missed: number;
  readonly invented: number;
  /** Mean over cases of KL((q, 1-q) ‖ (p, 1-p)) where it is finite, and the cases where it is not. */
  readonly kl: number;
  readonly klInfinite: number;
}

/** The statistics of the cases whose true proportion lies from `from` to before `to` (the last bin: to `to`). */
export interface SizeBin extends SizeStatistics {
  readonly from: number;
  readonly to: number;
}

/** A case by which a ratio is moved. */
export interface SizeDriver {
  readonly id: string;
  readonly truth: number;
  readonly predicted: number;
  /** (p - q) / Σq: over all cases these sum to the ratio less 1. NaN where no truth has the class. */
  readonly contribution: number;
}

/** One class over all cases, and by the size of its region. */
export interface ClassSizeAnalysis {
  readonly name: string;
  readonly overall: SizeStatistics;
  /** Bins with fixed edges, of the cases whose truth has the class. */
  readonly fixed: readonly SizeBin[];
  /** Bins with as many cases each, smallest regions first; fewer where many cases have the same size. */
  readonly quantiles: readonly SizeBin[];
  /** How far predicted sizes vary, compared with the true ones. */
  readonly spread: SizeSpread;
  /** Cases with the largest |p - q|. */
  readonly drivers: readonly SizeDriver[];
}

/** Distances of the label marginals of whole cases: means over the cases. */
export interface MarginalDistances {
  /** Σ|p - q| over the classes. */
  readonly l1: number;
  /** Σ q log(q/p) over the classes, where it is finite. */
  readonly kl: number;
  /** Cases where it is not: a class of the truth is not predicted at all. */
  readonly klInfinite: number;
}

/** What {@link analyzeRegionSizes} gives. */
export interface RegionSizeAnalysis {
  readonly cases: number;
  /** Null where classes overlap, so that the proportions sum to no 1. */
  readonly marginals: MarginalDistances | null;
  readonly classes: readonly ClassSizeAnalysis[];
}
