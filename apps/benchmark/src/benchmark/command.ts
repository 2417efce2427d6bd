import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { exitCodes, UsageError } from '../errors.js';
import { colorsFor, quote, type Terminal } from '../terminal.js';
import type { Event } from './events.js';
import { resolveLosses, runExperiment } from './experiment.js';
import type { Settings } from '../options.js';
import { liveProgress, plainProgress } from './progress.js';
import { renderReport } from './report/page.js';
import { rarestClass, summarize, failedRuns } from './summary.js';
import { leaderboard, toCsv, toMarkdown, toTerminal } from './table.js';

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

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
