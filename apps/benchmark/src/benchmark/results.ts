import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import {
  fromJson,
  readMetrics,
  readScores,
  RunError,
  runState,
  type Metrics,
  type RunScores,
  type RunState,
  type RunSummary,
} from '@segloss/trainer';
import { summarizeCases, type CaseScore, type CasesSummary } from '@segloss/metrics';

import { caseTable, sharedList, type CaseTable } from './case-table.js';
import { packed } from './packed.js';
import { FILES, type BenchmarkFile, type TuningFile } from './plan.js';
import { choose } from './tuning.js';

/** Which weights a table is about: those of the last epoch, or those that were best on the validation images. */
export type Weights = 'last' | 'best';

/** Which images the scores are of: those that are validated, or those of `data.test`, which only the best weights are scored on. */
export type Part = 'val' | 'test';

/** Options of {@link readResults}. */
export interface ReadOptions {
  /** Default `last`; of test images always `best`. */
  readonly weights?: Weights | undefined;
  /** Default: `test` where every finished run has test images. */
  readonly part?: Part | undefined;
}

/** One run as a report shows it; everything comes from its folder. */
export interface CellResult {
  /** By the title of each axis. */
  readonly labels: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly state: RunState;
  /** Why there are no scores. */
  readonly message: string | undefined;
  /** As its configuration calls it; undefined where it has not ended. */
  readonly name: string | undefined;
  readonly scores: CellScores | undefined;
  /** Reads the epochs; undefined where there are none. */
  readonly metrics: () => Metrics | undefined;
}

/** What a run reached on its images. */
export interface CellScores {
  /** Whose scores they are. */
  readonly weights: Weights;
  readonly classes: readonly string[];
  readonly background: number | null;
  /** Made anew, from what is kept of it, each time that it is read. */
  readonly summary: CasesSummary;
  /** The scores of every image that statistics need. */
  readonly table: CaseTable;
  /** Reads all scores of every image. */
  readonly cases: () => readonly CaseScore[];
}

/** What the tuning of a benchmark found, read from its run folders. */
export interface TuningResult extends Pick<TuningFile, 'folds' | 'epochs' | 'weights'> {
  readonly groups: readonly TunedGroup[];
}

/** The candidates of the cells that differ in their seed only. */
export interface TunedGroup {
  readonly labels: Readonly<Record<string, string>>;
  readonly candidates: readonly { readonly label: string; readonly score: number }[];
  /** Undefined where runs are missing, or none has a score. */
  readonly chosen: number | undefined;
}

/** A benchmark or a single run, read from its folder. */
export interface Results {
  readonly name: string;
  readonly folder: string;
  readonly axes: BenchmarkFile['axes'];
  readonly cells: readonly CellResult[];
  readonly weights: Weights;
  readonly part: Part;
  /** What was tuned; undefined without `tune`. */
  readonly tuning?: TuningResult | undefined;
  /** A benchmark and not a single run. */
  readonly several: boolean;
}

/**
 * Reads the results below a folder: of a benchmark, or of one run. Needs no images.
 *
 * @param folder What `segloss benchmark` or `segloss train` wrote. @param options See {@link ReadOptions}.
 * @throws {RunError} If the folder is neither, or test images are requested that no run has.
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
export function readResults(folder: string, options: ReadOptions = {}): Results {
  const grid = path.join(folder, FILES.grid);
  if (existsSync(grid)) {
    const { name, axes, cells, tuning } = JSON.parse(readFileSync(grid, 'utf8')) as BenchmarkFile;
    const folders = cells.flatMap((cell) => (cell.folder === null ? [] : [path.join(folder, cell.folder)]));
    const scored = whose(folder, folders, options);
    return {
      ...{ name, folder, axes, ...scored, several: true },
      ...(tuning !== undefined && { tuning: tuningOf(folder, tuning) }),
      cells: cells.map((cell) =>
        cell.folder === null
          ? waitingCell(folder, cell.labels)
          : readCell(path.join(folder, cell.folder), cell.labels, scored, cell.id),
      ),
    };
  }
  if (!existsSync(path.join(folder, 'config.resolved.yaml'))) {
    throw new RunError(
      `${folder}: wanted the folder of a benchmark (${FILES.grid}) or of a run (config.resolved.yaml), got neither`,
      'not-a-run',
    );
  }
  const scored = whose(folder, [folder], options);
  const cell = readCell(folder, {}, scored);
  const loss = cell.metrics()?.loss ?? cell.name ?? path.basename(folder);
  return {
    name: cell.name ?? path.basename(folder),
    ...{ folder, ...scored, several: false },
    axes: [{ key: 'loss', title: 'loss', labels: [loss] }],
    cells: [{ ...cell, labels: { loss } }],
  };
}

function tuningOf(folder: string, { folds, epochs, weights, groups }: TuningFile): TuningResult {
  const read = ({ labels, candidates }: TuningFile['groups'][number]): TunedGroup => {
    const runs = candidates.map(({ label, folders }) => ({ label, values: [], runs: folders.map((run) => ({ folder: path.join(folder, run) })) })); // prettier-ignore
    const { scores, chosen } = choose(runs, weights);
    return { labels, candidates: candidates.map(({ label }, i) => ({ label, score: scores[i]! })), chosen };
  };
  return { folds, epochs, weights, groups: groups.map(read) };
}

/** Which scores of the runs are meant. */
type Scored = Required<Pick<Results, 'weights' | 'part'>>;

function whose(folder: string, runs: readonly string[], { weights, part }: ReadOptions): Scored {
  const first = runs.find((run) => runState(run) === 'finished');
  const tested = first !== undefined && readScores(path.join(first, 'scores.json')).test !== undefined;
  if (part === 'test' && first !== undefined && !tested) {
    throw new RunError(
      `${folder}: its runs have no test images; name them by data.test, or leave out --on test`,
      'no-scores',
    );
  }
  // Who asks for certain weights asks for the validation images: test images are scored with the best only.
  const chosen = part ?? (tested && weights === undefined ? 'test' : 'val');
  return { part: chosen, weights: chosen === 'test' ? 'best' : (weights ?? 'last') };
}

/** @param id That the run should have; null where any run is meant. @throws {RunError} If the folder holds another run. */
function readCell(
  folder: string,
  labels: CellResult['labels'],
  scored: Scored,
  id: string | null = null,
): CellResult {
  const file = (name: string) => path.join(folder, name);
  const state = runState(folder);
  const summary = readJson<RunSummary>(file('summary.json'));
  if (id !== null && summary !== undefined && summary.id !== id) {
    throw new RunError(
      `${folder}: wanted the run ${id} of the benchmark, got the run ${summary.id}; put its own folder back, or remove this one and train it again`,
      'not-a-run',
    );
  }
  return {
    ...{ labels, folder, state, name: summary?.name },
    message: state === 'finished' ? undefined : messageOf(state, summary),
    scores: state === 'finished' ? scoresOf(file('scores.json'), scored, summary?.weightsSha256) : undefined,
    metrics: metricsOf(folder),
  };
}

const metricsOf = (folder: string) => (): Metrics | undefined => {
  const log = path.join(folder, 'metrics.jsonl');
  return existsSync(log) ? readMetrics(log) : undefined;
};

/** A cell whose settings are still being tuned, so that it has no run. */
function waitingCell(folder: string, labels: CellResult['labels']): CellResult {
  return {
    ...{ labels, folder: path.join(folder, FILES.runs), state: 'missing', message: 'waits for its tuning' },
    ...{ name: undefined, scores: undefined, metrics: () => undefined },
  };
}

function messageOf(state: RunState, summary: RunSummary | undefined): string {
  if (state === 'missing') return 'not trained yet';
  if (state === 'running') return 'training now, or killed';
  return summary?.message ?? state;
}

/** @param weightsSha256 Of the last weights, as `summary.json` says. @throws {RunError} If the scores are of other weights. */
function scoresOf(file: string, scored: Scored, weightsSha256?: string): CellScores | undefined {
  const { classes, background, ...all } = readScores(file);
  if (weightsSha256 !== undefined && all.last.weightsSha256 !== weightsSha256) {
    throw new RunError(
      `${file}: wanted the scores of the run's own weights, got those of others; put its own file back, or train the run again with --fresh`,
      'other-weights',
    );
  }
  const cases = casesOf(all, scored);
  if (cases === undefined) return undefined; // a run without test images, among others that have some
  const names = sharedList(classes);
  const summary = packed(summarizeCases(cases, { classes: names, background }));
  return keptScores(file, scored, { names, background, summary, table: caseTable(cases) });
}

/** A function of its own, so that what it returns does not hold on to all scores of the file. */
function keptScores(
  file: string,
  scored: Scored,
  { names, background, summary, table }: { names: readonly string[]; background: number | null; summary: () => CasesSummary; table: CaseTable }, // prettier-ignore
): CellScores {
  return {
    ...{ weights: scored.weights, classes: names, background, table },
    get summary() {
      return summary();
    },
    cases: () => casesOf(readScores(file), scored)!,
  };
}

function casesOf(
  { last, best, test }: Pick<RunScores, 'last' | 'best' | 'test'>,
  { weights, part }: Scored,
): readonly CaseScore[] | undefined {
  if (part === 'test') return test?.cases;
  return ((weights === 'best' ? best : undefined) ?? last).cases;
}

/** The content of a JSON file in which null is NaN; undefined if there is no such file. */
export function readJson<T>(file: string): T | undefined {
  return existsSync(file) ? (fromJson(readFileSync(file, 'utf8')) as T) : undefined;
}
