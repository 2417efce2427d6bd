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

/** Files of a benchmark's folder. */
export const FILES = {
  grid: 'benchmark.json',
  plan: 'plan.jsonl',
  runs: 'runs',
  markdown: 'table.md',
  csv: 'table.csv',
  report: 'report.html',
} as const;

/** A cell with its run. */
export interface PlannedCell extends Pick<
  RunPlan,
  'id' | 'name' | 'folder' | 'state' | 'sources' | 'loaded'
> {
  readonly index: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A benchmark with every run planned. */
export interface Benchmark {
  readonly name: string;
  /** The absolute path of its folder. */
  readonly folder: string;
  readonly axes: readonly Axis[];
  readonly cells: readonly PlannedCell[];
  /** What is suspicious about the data sets. */
  readonly warnings: readonly string[];
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
    readonly id: string;
    /** From the folder of the benchmark. */
    readonly folder: string;
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
 * Plans every cell of a benchmark: finds its images, hashes what its numbers depend on and looks up how far its run is. Trains nothing and
 * writes nothing.
 *
 * @throws {ConfigError} If a cell's configuration is wrong, or two cells are the same run. @throws {DataError} If data cannot be used.
 */
export async function planBenchmark(
  template: ConfigTemplate,
  { name, folder, axes }: Pick<Benchmark, 'name' | 'folder' | 'axes'>,
): Promise<Benchmark> {
  const opened: OpenedImages = new Map();
  const warnings = new Set<string>();
  const known = new Map<string, string>();
  const cells: PlannedCell[] = [];
  for (const [index, { labels, values }] of cellsOf(axes).entries()) {
    const loaded = template.configure([
      ...values,
      { path: 'out', value: path.join(folder, FILES.runs), origin: '--out' },
    ]);
    const plan = await planRun(loaded, { name: runName(loaded), opened });
    const twin = known.get(plan.id);
    if (twin !== undefined)
      throw sameRun(twin, cellName(labels, axes), values.at(-1)?.origin ?? template.file);
    known.set(plan.id, cellName(labels, axes));
    for (const text of plan.images.warnings) warnings.add(`${plan.images.name}: ${text}`);
    const { id, name: run, folder: place, state, sources } = plan;
    cells.push({ index, labels, id, name: run, folder: place, state, sources, loaded });
  }
  return { name, folder, axes, cells, warnings: [...warnings] };
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

/** Writes `benchmark.json` and `plan.jsonl`. */
export function writePlan({ name, folder, axes, cells }: Benchmark): void {
  const grid: BenchmarkFile = {
    schemaVersion: 1,
    name,
    axes: axes.map(({ key, title, entries }) => ({ key, title, labels: entries.map(({ label }) => label) })),
    cells: cells.map(({ labels, id, folder: place }) => ({
      labels,
      id,
      folder: path.relative(folder, place),
    })),
  };
  mkdirSync(folder, { recursive: true });
  replace(path.join(folder, FILES.grid), `${JSON.stringify(grid, null, 2)}\n`);
  writeLines(path.join(folder, FILES.plan), cells);
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
