import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import {
  fromJson,
  readMetrics,
  readScores,
  RunError,
  runState,
  type Metrics,
  type RunExamples,
  type RunState,
  type RunSummary,
} from '@segloss/trainer';
import { summarizeCases, type CasesSummary } from '@segloss/metrics';

import { FILES, type BenchmarkFile } from './plan.js';
import { constantPredictions, type ConstantPrediction } from './constant-predictions.js';

/** Which weights a table is about: those of the last epoch, or those that were best on the validation images. */
export type Weights = 'last' | 'best';

/** One run as a report shows it; everything comes from its folder. */
export interface CellResult {
  /** By the title of each axis. */
  readonly labels: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly state: RunState;
  /** Why there are no scores. */
  readonly message: string | undefined;
  readonly summary: RunSummary | undefined;
  readonly scores: CellScores | undefined;
  /** Reads the epochs; undefined where there are none. */
  readonly metrics: () => Metrics | undefined;
  /** Reads the images that the run shows. */
  readonly examples: () => RunExamples | undefined;
}

/** What a run reached on its validation images. */
export interface CellScores {
  readonly classes: readonly string[];
  readonly background: number | null;
  readonly summary: CasesSummary;
  /** What needs no training, on the same images. */
  readonly constants: readonly ConstantPrediction[];
}

/** A benchmark or a single run, read from its folder. */
export interface Results {
  readonly name: string;
  readonly folder: string;
  readonly axes: BenchmarkFile['axes'];
  readonly cells: readonly CellResult[];
  readonly weights: Weights;
  /** A benchmark and not a single run. */
  readonly several: boolean;
}

/**
 * Reads the results below a folder: of a benchmark, or of one run. Needs no images.
 *
 * @param folder What `segloss benchmark` or `segloss train` wrote. @param weights Whose scores; default `last`.
 * @throws {RunError} If the folder is neither.
 *
 * @example
 * ```ts
 * try {
 *   readResults('no-such-folder');
 * } catch (error) {
 *   error.message; // → "no-such-folder: wanted the folder of a benchmark (benchmark.json) or of a run (config.resolved.yaml), got neither"
 * }
 * ```
 */
export function readResults(folder: string, weights: Weights = 'last'): Results {
  const grid = path.join(folder, FILES.grid);
  if (existsSync(grid)) {
    const { name, axes, cells } = JSON.parse(readFileSync(grid, 'utf8')) as BenchmarkFile;
    return {
      ...{ name, folder, axes, weights, several: true },
      cells: cells.map((cell) => readCell(path.join(folder, cell.folder), cell.labels, weights)),
    };
  }
  if (!existsSync(path.join(folder, 'config.resolved.yaml'))) {
    throw new RunError(
      `${folder}: wanted the folder of a benchmark (${FILES.grid}) or of a run (config.resolved.yaml), got neither`,
      'not-a-run',
    );
  }
  const cell = readCell(folder, {}, weights);
  const loss = cell.metrics()?.loss ?? cell.summary?.name ?? path.basename(folder);
  return {
    name: cell.summary?.name ?? path.basename(folder),
    ...{ folder, weights, several: false },
    axes: [{ key: 'loss', title: 'loss', labels: [loss] }],
    cells: [{ ...cell, labels: { loss } }],
  };
}

function readCell(folder: string, labels: CellResult['labels'], weights: Weights): CellResult {
  const file = (name: string) => path.join(folder, name);
  const state = runState(folder);
  const summary = readJson<RunSummary>(file('summary.json'));
  const log = file('metrics.jsonl');
  return {
    ...{ labels, folder, state, summary },
    message: state === 'finished' ? undefined : messageOf(state, summary),
    scores: state === 'finished' ? scoresOf(file('scores.json'), weights) : undefined,
    metrics: () => (existsSync(log) ? readMetrics(log) : undefined),
    examples: () => readJson<RunExamples>(file('examples.json')),
  };
}

function messageOf(state: RunState, summary: RunSummary | undefined): string {
  if (state === 'missing') return 'not trained yet';
  if (state === 'running') return 'training now, or killed';
  return summary?.message ?? state;
}

function scoresOf(file: string, weights: Weights): CellScores {
  const { classes, background, last, best } = readScores(file);
  const { cases } = (weights === 'best' ? best : undefined) ?? last;
  return {
    ...{ classes, background },
    summary: summarizeCases(cases, { classes, background }),
    constants: constantPredictions(cases, classes, background),
  };
}

/** The content of a JSON file in which null is NaN; undefined if there is no such file. */
export function readJson<T>(file: string): T | undefined {
  return existsSync(file) ? (fromJson(readFileSync(file, 'utf8')) as T) : undefined;
}
