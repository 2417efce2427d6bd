// The tables of a benchmark as text: for a terminal, as Markdown and as CSV.
import { printable } from '@segloss/common';
import type { Colors } from 'picocolors/types';

import { fixed, NONE } from '../page/numbers.js';
import { textTable } from '../text-table.js';
import { RANKED, type Leaderboard, type Row, type TableScore } from './table.js';

/** A score over seeds as text: `0.812 ± 0.010`, `0.812` of one seed, `n/a` of none; with its interval, `[0.790, 0.834]`, if it has one. */
export function formatScore(
  { mean, standardDeviation, cases, interval }: TableScore,
  digits: number,
): string {
  if (cases === 0) return NONE;
  const value = fixed(mean, digits);
  const spread = Number.isNaN(standardDeviation) ? '' : ` ± ${fixed(standardDeviation, digits)}`;
  return `${value}${spread}${interval ? ` ${intervalText(interval, digits)}` : ''}`;
}

/** `[0.790, 0.834]` */
export const intervalText = ([low, high]: readonly [number, number], digits: number): string =>
  `[${fixed(low, digits)}, ${fixed(high, digits)}]`;

/** The mark of a row: `*` the best, `~` one that cannot be told from it. */
export const markOf = ({ best, tied }: Pick<Row, 'best' | 'tied'>): string => (best ? '*' : tied ? '~' : '');

/** The tables for a terminal; narrower than 80 columns they become lists. */
export function toTerminal({ sections, notes }: Leaderboard, colors: Colors, width?: number): string {
  const tables = sections.map(({ title, names, columns, rows }) => {
    const paint = (text: string, i: number) => {
      const { constant, best } = rows[i]!;
      return constant ? colors.dim(text) : best ? colors.bold(text) : text;
    };
    const table = textTable(
      {
        head: [...names, ...columns.map((column) => column.title), 'runs'],
        names: names.length,
        rows: rows.map((row) => [
          // A mark and not only a color: a pipe has no colors.
          ...row.names.map((name, i) =>
            i === row.names.length - 1 ? `${name} ${markOf(row)}`.trim() : name,
          ),
          ...row.cells.map((cell, i) => formatScore(cell, columns[i]!.digits)),
          row.runs,
        ]),
      },
      width,
      paint,
    );
    return title === '' ? table : `${colors.bold(title)}\n${table}`;
  });
  const marked = sections.some(({ rows }) => rows.some(({ best }) => best));
  const marks = `* highest ${RANKED.title}; ~ not distinguishable from it`;
  const lines = [...notes, ...(marked ? [marks] : [])].map((note) => colors.dim(note));
  return `${tables.join('\n')}\n${lines.join('\n')}\n`;
}

/**
 * Returns the tables as Markdown, the highest Dice in bold, `~` behind what cannot be told from it.
 *
 * @example
 * ```ts
 * const cells = [{ mean: 0.5, standardDeviation: 0.1, median: 0.5, cases: 2, total: 2 }];
 * const rows = [{ names: ['ce'], cells, runs: '2/2', best: false, tied: false, constant: false, results: [], replicates: [] }];
 * const sections = [{ title: '', names: ['loss'], columns: [{ title: 'Dice', digits: 2 }], rows, data: undefined, statistics: undefined }];
 * toMarkdown({ sections, notes: [] }).split('\n')[2]; // → "| `ce` | 0.50 ± 0.10 | 2/2 |"
 * ```
 */
export function toMarkdown({ sections, notes }: Leaderboard): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const tables = sections.flatMap(({ title, names, columns, rows }) => [
    ...(title === '' ? [] : [`## ${markdown(title)}`, '']),
    line([...names.map(markdown), ...columns.map((column) => column.title), 'runs']),
    line([...names.map(() => '---'), ...columns.map(() => '---:'), '---:']),
    ...rows.map((row) => {
      const scores = row.cells.map((cell, i) => formatScore(cell, columns[i]!.digits));
      const bold = (text: string) => (row.best ? `**${text}**` : text);
      const mark = row.tied ? ' ~' : '';
      const titles = row.names.map((name, i) => (row.constant ? markdown(name) : `${bold(code(name))}${i === row.names.length - 1 ? mark : ''}`)); // prettier-ignore
      return line([...titles, bold(scores[0]!), ...scores.slice(1), row.runs]);
    }),
    '',
  ]);
  return [...tables, ...notes.flatMap((note) => [markdown(note), ''])].join('\n');
}

/** Text that Markdown shows as it is: no markup, no HTML, no control characters. */
const markdown = (text: string): string =>
  printable(text.replace(/\s+/g, ' ')).replace(/[\\`*_[\]<>|#&]/g, (character) =>
    character === '<' ? '&lt;' : character === '&' ? '&amp;' : `\\${character}`,
  );

/** Text as code; a backtick in it would end the code. */
const code = (text: string): string =>
  `\`${printable(text.replace(/\s+/g, ' ')).replaceAll('`', "'").replaceAll('|', '\\|')}\``;

/** Columns of the ends of an interval, where a column has one. */
const intervalColumns = (title: string): string[] =>
  title === RANKED.title ? [`${title} low`, `${title} high`] : [];

/**
 * Returns the tables as one CSV with full precision, mean and standard deviation in separate columns.
 *
 * @example
 * ```ts
 * const cells = [{ mean: 0.5, standardDeviation: NaN, median: 0.5, cases: 1, total: 1 }];
 * const rows = [{ names: ['ce + l1(temperature=10,x=1)'], cells, runs: '1/1', best: true, tied: false, constant: false, results: [], replicates: [] }];
 * const sections = [{ title: '', names: ['loss'], columns: [{ title: 'Dice', digits: 2 }], rows, data: undefined, statistics: undefined }];
 * toCsv({ sections, notes: [] }).split('\n')[1]; // → "\"ce + l1(temperature=10,x=1)\",0.5,,1/1"
 * ```
 */
export function toCsv({ sections }: Pick<Leaderboard, 'sections'>): string {
  const [first] = sections;
  if (first === undefined) return '';
  const several = sections.length > 1;
  const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const number = (value: number) => (Number.isNaN(value) ? '' : String(value));
  const head = [
    ...(several ? ['data'] : []),
    ...first.names,
    ...first.columns.flatMap(({ title }) => [`${title} mean`, `${title} std`, ...intervalColumns(title)]),
    'runs',
  ];
  const rows = sections.flatMap(({ title, rows: some }) =>
    some.map((row) => [
      ...(several ? [title] : []),
      ...row.names,
      ...row.cells.flatMap(({ mean, standardDeviation, interval }, i) => [
        number(mean),
        number(standardDeviation),
        ...intervalColumns(first.columns[i]!.title).map((_, end) => number(interval?.[end] ?? NaN)),
      ]),
      row.constant ? '' : row.runs,
    ]),
  );
  return [head, ...rows].map((cells) => `${cells.map(quote).join(',')}\n`).join('');
}
