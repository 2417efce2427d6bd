import { printable } from '@segloss/common';
import type { Colors } from 'picocolors/types';

import { plural } from '../page/plural.js';
import { textTable, wrapWords } from '../text-table.js';
import type { SizeReport } from './analysis.js';
import type { Fault } from './faults.js';
import { lesionNotes } from '../lesions.js';
import { casesToLookAt, comparisonSentences, summaryNote, summaryTable } from './summary.js';
import { lesionTable, sizeTables, tableNotes, type SizeTable } from './tables.js';
import { verdicts } from './verdict.js';

/** Columns of words; the others hold numbers. */
const WORDS = new Set(['case', 'true region', 'size', 'nearer to the truth']);
/** Columns that name a row. */
const NAMES = new Set(['model', 'models', 'class']);
const SHOWN_FAULTS = 10;
/** Sentences in a pipe, which has no width, are as long as this. */
const PIPE_WIDTH = 100;

/** How {@link reportText} prints. */
export interface TextOptions {
  readonly colors: Colors;
  /** Every table instead of the summary. */
  readonly full: boolean;
  /** Columns of the terminal; undefined for a pipe. */
  readonly width?: number | undefined;
}

/** The report for a terminal: what was read, the verdicts, and the summary or every table. */
export function reportText(report: SizeReport, { colors, full, width }: TextOptions): string {
  const wrapped = (text: string, indent = '') =>
    wrapWords(printable(text), (width ?? PIPE_WIDTH) - indent.length).replaceAll(/^/gm, indent);
  const drawn = (table: SizeTable) => ['', printable(table.title), drawTable(table, width)];
  return [
    ...report.runs.map(({ name, source, cases }) => printable(`${name}: ${plural(cases.length, 'case')} of ${source}`)), // prettier-ignore
    ...report.notes.map((note) => colors.dim(printable(note))),
    ...verdictLines(report, { colors, full, wrapped }),
    ...(full
      ? [...sizeTables(report).flatMap(drawn), '', ...tableNotes(report).map((note) => colors.dim(wrapped(note)))] // prettier-ignore
      : summaryLines(report, { colors, drawn, wrapped })),
    '',
  ].join('\n');
}

interface Drawing {
  readonly colors: Colors;
  readonly drawn: (table: SizeTable) => string[];
  readonly wrapped: (text: string, indent?: string) => string;
}

/** A paragraph for each verdict; advice that repeats is printed once. */
function verdictLines(
  report: SizeReport,
  { colors, full, wrapped }: Pick<Drawing, 'colors' | 'wrapped'> & { readonly full: boolean },
): string[] {
  const all = verdicts(report);
  return all.flatMap(({ run, lead, ends, findings, next }, i) => {
    const repeated = all.slice(0, i).some((other) => other.next === next);
    const details = [full ? ends : undefined, findings.join(' '), repeated ? undefined : next];
    return [
      '',
      colors.bold(wrapped(`${run}: ${lead}`)),
      ...details.flatMap((text) => (text ? [wrapped(text, '  ')] : [])),
    ];
  });
}

/** What fits on a screen. */
function summaryLines(report: SizeReport, { colors, drawn, wrapped }: Drawing): string[] {
  const table = summaryTable(report);
  const lesions = lesionTable(report);
  const cases = casesToLookAt(report);
  return [
    ...drawn(table),
    colors.dim(wrapped(summaryNote(table))),
    ...(lesions === undefined
      ? []
      : [...drawn(lesions), colors.dim(wrapped(lesionNotes(report.lesions!)[0]!))]),
    ...(report.comparisons.length > 0
      ? ['', ...comparisonSentences(report).map((sentence) => wrapped(sentence))]
      : []),
    ...(cases.rows.length > 0 ? ['', printable(`${cases.title}:`), inColumns(cases.rows)] : []),
    '',
    colors.dim(
      wrapped(
        'More: --full prints every table, --out report.html adds charts, --json has every number and case.',
      ),
    ),
  ];
}

function drawTable({ head, rows }: SizeTable, width: number | undefined): string {
  if (rows.length === 0) return 'none';
  const names = head.filter((title) => NAMES.has(title)).length;
  const safe = rows.map((row) => row.map((cell) => printable(cell)));
  return textTable({ head, names, words: WORDS, rows: safe, grouped: true }, width);
}

/** Rows as columns that are as wide as their longest text. */
function inColumns(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map((cell) => printable(cell)));
  const widths = safe[0]!.map((_, c) => Math.max(...safe.map((row) => row[c]!.length)));
  return safe
    .map(
      (row) =>
        `  ${row
          .map((cell, c) => cell.padEnd(widths[c]!))
          .join('  ')
          .trimEnd()}`,
    )
    .join('\n');
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
