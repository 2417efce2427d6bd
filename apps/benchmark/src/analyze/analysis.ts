import { randomStream } from '@segloss/data';
import {
  analyzeRegionSizes,
  compareRegionSizes,
  type RegionSizeAnalysis,
  type RegionSizeComparison,
} from '@segloss/metrics';

import type { AnalyzedRun, ReadRuns } from './runs.js';

/** How the intervals are made, and how cases are put into bins. */
export interface AnalysisSettings {
  readonly seed: number;
  readonly resamples: number;
  readonly quantiles: number;
}

/** A run with its analysis. */
export interface RunAnalysis extends AnalyzedRun {
  readonly analysis: RegionSizeAnalysis;
}

/** A run against the first one. */
export interface RunComparison extends RegionSizeComparison {
  readonly first: string;
  readonly second: string;
}

/** Everything that `segloss analyze` says; `--json` prints it. */
export interface SizeReport {
  readonly schemaVersion: 1;
  readonly classes: readonly string[];
  /** Indices of the classes that tables show. */
  readonly shown: readonly number[];
  readonly bootstrap: { readonly method: 'percentile'; readonly level: 0.95 } & AnalysisSettings;
  readonly runs: readonly RunAnalysis[];
  readonly comparisons: readonly RunComparison[];
  readonly faults: ReadRuns['faults'];
  readonly notes: readonly string[];
}

/** Analyzes every run, and compares each with the first. */
export function analyzeRuns(read: ReadRuns, settings: AnalysisSettings): SizeReport {
  const { classes, exclusive, background, faults, notes } = read;
  // Each run and each pair has a stream of its own: another run changes no interval.
  const bootstrap = (part: string) => ({
    random: randomStream(settings.seed).fork(part).uniform,
    resamples: settings.resamples,
    level: 0.95,
  });
  const usable = read.runs.filter(({ cases }) => cases.length > 0);
  const [first, ...others] = usable;
  return {
    schemaVersion: 1,
    classes,
    shown: classes.flatMap((_, k) => (k === background ? [] : [k])),
    bootstrap: { method: 'percentile', level: 0.95, ...settings },
    runs: usable.map((run) => ({
      ...run,
      analysis: analyzeRegionSizes(run.cases, {
        classes,
        exclusive,
        quantiles: settings.quantiles,
        bootstrap: bootstrap('run'),
      }),
    })),
    comparisons: others.map((second) => ({
      first: first!.name,
      second: second.name,
      ...compareRegionSizes(first!.cases, second.cases, { classes, bootstrap: bootstrap('pair') }),
    })),
    faults,
    notes: [
      ...notes,
      ...read.runs
        .filter(({ cases }) => cases.length === 0)
        .map(({ name }) => `no case of "${name}" can be used`),
    ],
  };
}
