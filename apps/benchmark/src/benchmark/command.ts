import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { configTemplate, describeModule, serializeEvent, type ConfigTemplate } from '@segloss/trainer';

import { codeOfError, exitCodes, UsageError } from '../errors.js';
import { outcomeText } from '../progress.js';
import { trainingSession } from '../session.js';
import { colorsFor, quote, type Terminal } from '../terminal.js';
import { plural } from '../page/plural.js';
import { trainLocally } from './executors/local.js';
import { cellName, readAxes, type Axis, type AxisSource } from './grid.js';
import { isBenchmark, planBenchmark, writePlan, type Benchmark, type PlannedCell } from './plan.js';
import { readResults, type Results } from './results.js';
import { sizesToTerminal } from './size-strips.js';
import { leaderboard, toTerminal } from './table.js';
import { writeReport } from './write-report.js';
import type { Outcome } from './train-cell.js';

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
  readonly jobs?: number | undefined;
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
  const benchmark = await plan(request, terminal.folder, say);
  const chosen = selectCells(benchmark, request.only);
  const todo = chosen.filter(({ state }) => request.fresh || (state !== 'finished' && state !== 'diverged'));
  for (const text of benchmark.warnings) say(`warning: ${text}`);
  // Also what the runs will say of their settings: each sentence once.
  const said = new Set(benchmark.cells.flatMap(({ sources }) => sources.map((one) => `runs the ${describeModule(one)}`))); // prettier-ignore
  for (const text of said) say(text);
  say(`${benchmark.name}: ${plural(chosen.length, 'run')}, ${todo.length} to train, in ${benchmark.folder}`);
  if (request.dryRun) {
    for (const { labels, state, folder } of chosen)
      stdout.write(`${state.padEnd(11)}  ${cellName(labels, benchmark.axes)}  ${folder}\n`);
    return exitCodes.ok.code;
  }
  checkFolder(benchmark);
  writePlan(benchmark);

  const outcomes = new Map<PlannedCell, Outcome>();
  const interrupted = await trainingSession(terminal, async ({ signal, show }) => {
    if (todo.length === 0) return false;
    const names = new Map(benchmark.cells.map(({ id, labels }) => [id, cellName(labels, benchmark.axes)]));
    const progress = show({
      runs: chosen.length,
      finished: chosen.length - todo.length,
      nameOf: (run) => names.get(run) ?? run,
    });
    await trainLocally(todo, {
      ...{ jobs: request.jobs, signal, fresh: request.fresh },
      command: ['segloss', ...terminal.argv],
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
        outcomes.set(cell, outcome);
        if (outcome.error !== undefined)
          progress.note(`${cellName(cell.labels, benchmark.axes)}: ${outcome.error.message}`);
      },
    });
    return signal.aborted;
  });

  const results = readResults(benchmark.folder);
  const report = writeReport(results, ['segloss', ...terminal.argv].map(quote).join(' '));
  if (!request.json && results.cells.some(({ scores }) => scores !== undefined)) {
    const board = leaderboard(results);
    const colors = colorsFor(stdout, env);
    stdout.write(toTerminal(board, colors, stdout.columns));
    stdout.write(sizesToTerminal(board, colors, stdout.columns));
    stdout.write(`report: ${report}\n`);
  }
  return verdict({ axes: benchmark.axes, chosen, outcomes, results, interrupted }, say);
}

async function plan(request: BenchmarkRequest, cwd: string, say: (text: string) => void): Promise<Benchmark> {
  const { source, values, set } = request;
  const template = configTemplate(source, { keys: ['name', 'grid'], cwd, set, flags: values });
  for (const text of template.replaced) say(text);
  if (typeof source === 'string') for (const text of replacedAxes(template, request.axes)) say(text);
  const axes = readAxes(
    template,
    request.axes.map((axis) => ({ ...axis, folder: cwd })),
  );
  checkConflicts(axes, [...Object.keys(values), ...set.map((entry) => entry.split('=')[0]!.trim())]);
  const name = request.name ?? nameOf(template.own['name'], template.file);
  const folder = path.resolve(cwd, request.out ?? path.join('benchmarks', name));
  return planBenchmark(template, { name, folder, axes });
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

/** The cells whose labels match every `--only`. */
function selectCells({ axes, cells }: Benchmark, only: readonly string[]): PlannedCell[] {
  const filters = only.map((text) => {
    const at = text.indexOf('=');
    const [key, label] = at < 0 ? [text, ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    const axis = axes.find((one) => one.title === key || one.key === key);
    const known = axis?.entries.map((entry) => entry.label) ?? [];
    if (axis === undefined || !known.includes(label)) {
      throw new UsageError(
        axis === undefined
          ? `--only: wanted AXIS=LABEL with one of the axes ${axes.map((one) => one.title).join(', ')}, got "${text}"`
          : `--only ${key}: wanted one of ${known.join(' | ')}, got "${label}"`,
      );
    }
    return { title: axis.title, label };
  });
  const titles = new Set(filters.map(({ title }) => title));
  return cells.filter(({ labels }) =>
    [...titles].every((title) => filters.some((one) => one.title === title && one.label === labels[title])),
  );
}

interface Ended extends Pick<Benchmark, 'axes'> {
  readonly chosen: readonly PlannedCell[];
  readonly outcomes: ReadonlyMap<PlannedCell, Outcome>;
  readonly results: Results;
  readonly interrupted: boolean;
}

/** Says what is not finished, and returns the exit code. */
function verdict(
  { axes, chosen, outcomes, results, interrupted }: Ended,
  say: (text: string) => void,
): number {
  const open = chosen.flatMap((cell) => {
    const { state, message } = results.cells[cell.index]!;
    const outcome = outcomes.get(cell);
    return state === 'finished' && outcome?.error === undefined ? [] : [{ cell, state, outcome, message }];
  });
  if (interrupted && open.length > 0) {
    say(
      `segloss: stopped; ${chosen.length - open.length} of ${plural(chosen.length, 'run')} finished. The same command resumes.`,
    );
    return exitCodes.resumable.code;
  }
  const [first] = open;
  if (first === undefined) return exitCodes.ok.code;
  const why = first.outcome?.error?.message ?? first.message ?? first.state;
  say(
    `segloss: ${open.length} of ${plural(chosen.length, 'run')} did not finish; the first: ${cellName(first.cell.labels, axes)}: ${why}`,
  );
  const busy = open.filter(({ outcome }) => outcome?.status === 'busy').length;
  if (busy === open.length) return exitCodes.resumable.code;
  // What a repetition may mend comes first: a scheduler repeats code 1, and no other.
  const codes = open.map(({ state, outcome }) => failureCode(state, outcome));
  const order = [exitCodes.runtime, exitCodes.diverged, exitCodes.data, exitCodes.usage].map(
    ({ code }) => code,
  );
  return order.find((code) => codes.includes(code)) ?? exitCodes.runtime.code;
}

function failureCode(state: string, outcome: Outcome | undefined): number {
  if (state === 'diverged' || outcome?.status === 'diverged') return exitCodes.diverged.code;
  return codeOfError(outcome?.error);
}
