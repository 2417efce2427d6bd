import { printable } from '@segloss/common';
import Table from 'cli-table3';
import type { Colors } from 'picocolors/types';

import { plural } from '../page/plural.js';
import type { SizeReport } from './analysis.js';
import type { Fault } from './faults.js';
import { sizeTables, tableNotes, type SizeTable } from './tables.js';
import { verdicts } from './verdict.js';

/** Columns of words; the others hold numbers. */
const WORDS = new Set(['run', 'runs', 'class', 'case', 'true region', 'size', 'nearer to the truth']);
const SHOWN_FAULTS = 10;

/** The report for a terminal. */
export function reportText(report: SizeReport, colors: Colors): string {
  return [
    ...report.runs.map(({ name, source, cases }) =>
      printable(`${name}: ${plural(cases.length, 'case')} of ${source}`),
    ),
    ...report.notes.map((note) => colors.dim(printable(note))),
    '',
    ...verdicts(report).map((sentence) => colors.bold(printable(sentence))),
    ...sizeTables(report).flatMap((table) => ['', printable(table.title), drawn(table)]),
    '',
    ...tableNotes(report).map(colors.dim),
    '',
  ].join('\n');
}

function drawn({ head, rows }: SizeTable): string {
  if (rows.length === 0) return 'none';
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: head.map((title) => (WORDS.has(title) ? 'left' : 'right')),
  });
  // A value that only repeats the one above is left out.
  rows.forEach((row, i) => {
    const above = rows[i - 1];
    const repeats = (column: number) =>
      column < 2 && row.slice(0, column + 1).every((cell, c) => cell === above?.[c]);
    table.push(row.map((cell, c) => (WORDS.has(head[c]!) && repeats(c) ? '' : printable(cell))));
  });
  return table.toString();
}

/** Faults by kind, the first of them in full. */
export function faultText(faults: readonly Fault[]): string {
  const kinds = [...new Set(faults.map(({ kind }) => kind))];
  const counts = kinds.map((kind) => `${faults.filter((fault) => fault.kind === kind).length} ${kind}`);
  const lines = faults
    .slice(0, SHOWN_FAULTS)
    .map(({ kind, run, message }) => printable(`${kind}${run === undefined ? '' : ` (${run})`}: ${message}`));
  const more =
    faults.length > SHOWN_FAULTS
      ? [`and ${faults.length - SHOWN_FAULTS} more; all are in --json and --out`]
      : [];
  return [...lines, ...more, `segloss: left out ${plural(faults.length, 'file')}: ${counts.join(', ')}`].join(
    '\n',
  );
}
