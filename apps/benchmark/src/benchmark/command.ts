import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import {
  configTemplate,
  describeModule,
  logFinished,
  putRunAside,
  serializeEvent,
  type ConfigTemplate,
  type OpenedImages,
} from '@segloss/trainer';

import { exitCodes, UsageError } from '../errors.js';
import { outcomeText } from '../progress.js';
import { trainingSession } from '../session.js';
import { colorsFor, quote, type Terminal } from '../terminal.js';
import { scoreText } from '../page/numbers.js';
import { plural } from '../page/plural.js';
import { dryRunLines, reasonOf } from './dry-run.js';
import { exitCodeOfRuns } from './exit-code.js';
import { emit, type EmitRequest } from './executors/emit/emit.js';
import { trainLocally, type ExecutorOptions } from './executors/local.js';
import { trainOnQueue } from './executors/queue/follow.js';
import { openServer, withoutPassword } from './executors/queue/server.js';
import { withFolds } from './folds.js';
import { cellName, readAxes, type Axis, type AxisSource } from './grid.js';
import { isBenchmark, planBenchmark, writePlan, type Benchmark, type PlannedCell } from './plan.js';
import { readResults } from './results.js';
import { labelFilter, type LabelFilter } from './select-cells.js';
import { sizesToTerminal } from './size-strips.js';
import { leaderboard } from './table.js';
import { toTerminal } from './table-formats.js';
import { writeReportAfter } from './write-report.js';
import type { Outcome } from './train-cell.js';
import { choose, readTuning } from './tuning.js';

/** What a benchmark command was asked to do. */
export interface BenchmarkRequest {
  /** A benchmark file, or the text of one. */
  readonly source: string | { readonly text: string; readonly name: string };
  /** Axes of the command line, which replace those of the file. */
  readonly axes: readonly Omit<AxisSource, 'folder'>[];
  /** Values by key, over those of the file. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly set: readonly string[];
  /** Default: `benchmarks/NAME`. */
  readonly out?: string | undefined;
  /** Default: that of the file. */
  readonly name?: string | undefined;
  /** `loss=dice`: only the cells with this label. */
  readonly only: readonly string[];
  /** Only the runs that failed or diverged. */
  readonly retryFailed: boolean;
  /** Stops at the first run that fails or diverges. */
  readonly failFast: boolean;
  readonly jobs?: number | undefined;
  /** Address of a queue whose workers train, instead of this machine. */
  readonly queue?: string | undefined;
  /** Writes an array job of a scheduler and trains nothing. */
  readonly emit?: EmitRequest | undefined;
  readonly dryRun: boolean;
  readonly fresh: boolean;
  readonly json: boolean;
}

/**
 * Plans a benchmark, trains what is missing, and leaves tables and a report in its folder.
 *
 * @returns The exit code.
 */
export async function benchmarkCommand(request: BenchmarkRequest, terminal: Terminal): Promise<number> {
  const { stdout, stderr, env } = terminal;
  const say = (text: string) => void stderr.write(`${text}\n`);
  const command = ['segloss', ...terminal.argv.map(withoutPassword)];
  const server = request.queue === undefined ? undefined : await openServer(request.queue, (text) => say(`warning: ${text}`)); // prettier-ignore
  const opened: OpenedImages = new Map();
  const planAgain = await planner(request, terminal.folder, say);
  let benchmark = await planAgain(opened);
  const matches = labelFilter(benchmark.axes, request.only);
  const isOpen = ({ state }: PlannedCell) =>
    request.retryFailed
      ? state === 'failed' || state === 'diverged'
      : request.fresh || (state !== 'finished' && state !== 'diverged');
  const runsOf = ({ tuningRuns, cells }: Benchmark) => [...tuningRuns, ...cells].filter(({ labels }) => matches(labels)); // prettier-ignore
  const waitingOf = ({ waiting }: Benchmark) => waiting.filter(({ labels }) => matches(labels));
  const chosen = runsOf(benchmark);
  const todo = chosen.filter(isOpen);
  // Also what the runs will say of their settings: each sentence once.
  const said = new Set(
    chosen.flatMap(({ sources }) => sources.map((one) => `runs the ${describeModule(one)}`)),
  );
  for (const text of said) say(text);
  const total = chosen.length + waitingOf(benchmark).length;
  say(`${benchmark.name}: ${plural(total, 'run')}, ${todo.length + waitingOf(benchmark).length} to train, in ${benchmark.folder}`); // prettier-ignore
  for (const text of benchmark.notes) say(text);
  if (request.dryRun) {
    const jobs = request.jobs ?? availableParallelism();
    for (const line of dryRunLines({ benchmark, runs: chosen, waiting: waitingOf(benchmark), todo, jobs })) stdout.write(`${line}\n`); // prettier-ignore
    return exitCodes.ok.code;
  }
  checkFolder(benchmark);
  if (request.fresh && (server ?? request.emit) !== undefined) {
    // Whoever trains later must not begin anew with each attempt.
    for (const { folder } of todo) await putRunAside(folder);
  }
  if (request.emit !== undefined) {
    if (todo.length > 0) stdout.write(`${emit(benchmark, todo, request.emit)}\n`);
    if (waitingOf(benchmark).length > 0) say('the other runs wait for the tuning: run this command again when the runs of the tuning have finished'); // prettier-ignore
    writePlan(benchmark);
    return exitCodes.ok.code;
  }
  writePlan(benchmark);
  if (!request.fresh) {
    await logRuns(chosen.filter(({ state }) => state === 'finished'), (cell, text) => say(`${cellName(cell.labels, benchmark.axes)}: ${text}`)); // prettier-ignore
  }

  const outcomes = new Map<string, Outcome>();
  const interrupted = await trainingSession(terminal, async ({ signal: stopped, show }) => {
    if (todo.length === 0 && waitingOf(benchmark).length === 0) return false;
    const names = new Map<string, string>();
    const progress = show({
      runs: total,
      finished: chosen.length - todo.length,
      nameOf: (run) => names.get(run) ?? run,
    });
    const failed = new AbortController();
    const { signal } = failed;
    stopped.addEventListener('abort', () => failed.abort());
    if (stopped.aborted) failed.abort();
    const train = async (runs: readonly PlannedCell[]) => {
      if (runs.length === 0 || signal.aborted) return;
      for (const { id, labels } of runs) names.set(id, cellName(labels, benchmark.axes));
      const options: ExecutorOptions = {
        signal,
        onEvent(cell, event) {
          if (request.json && event.type !== 'step') stdout.write(`${serializeEvent(event)}\n`);
          progress.event(event);
          if (event.type === 'note' && event.about !== 'settings') {
            progress.note(`${cellName(cell.labels, benchmark.axes)}: ${event.text}`);
          } else if (event.type === 'note' && !said.has(event.text)) {
            said.add(event.text);
            progress.note(event.text);
          }
          if (event.type === 'run.end') {
            const good = event.status === 'finished';
            progress.ended(
              event.run,
              good ? 'good' : 'bad',
              `${cellName(cell.labels, benchmark.axes)}: ${outcomeText(event)}`,
            );
          }
        },
        onEnd(cell, outcome) {
          outcomes.set(cell.id, outcome);
          if (outcome.error !== undefined)
            progress.note(`${cellName(cell.labels, benchmark.axes)}: ${outcome.error.message}`);
          if (!request.failFast || failed.signal.aborted || (outcome.status !== 'failed' && outcome.status !== 'diverged')) return; // prettier-ignore
          progress.note('--fail-fast: the other trainings stop after the current update, and save');
          failed.abort();
        },
      };
      if (server === undefined) {
        await trainLocally(runs, { ...options, command, jobs: request.jobs, fresh: request.fresh });
        return;
      }
      const withdraw = () => request.failFast && !stopped.aborted;
      await trainOnQueue(runs, {
        ...options,
        server,
        benchmark,
        withdraw,
        say: (text) => progress.note(text),
      });
      if (stopped.aborted) progress.note(`queued runs stay in ${server.name}, and its workers train them`);
    };
    // Cells whose settings are tuned have runs only after the tuning.
    const isTuning = (cell: PlannedCell) => cell.index < benchmark.tuningRuns.length;
    await train(todo.filter(isTuning));
    if (benchmark.tune !== undefined && !signal.aborted) {
      benchmark = await planAgain(opened);
      writePlan(benchmark);
      for (const text of choicesOf(benchmark, matches)) progress.note(text);
    }
    const trained = new Set(todo.filter(isTuning).map(({ id }) => id));
    const cells = runsOf(benchmark).filter(
      (cell) => !isTuning(cell) && !trained.has(cell.id) && isOpen(cell),
    );
    await train([...new Map(cells.map((cell) => [cell.id, cell])).values()]);
    return stopped.aborted;
  });

  const results = readResults(benchmark.folder);
  const report = await writeReportAfter(results, command.map(quote).join(' '), say);
  if (!request.json && results.cells.some(({ scores }) => scores !== undefined)) {
    const board = leaderboard(results);
    const colors = colorsFor(stdout, env);
    stdout.write(toTerminal(board, colors, stdout.columns));
    stdout.write(sizesToTerminal(board, colors, stdout.columns));
    if (report !== undefined) stdout.write(`report: ${report}\n`);
  }
  return exitCodeOfRuns({ axes: benchmark.axes, runs: runsOf(benchmark), waiting: waitingOf(benchmark), outcomes, interrupted }, say); // prettier-ignore
}

/** Gives runs that had finished before the logs that they lack; where a tracker fails, the others are not tried. */
async function logRuns(
  cells: readonly PlannedCell[],
  note: (cell: PlannedCell, text: string) => void,
): Promise<void> {
  let failed = false;
  for (const cell of cells) {
    if (failed) return;
    await logFinished({ ...cell, config: cell.loaded.config }, (text) => {
      failed = true;
      note(cell, text);
    });
  }
}

/** Reads the benchmark file; returns what plans it, at first and after the tuning. */
async function planner(
  request: BenchmarkRequest,
  cwd: string,
  say: (text: string) => void,
): Promise<(opened: OpenedImages) => Promise<Benchmark>> {
  const { source, values, set } = request;
  const template = configTemplate(source, { keys: ['name', 'grid', 'tune'], cwd, set, flags: values });
  for (const text of template.replaced) say(text);
  if (typeof source === 'string') for (const text of replacedAxes(template, request.axes)) say(text);
  const written = readAxes(
    template,
    request.axes.map((axis) => ({ ...axis, folder: cwd })),
  );
  checkConflicts(written, [...Object.keys(values), ...set.map((entry) => entry.split('=')[0]!.trim())]);
  const axes = withFolds(written, template);
  const tune = readTuning(template, axes);
  const name = request.name ?? nameOf(template.own['name'], template.file);
  const folder = path.resolve(cwd, request.out ?? path.join('benchmarks', name));
  return (opened) => planBenchmark(template, { name, folder, axes, tune }, opened);
}

/** What the tuning chose, a sentence for each group. */
function choicesOf({ tuning, tune }: Benchmark, matches: LabelFilter): string[] {
  return tuning
    .filter(({ labels }) => matches(labels))
    .map(({ labels, candidates }) => {
      const { chosen, scores, open } = choose(candidates, tune!.weights);
      const name = Object.values(labels).join(', ') || 'run';
      if (chosen === undefined) return `${name}: not tuned, waiting ${reasonOf(open)}`;
      return `${name}: tuned to ${candidates[chosen]!.label} (Dice ${scores.map((score, i) => `${candidates[i]!.label}: ${scoreText(score)}`).join(', ')})`; // prettier-ignore
    });
}

/** A sentence for each axis or value of the file that an axis of the command line replaces. */
function replacedAxes({ own, originOf, has }: ConfigTemplate, axes: BenchmarkRequest['axes']): string[] {
  const grid = (own['grid'] ?? {}) as Readonly<Record<string, unknown>>;
  return axes.flatMap(({ key, value, origin }) => {
    if (!Object.hasOwn(grid, key)) {
      return has(key) ? [`${origin} replaces ${key} of base (${originOf('base', ...key.split('.'))})`] : [];
    }
    const [before, now] = [JSON.stringify(grid[key]), JSON.stringify(value)];
    return before === now
      ? []
      : [`${origin} replaces grid.${key}: ${before} (${originOf('grid', key)}) with ${now}`];
  });
}

function nameOf(given: unknown, file: string): string {
  if (given === undefined) return path.basename(file).replace(/\.ya?ml$/, '');
  const name = typeof given === 'string' || typeof given === 'number' ? String(given) : '';
  if (name !== '' && !/[\\/\0]/.test(name) && !/^\.+$/.test(name)) return name;
  throw new UsageError(`name: wanted a name for a folder, got ${JSON.stringify(given)}; leave out slashes`);
}

/** A key has one home: the grid, or a flag. */
function checkConflicts(axes: readonly Axis[], keys: readonly string[]): void {
  for (const { key, entries } of axes) {
    const paths = [key, ...entries.flatMap(({ values }) => values.map((value) => value.path))];
    const double = keys.find((one) => paths.some((at) => at === one || at.startsWith(`${one}.`) || one.startsWith(`${at}.`))); // prettier-ignore
    if (double === undefined) continue;
    throw new UsageError(
      `${double}: the grid has this key already (${entries.map(({ label }) => label).join(', ')}); change it there` +
        ({ loss: ', or pass --loss', seed: ', or pass --seeds', 'data.folder': ', or pass --data' }[key] ??
          ''),
    );
  }
}

/** Only what a benchmark made is replaced; that the folder lies outside of the images, the plan has made sure of. */
function checkFolder({ folder }: Benchmark): void {
  if (!existsSync(folder) || isBenchmark(folder) || readdirSync(folder).length === 0) return;
  throw new UsageError(
    `--out: wanted a new folder or one of a benchmark, got ${folder}, which holds other files`,
  );
}
