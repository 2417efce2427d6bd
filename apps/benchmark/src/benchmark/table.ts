import Table from 'cli-table3';
import type { Colors } from 'picocolors/types';

import { format, type Statistic } from './statistics.js';
import type { Result, Summary } from './summary.js';

/** A table before it has a form: the terminal, Markdown, CSV and HTML all print this one. */
export interface Leaderboard {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** What the columns mean, one line each. */
  readonly notes: readonly string[];
}

export interface Column {
  readonly title: string;
  readonly digits: number;
  readonly of: (result: Result) => Statistic;
}

export interface Row {
  readonly name: string;
  readonly cells: readonly Statistic[];
  readonly runs: string;
  readonly best: boolean;
  readonly trivial: boolean;
}

/** The convention of every HD95 that segloss prints. */
export const hd95Convention =
  'HD95 in pixels: the larger of the two directed 95th percentiles, mean over the images that have the class; a region missed altogether counts as the image diagonal';

/**
 * The main table: one row per loss, then the predictors that need no training.
 *
 * @param summary What {@link summarize} returns.
 * @returns Columns Dice, IoU, HD95 and predicted/true proportion (soft and hard) of the rarest class.
 *
 * @example
 * ```ts
 * const start = { data: { classes: ['background', 'lesion'], val: 2 } };
 * const board = leaderboard({ start, losses: [], trivial: [], rareClass: 1 });
 * board.columns.map((column) => column.title); // → ["Dice","IoU","HD95 px","p/q soft","p/q hard"]
 * ```
 */
export function leaderboard(summary: Summary): Leaderboard {
  const { rareClass } = summary;
  const { classes } = summary.start.data;
  const name = classes[rareClass] ?? '';
  const none = { mean: NaN, std: NaN, count: 0 };
  const columns: Column[] = [
    { title: 'Dice', digits: 3, of: (result) => result.dice },
    { title: 'IoU', digits: 3, of: (result) => result.iou },
    { title: 'HD95 px', digits: 1, of: (result) => result.hd95 },
    { title: 'p/q soft', digits: 2, of: (result) => result.softRatio[rareClass] ?? none },
    { title: 'p/q hard', digits: 2, of: (result) => result.hardRatio[rareClass] ?? none },
  ];
  const cells = (result: Result) => columns.map((column) => column.of(result));
  const mean = classes.length === 2 ? `of "${name}"` : `mean over ${classes.length} classes`;
  return {
    columns,
    rows: [
      ...summary.losses.map((loss) => ({
        name: loss.spec,
        cells: cells(loss.result),
        runs: `${loss.runs.filter((run) => run.status === 'ok').length}/${loss.runs.length}`,
        best: loss.best,
        trivial: false,
      })),
      ...summary.trivial.map((trivial) => ({
        name: trivial.name,
        cells: cells(trivial.result),
        runs: '–',
        best: false,
        trivial: true,
      })),
    ],
    notes: [
      `Dice, IoU: ${mean}, over all pixels of the ${summary.start.data.val} validation images, last epoch; mean ± standard deviation over seeds.`,
      `${hd95Convention}.`,
      `p/q: predicted / true proportion of "${name}"; soft sums probabilities, hard counts pixels; 1 is right, below 1 is too small.`,
    ],
  };
}

/** The table for a terminal of any width; colors may be the plain ones. */
export function toTerminal(board: Leaderboard, colors: Colors): string {
  const table = new Table({
    head: ['loss', ...board.columns.map((column) => column.title), 'runs'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...board.columns.map(() => 'right' as const), 'right'],
  });
  for (const row of board.rows) {
    const paint = row.trivial ? colors.dim : row.best ? colors.bold : (text: string) => text;
    const cells = row.cells.map((cell, index) => format(cell, board.columns[index]!.digits));
    // The mark and not only the color: a pipe has no colors.
    table.push([row.best ? `${row.name} *` : row.name, ...cells, row.runs].map((text) => paint(text)));
  }
  const notes = [...board.notes, ...(board.rows.some((row) => row.best) ? ['* best Dice.'] : [])];
  return `${table.toString()}\n${notes.map((note) => colors.dim(note)).join('\n')}\n`;
}

/**
 * The table as Markdown, best Dice in bold.
 *
 * @example
 * ```ts
 * const cells = [{ mean: 0.5, std: 0.1, count: 2 }];
 * const rows = [{ name: 'ce', cells, runs: '2/2', best: false, trivial: false }];
 * toMarkdown({ columns: [{ title: 'Dice', digits: 2 }], rows, notes: [] }).split('\n')[2]; // → "| `ce` | 0.50 ± 0.10 | 2/2 |"
 * ```
 */
export function toMarkdown(board: Leaderboard): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const escape = (text: string) => text.replaceAll('|', '\\|');
  return [
    line(['loss', ...board.columns.map((column) => column.title), 'runs']),
    line(['---', ...board.columns.map(() => '---:'), '---:']),
    ...board.rows.map((row) => {
      const cells = row.cells.map((cell, index) => format(cell, board.columns[index]!.digits));
      const bold = row.best ? '**' : '';
      const name = row.trivial ? escape(row.name) : `${bold}\`${escape(row.name)}\`${bold}`;
      return line([name, `${bold}${cells[0]}${bold}`, ...cells.slice(1), row.runs]);
    }),
    '',
    ...board.notes.flatMap((note) => [note, '']),
  ].join('\n');
}

/**
 * The table as CSV, full precision, mean and standard deviation in columns of their own.
 *
 * @example
 * ```ts
 * const cells = [{ mean: 0.5, std: NaN, count: 1 }];
 * const rows = [{ name: 'ce + l1(temperature=10,x=1)', cells, runs: '1/1', best: true, trivial: false }];
 * toCsv({ columns: [{ title: 'Dice', digits: 2 }], rows, notes: [] }).split('\n')[1]; // → "\"ce + l1(temperature=10,x=1)\",0.5,,1/1"
 * ```
 */
export function toCsv(board: Leaderboard): string {
  const quote = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const number = (value: number) => (Number.isNaN(value) ? '' : String(value));
  const head = board.columns.flatMap(({ title }) => [`${title} mean`, `${title} std`]);
  return [
    ['loss', ...head, 'runs'],
    ...board.rows.map((row) => [
      row.name,
      ...row.cells.flatMap(({ mean, std }) => [number(mean), number(std)]),
      row.trivial ? '' : row.runs,
    ]),
  ]
    .map((cells) => `${cells.map(quote).join(',')}\n`)
    .join('');
}
