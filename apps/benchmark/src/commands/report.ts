import type { Command } from 'commander';
import { nearestName } from '@segloss/common';
import path from 'node:path';

import { checkGate, gateText, parseGate } from '../benchmark/gates.js';
import { jsonReport } from '../benchmark/json-report.js';
import { measureForces } from '../benchmark/measured-forces.js';
import { mergeResults, onlyRows } from '../benchmark/merge-results.js';
import { renderReport } from '../benchmark/report/page.js';
import { comparedRows } from '../benchmark/report/significance.js';
import { readResults, type Part, type Results, type Weights } from '../benchmark/results.js';
import { leaderboard } from '../benchmark/table.js';
import { toCsv, toMarkdown, toTerminal } from '../benchmark/table-formats.js';
import { writeReport } from '../benchmark/write-report.js';
import { exitCodes, UsageError } from '../errors.js';
import { collect } from '../options.js';
import { outputFile } from '../output-file.js';
import { colorsFor, quote, type Terminal } from '../terminal.js';
import { oneOf } from './choices.js';

interface ReportFlags {
  weights?: string;
  on?: string;
  compare?: string[];
  format?: string;
  out?: string;
  overwrite?: boolean;
  failIf?: string[];
  allowModules?: boolean;
}

const FORMATS = ['html', 'md', 'csv', 'json'] as const;

/** `segloss report`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  command
    .argument('<folder...>', 'folder of a benchmark, or of one run; several are compared in one report')
    .option(
      '--weights <which>',
      'scores of the last weights, or of the best epoch: last, best (default: last)',
    )
    .option(
      '--on <images>',
      'scores of the validation images, or of the images of data.test: val, test (default: test where there are any)',
    )
    .option('--compare <row...>', 'show two rows only, as in --compare ce dice')
    .option('--format <name>', 'print the tables as md, csv or json, or write the page: html (default)')
    .option('--out <file>', 'file of the page, or of what --format prints')
    .option('--overwrite', 'let --out replace a file that segloss did not write')
    .option(
      '--fail-if <condition>',
      'exit with 4 if it holds, as in "hard p/q of the smallest quarter < 0.8"; repeat for several',
      collect,
    )
    .option('--allow-modules', 'also run losses that are modules of your own, to measure their forces')
    .action(async (folders: string[], flags: ReportFlags) =>
      finish(await reportCommand(folders, flags, terminal)),
    );
}

/** Draws table and report from what the run folders hold. */
async function reportCommand(
  folders: readonly string[],
  flags: ReportFlags,
  terminal: Terminal,
): Promise<number> {
  const { stdout, stderr, env, argv } = terminal;
  const at = (file: string) => path.resolve(terminal.folder, file);
  const weights = flags.weights === undefined ? undefined : oneOf<Weights>('weights', flags.weights, ['last', 'best']); // prettier-ignore
  const part = flags.on === undefined ? undefined : oneOf<Part>('on', flags.on, ['val', 'test']);
  const format = oneOf('format', flags.format ?? 'html', FORMATS);
  const several = folders.length > 1 || flags.compare !== undefined;
  const out = flags.out ?? (format === 'html' && several ? 'report.html' : undefined);
  if (flags.overwrite && out === undefined)
    throw new UsageError('--overwrite: wanted --out <file> with it, got none');
  const save =
    out === undefined ? undefined : outputFile(at(out), { reads: [], overwrite: flags.overwrite ?? false });
  const read = folders.map((folder) => readResults(at(folder), { weights, part }));
  const results = compared(mergeResults(read), flags.compare);
  const board = leaderboard(results);
  // Gates are read before anything is printed: a wrong word must not look like a report that passed.
  const gates = (flags.failIf ?? []).map((text) => parseGate(text, board));
  const command = ['segloss', ...argv].map(quote).join(' ');
  const measure = async () => {
    const measured = await measureForces(board, { modules: flags.allowModules ?? false });
    for (const module of measured.modules) stderr.write(`ran the ${module}\n`);
    return measured;
  };
  if (format === 'html') {
    const measured = await measure();
    save?.(renderReport(results, command, measured));
    const file = out === undefined ? writeReport(results, command, measured) : at(out);
    stdout.write(toTerminal(board, colorsFor(stdout, env), stdout.columns));
    for (const text of openCells(results)) stdout.write(`${text}\n`);
    stdout.write(`report: ${file}\n`);
  } else {
    const text =
      format === 'json'
        ? jsonReport(board, results, await measure())
        : { md: toMarkdown, csv: toCsv }[format](board);
    if (save === undefined) stdout.write(text);
    else save(text);
    for (const line of openCells(results)) stderr.write(`${line}\n`);
  }
  const failures = gates.flatMap((gate) => checkGate(gate, board, results));
  for (const failure of failures) stderr.write(`segloss: ${gateText(failure)}\n`);
  return failures.length > 0 ? exitCodes.gate.code : exitCodes.ok.code;
}

/** The results of two rows. */
function compared(results: Results, rows: readonly string[] | undefined): Results {
  if (rows === undefined) return results;
  const known = comparedRows(leaderboard(results).sections);
  if (rows.length !== 2) throw new UsageError(`--compare: wanted two rows of ${known.join(' | ')}, got ${rows.length}`); // prettier-ignore
  for (const row of rows) {
    if (known.includes(row)) continue;
    const near = nearestName(row, known);
    throw new UsageError(`--compare: wanted rows of ${known.join(' | ')}, got "${row}"${near === undefined ? '' : `; did you mean "${near}"?`}`); // prettier-ignore
  }
  return onlyRows(results, rows);
}

/** What has not finished, a sentence each. */
function openCells({ cells }: Results): string[] {
  return cells
    .filter(({ state }) => state !== 'finished')
    .map(({ labels, state, message }) => `${state}: ${Object.values(labels).join(', ')}${message === undefined ? '' : `: ${message}`}`); // prettier-ignore
}
