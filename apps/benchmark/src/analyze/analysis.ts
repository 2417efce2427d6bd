import { randomStream } from '@segloss/data/samples';
import {
  analyzeRegionSizes,
  compareRegionSizes,
  type LesionOptions,
  type LesionSummary,
  type RegionSizeAnalysis,
  type RegionSizeComparison,
} from '@segloss/metrics';

import { summarizeClasses } from './lesions.js';
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
  /** The lesions of each class over all cases; null for label 0. Absent unless requested. */
  readonly lesionSummaries?: readonly (LesionSummary | null)[];
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
  /** Those of them that have verdicts, charts and tables by size: all, or the most wrong of many. */
  readonly detailed: readonly number[];
  /** How lesions were scored; absent where they were not. */
  readonly lesions?: LesionOptions;
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
  const shown = classes.flatMap((_, k) => (k === background ? [] : [k]));
  const runs = usable.map((run) => ({
    ...run,
    ...(run.lesions && { lesionSummaries: summarizeClasses(run.lesions, () => bootstrap('lesions')) }),
    analysis: analyzeRegionSizes(run.cases, {
      classes,
      exclusive,
      quantiles: settings.quantiles,
      bootstrap: bootstrap('run'),
    }),
  }));
  const detailed = mostWrong(shown, runs);
  return {
    schemaVersion: 1,
    classes,
    shown,
    detailed,
    ...(read.lesions && { lesions: read.lesions }),
    bootstrap: { method: 'percentile', level: 0.95, ...settings },
    runs,
    comparisons: others.map((second) => ({
      first: first!.name,
      second: second.name,
      ...compareRegionSizes(first!.cases, second.cases, { classes, bootstrap: bootstrap('pair') }),
    })),
    faults,
    notes: [
      ...notes,
      ...(detailed.length < shown.length
        ? [
            `${shown.length} classes: the ${detailed.length} whose sizes are most wrong are shown by size; --json has all`,
          ]
        : []),
      ...read.runs
        .filter(({ cases }) => cases.length === 0)
        .map(({ name }) => `no case of "${name}" can be used`),
    ],
  };
}

/** More classes than this are not shown by size: nobody reads as many charts. */
const MAX_DETAILED = 6;

/** The classes whose total size is most wrong in any run, in their own order. */
function mostWrong(shown: readonly number[], runs: readonly RunAnalysis[]): number[] {
  const error = (k: number) =>
    runs.reduce((most, { analysis }) => {
      const { ratio } = analysis.classes[k]!.overall;
      return Number.isNaN(ratio) ? most : Math.max(most, Math.abs(Math.log(ratio)));
    }, -1);
  const errors = new Map(shown.map((k) => [k, error(k)]));
  const chosen = [...shown].sort((a, b) => errors.get(b)! - errors.get(a)! || a - b).slice(0, MAX_DETAILED);
  return chosen.sort((a, b) => a - b);
}
