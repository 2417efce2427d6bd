import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import {
  ConfigError,
  planRun,
  type ConfigTemplate,
  type LoadedConfig,
  type OpenedImages,
  type RunPlan,
} from '@segloss/trainer';

import { cellName, cellsOf, type Axis } from './grid.js';
import { choose, planTuning, withoutSeed, type Tuning, type TuningGroup, type TuningWeights } from './tuning.js'; // prettier-ignore

/** Files of a benchmark's folder. */
export const FILES = {
  grid: 'benchmark.json',
  plan: 'plan.jsonl',
  runs: 'runs',
  markdown: 'table.md',
  csv: 'table.csv',
  report: 'report.html',
} as const;

/** A run of the plan: a cell of the grid, or a run that tunes. */
export interface PlannedCell extends Pick<
  RunPlan,
  'id' | 'name' | 'folder' | 'state' | 'epochs' | 'sources' | 'loaded'
> {
  /** Line of `plan.jsonl`. */
  readonly index: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A cell that has no run yet: its settings are still being tuned. */
export interface WaitingCell {
  readonly labels: Readonly<Record<string, string>>;
  /** Tuning runs that have not finished; 0 where all have, but none has a score. */
  readonly open: number;
}

/** A benchmark with every run planned. */
export interface Benchmark {
  readonly name: string;
  /** The absolute path of its folder. */
  readonly folder: string;
  readonly axes: readonly Axis[];
  /** The cells of the grid that can be trained. */
  readonly cells: readonly PlannedCell[];
  /** Runs that tune, each once; none without `tune`. */
  readonly tuningRuns: readonly PlannedCell[];
  readonly waiting: readonly WaitingCell[];
  readonly tuning: readonly TuningGroup[];
  readonly tune: Tuning | undefined;
  /** The labels of all cells, in the order of the grid. */
  readonly grid: readonly Readonly<Record<string, string>>[];
  /** How each data set is read, and what is suspicious about it. */
  readonly notes: readonly string[];
}

/** What `benchmark.json` says: which runs belong together, and what they are called. */
export interface BenchmarkFile {
  readonly schemaVersion: 1;
  readonly name: string;
  readonly axes: readonly {
    readonly key: string;
    readonly title: string;
    readonly labels: readonly string[];
  }[];
  readonly cells: readonly {
    readonly labels: Readonly<Record<string, string>>;
    /** Null while its settings are being tuned. */
    readonly id: string | null;
    /** From the folder of the benchmark; null while its settings are being tuned. */
    readonly folder: string | null;
  }[];
  /** What was tuned, and by which runs; the choice is made from their folders. */
  readonly tuning?: TuningFile;
}

/** The tuning of a benchmark. */
export interface TuningFile {
  readonly folds: number;
  readonly epochs: number | null;
  readonly weights: TuningWeights;
  readonly groups: readonly {
    /** Labels of its cells without the seed. */
    readonly labels: Readonly<Record<string, string>>;
    readonly candidates: readonly {
      readonly label: string;
      /** Run folders, from the folder of the benchmark. */
      readonly folders: readonly string[];
    }[];
  }[];
}

/** A line of `plan.jsonl`: everything that is needed to train one cell. */
export interface PlanLine {
  readonly schemaVersion: 1;
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly config: object;
  readonly origin: Readonly<Record<string, string>>;
  /** Folder that modules in the loss start from. */
  readonly folder: string;
}

/**
 * Plans every cell of a benchmark: finds its images, hashes what its numbers depend on and looks up how far its run is. With `tune`, cells
 * whose tuning runs have not finished are waiting; plan again when they have. Trains nothing and writes nothing.
 *
 * @param opened Data sets that an earlier plan opened.
 * @throws {ConfigError} If a cell's configuration is wrong, or two cells are the same run. @throws {DataError} If data cannot be used.
 */
export async function planBenchmark(
  template: ConfigTemplate,
  {
    name,
    folder,
    axes,
    tune,
  }: Pick<Benchmark, 'name' | 'folder' | 'axes'> & { readonly tune?: Tuning | undefined },
  opened: OpenedImages = new Map(),
): Promise<Benchmark> {
  const runsFolder = path.join(folder, FILES.runs);
  const grid = cellsOf(axes);
  const notes = new Set<string>();
  const found = ({ images: { name, description, warnings } }: Pick<RunPlan, 'images'>) => {
    notes.add(`data ${name}: ${description}`);
    for (const text of warnings) notes.add(`warning: ${name}: ${text}`);
  };
  const tuning = tune === undefined ? [] : await planTuning(tune, { template, axes, cells: grid, runsFolder, opened, nameOf: runName }); // prettier-ignore
  const tuningRuns = runsOf(tuning);
  const seed = axes.find(({ key }) => key === 'seed')?.title;
  const choices = new Map(tuning.map((group) => [JSON.stringify(group.labels), { group, ...choose(group.candidates, tune!.weights) }])); // prettier-ignore
  const known = new Map<string, string>();
  const cells: PlannedCell[] = [];
  const waiting: WaitingCell[] = [];
  for (const { labels, values } of grid) {
    const choice = choices.get(JSON.stringify(withoutSeed(labels, seed)));
    if (choice !== undefined && choice.chosen === undefined) {
      waiting.push({ labels, open: choice.open });
      continue;
    }
    const tuned = choice?.group.candidates[choice.chosen!]!.values ?? [];
    const loaded = template.configure([
      ...values,
      ...tuned,
      { path: 'out', value: runsFolder, origin: '--out' },
    ]);
    const plan = await planRun(loaded, { name: runName(loaded), opened });
    const twin = known.get(plan.id);
    // Tuned cells may well end with the same settings.
    if (twin !== undefined && tune === undefined) throw sameRun(twin, cellName(labels, axes), values.at(-1)?.origin ?? template.file); // prettier-ignore
    known.set(plan.id, cellName(labels, axes));
    found(plan);
    cells.push(planned(plan, labels, tuningRuns.length + cells.length));
  }
  return { name, folder, axes, cells, tuningRuns, waiting, tuning, tune, grid: grid.map(({ labels }) => labels), notes: [...notes] }; // prettier-ignore
}

/** The runs of all groups, each once. */
function runsOf(groups: readonly TuningGroup[]): PlannedCell[] {
  const runs = new Map<string, PlannedCell>();
  for (const { labels, candidates } of groups) {
    for (const candidate of candidates) {
      candidate.runs.forEach((plan, fold) => {
        if (runs.has(plan.id)) return;
        const tuned = { ...labels, tuning: candidate.label, part: String(fold) };
        runs.set(plan.id, planned(plan, tuned, runs.size));
      });
    }
  }
  return [...runs.values()];
}

function planned(plan: RunPlan, labels: PlannedCell['labels'], index: number): PlannedCell {
  const { id, name, folder, state, epochs, sources, loaded } = plan;
  return { index, labels, id, name, folder, state, epochs, sources, loaded };
}

/** Whether `benchmark.json` of the folder is what {@link writePlan} writes, and not another program's. */
export function isBenchmark(folder: string): boolean {
  const file = path.join(folder, FILES.grid);
  if (!existsSync(file)) return false;
  try {
    const { schemaVersion, cells } = JSON.parse(readFileSync(file, 'utf8')) as Partial<BenchmarkFile>;
    return schemaVersion === 1 && Array.isArray(cells);
  } catch {
    return false;
  }
}

/** Writes `benchmark.json` and `plan.jsonl`: the runs that tune first, then the cells. */
export function writePlan({
  name,
  folder,
  axes,
  cells,
  tuningRuns,
  tuning,
  tune,
  grid: all,
}: Benchmark): void {
  const byLabels = new Map(cells.map((cell) => [JSON.stringify(cell.labels), cell]));
  const grid: BenchmarkFile = {
    schemaVersion: 1,
    name,
    axes: axes.map(({ key, title, entries }) => ({ key, title, labels: entries.map(({ label }) => label) })),
    cells: all.map((labels) => {
      const cell = byLabels.get(JSON.stringify(labels));
      return { labels, id: cell?.id ?? null, folder: cell === undefined ? null : path.relative(folder, cell.folder) }; // prettier-ignore
    }),
    ...(tune !== undefined && {
      tuning: {
        ...{ folds: tune.folds, epochs: tune.epochs ?? null, weights: tune.weights },
        groups: tuning.map(({ labels, candidates }) => ({
          labels,
          candidates: candidates.map(({ label, runs }) => ({ label, folders: runs.map((run) => path.relative(folder, run.folder)) })), // prettier-ignore
        })),
      },
    }),
  };
  mkdirSync(folder, { recursive: true });
  replace(path.join(folder, FILES.grid), `${JSON.stringify(grid, null, 2)}\n`);
  writeLines(path.join(folder, FILES.plan), [...tuningRuns, ...cells]);
}

/** Writes a plan of some cells, numbered from 0. Returns its path. */
export function writeLines(file: string, cells: readonly PlannedCell[]): string {
  const lines = (function* () {
    for (const [index, { id, name, labels, loaded }] of cells.entries()) {
      const config = Object.fromEntries(Object.entries(loaded.config).filter(([key]) => key !== 'out'));
      const line: PlanLine = { schemaVersion: 1, index, id, name, labels, config, origin: loaded.origin, folder: loaded.folder }; // prettier-ignore
      yield `${JSON.stringify(line)}\n`;
    }
  })();
  replace(file, lines);
  return file;
}

/** Replaces a file in one step, so that it is never half written. @param text Complete, or in pieces, as for a file of many lines. */
export function replace(file: string, text: string | Iterable<string>): void {
  const draft = `${file}.${process.pid}.tmp`;
  const handle = openSync(draft, 'w');
  try {
    for (const piece of typeof text === 'string' ? [text] : text) writeFileSync(handle, piece);
  } catch (error) {
    rmSync(draft, { force: true });
    const { code, message } = error as NodeJS.ErrnoException; // of a full disk: Node does not name the file
    throw Object.assign(new Error(`cannot write ${file}: ${message}`, { cause: error }), { code });
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
}

/** The run's folder is named after its configuration alone, so that a larger grid finds it again. */
function runName({ config: { loss, seed } }: LoadedConfig): string {
  const slug = loss.replace(/[^A-Za-z0-9.]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  return `${slug.slice(0, 40) || 'run'}-seed${seed}`;
}

function sameRun(first: string, second: string, where: string): ConfigError {
  return new ConfigError({
    what: `two cells are the same run: "${first}" and "${second}"`,
    where,
    expected: 'wanted cells that differ in something that their numbers depend on',
    remedy: 'remove one of the two values',
  });
}
