import type { Command } from 'commander';
import path from 'node:path';

import { readResults, type Part, type Weights } from '../benchmark/results.js';
import { leaderboard, toTerminal } from '../benchmark/table.js';
import { writeReport } from '../benchmark/write-report.js';
import { exitCodes } from '../errors.js';
import { colorsFor, quote, type Terminal } from '../terminal.js';
import { oneOf } from './choices.js';

interface ReportFlags {
  weights?: string;
  on?: string;
}

/** `segloss report`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  command
    .argument('<folder>', 'folder of a benchmark, or of one run')
    .option(
      '--weights <which>',
      'scores of the last weights, or of the best epoch: last, best (default: last)',
    )
    .option(
      '--on <images>',
      'scores of the validation images, or of the images of data.test: val, test (default: test where there are any)',
    )
    .action((folder: string, flags: ReportFlags) => finish(reportCommand(folder, flags, terminal)));
}

/** Draws table and report from what the run folders hold. */
function reportCommand(folder: string, flags: ReportFlags, terminal: Terminal): number {
  const { stdout, env, argv } = terminal;
  const weights =
    flags.weights === undefined ? undefined : oneOf<Weights>('weights', flags.weights, ['last', 'best']);
  const part = flags.on === undefined ? undefined : oneOf<Part>('on', flags.on, ['val', 'test']);
  const results = readResults(path.resolve(terminal.folder, folder), { weights, part });
  const report = writeReport(results, ['segloss', ...argv].map(quote).join(' '));
  stdout.write(toTerminal(leaderboard(results), colorsFor(stdout, env), stdout.columns));
  const open = results.cells.filter(({ state }) => state !== 'finished');
  for (const { labels, state, message } of open) {
    stdout.write(
      `${state}: ${Object.values(labels).join(', ')}${message === undefined ? '' : `: ${message}`}\n`,
    );
  }
  stdout.write(`report: ${report}\n`);
  return exitCodes.ok.code;
}
