import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { lossRegistry } from '@segloss/losses';
import pc from 'picocolors';

import { exitCodes, UsageError } from '../errors.js';
import type { Event } from '../benchmark/events.js';
import { resolveLosses, runExperiment } from '../benchmark/experiment.js';
import type { Settings } from '../options.js';
import { liveProgress, plainProgress } from '../benchmark/progress.js';
import { renderReport } from '../benchmark/report/page.js';
import { rarestClass, summarize, failedRuns } from '../benchmark/summary.js';
import { leaderboard, toCsv, toMarkdown, toTerminal } from '../benchmark/table.js';

/** Where a command writes and what it was called with; a test can give its own. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly folder: string;
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * `segloss demo` and `segloss run`: trains the grid and leaves `results.jsonl`, `report.html`, `table.md`
 * and `table.csv` in the output folder.
 *
 * @returns The exit code.
 */
export async function runCommand(
  settings: Settings,
  options: { json: boolean; terminal: Terminal },
): Promise<number> {
  const { terminal } = options;
  const { stdout, stderr, folder } = terminal;
  const say = (text: string) => stderr.write(`${text}\n`);
  if (settings.losses.length === 0) {
    throw new UsageError("--loss: wanted at least one, got none; try --loss ce --loss 'ce + l1'");
  }
  const losses = await resolveLosses(settings.losses, folder);
  for (const { name, path: file, sha256 } of losses.flatMap(({ sources }) => sources)) {
    say(`loss ${name}: ${file}, sha256 ${sha256}`);
  }
  const runs = losses.length * settings.seeds.length;
  const jobs = Math.min(settings.jobs ?? os.availableParallelism(), runs);

  const events: Event[] = [];
  const out = path.resolve(folder, settings.out);
  const results = path.join(out, 'results.jsonl');
  const report = path.join(out, 'report.html');
  const save = () => {
    const summary = summarize(events);
    const board = leaderboard(summary);
    writeFileSync(report, renderReport(summary));
    writeFileSync(path.join(out, 'table.md'), toMarkdown(board));
    writeFileSync(path.join(out, 'table.csv'), toCsv(board));
    return { summary, board };
  };

  let label = 0;
  let steps = 1;
  const live = stderr.isTTY === true && terminal.env['CI'] === undefined;
  const progress = live
    ? liveProgress(stderr, colorsFor(stderr, terminal.env), {
        runs,
        epochs: settings.epochs,
        steps: () => steps,
        label: () => label,
      })
    : plainProgress(stderr, settings.epochs, () => label);

  const interrupt = new AbortController();
  const onInterrupt = () => {
    if (interrupt.signal.aborted) process.exit(exitCodes.interrupted.code);
    interrupt.abort();
    progress.note('stopping after the current step; Ctrl-C again to stop at once');
  };
  process.on('SIGINT', onInterrupt);
  try {
    await runExperiment(settings, {
      command: ['segloss', ...terminal.argv].map(quote).join(' '),
      folder,
      jobs,
      losses,
      signal: interrupt.signal,
      listener: {
        step: (step) => progress.step(step),
        event(event) {
          if (event.type === 'experiment.start') {
            // Only now: wrong data must not leave an empty folder, nor take away an older result.
            mkdirSync(out, { recursive: true });
            writeFileSync(results, '');
            label = rarestClass(event.data.classes, event.data.valTruth);
            progress.note(
              `${plural(losses.length, 'loss', 'losses')} x ${plural(settings.seeds.length, 'seed', 'seeds')}, ${plural(settings.epochs, 'epoch', 'epochs')} on ${plural(event.data.train, 'image', 'images')}, ${jobs} at a time, into ${out}`,
            );
            steps = Math.ceil(event.data.train / settings.batchSize);
          }
          events.push(event);
          const line = `${JSON.stringify(event)}\n`;
          appendFileSync(results, line);
          if (options.json) stdout.write(line);
          progress.event(event);
        },
      },
    });
  } finally {
    progress.finish();
    process.off('SIGINT', onInterrupt);
  }
  const { summary, board } = save();
  if (!options.json) {
    stdout.write(toTerminal(board, colorsFor(stdout, terminal.env)));
    stdout.write(`report: ${report}\n`);
  }
  if (interrupt.signal.aborted) {
    say(`segloss: interrupted; what was finished is in ${out}`);
    return exitCodes.interrupted.code;
  }
  const failed = failedRuns(summary);
  if (failed.length === 0) return exitCodes.ok.code;
  const [first] = failed;
  say(
    `segloss: ${failed.length} of ${runs} runs did not finish; the first: ${first!.run}: ${first!.message}`,
  );
  const diverged = failed.some((run) => run.status === 'diverged');
  return diverged ? exitCodes.diverged.code : exitCodes.runtime.code;
}

/** `segloss losses`: one line for each loss of the registry. */
export function lossesCommand({ stdout, env }: Pick<Terminal, 'stdout' | 'env'>): void {
  const colors = colorsFor(stdout, env);
  const definitions = [...lossRegistry().values()].map((factory) => factory.definition);
  const width = Math.max(...definitions.map(({ name }) => name.length));
  for (const { name, summary, defaults } of definitions) {
    const options = Object.entries(defaults).map(([key, value]) => `${key}=${String(value)}`);
    const tail = options.length > 0 ? colors.dim(`  (${options.join(', ')})`) : '';
    stdout.write(`${colors.bold(name.padEnd(width))}  ${summary}${tail}\n`);
  }
}

/** Colors where a person looks on, unless NO_COLOR says no. */
export function colorsFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv) {
  return pc.createColors(stream.isTTY === true && !env['NO_COLOR']);
}

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** An argument as one can paste it into a shell again. */
export function quote(argument: string): string {
  return /^[\w./:=@#%+,-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
