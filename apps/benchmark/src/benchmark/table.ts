import { summarizeScores, type CasesSummary, type ScoreSummary } from '@segloss/metrics';
import type { Colors } from 'picocolors/types';

import { fixed, NONE } from '../page/numbers.js';
import { plural } from '../page/plural.js';
import { printable } from '@segloss/common';
import { textTable } from '../text-table.js';
import { constantPredictions } from './constant-predictions.js';
import { replicatesOf, type Replicate } from './replicates.js';
import type { CellResult, CellScores, Results } from './results.js';

/** The tables of a benchmark before they have a form: terminal, Markdown, CSV and HTML all print this. */
export interface Leaderboard {
  /** One table for each data set. */
  readonly sections: readonly Section[];
  /** What the columns mean, one sentence each. */
  readonly notes: readonly string[];
}

/** The runs on one data set. */
export interface Section {
  /** Label of the data set; empty where there is only one. */
  readonly title: string;
  /** What the rows are named by: `loss`, `model`, ... */
  readonly names: readonly string[];
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Undefined where no run has finished. */
  readonly data: SectionData | undefined;
}

/** What the runs of a section share. */
export interface SectionData {
  readonly classes: readonly string[];
  readonly background: number | null;
  /** Foreground class with the smallest true proportion above 0; the columns p/q are about it. */
  readonly rareClass: number;
  /** True proportion of each class in the validation images. */
  readonly truth: readonly number[];
  readonly images: number;
}

export interface Column {
  readonly title: string;
  readonly digits: number;
}

export interface Row {
  /** One for each of the section's `names`. */
  readonly names: readonly string[];
  /** Over the seeds, one for each column. */
  readonly cells: readonly ScoreSummary[];
  /** `2/2` */
  readonly runs: string;
  /** Its repetitions: what means and intervals are over. */
  readonly replicates: readonly Replicate[];
  /** Highest mean Dice of the section. */
  readonly best: boolean;
  /** Needs no training. */
  readonly constant: boolean;
  /** The runs of the row; none of a constant. */
  readonly results: readonly CellResult[];
}

interface Score extends Column {
  readonly of: (summary: CasesSummary, rareClass: number) => number | null | undefined;
}

/** Columns that one sentence explains. */
interface ScoreGroup {
  readonly name: string;
  readonly meaning: string;
  readonly scores: readonly Score[];
}

/** Every score that a table shows, in its order, and what it means; a new column is an entry here. */
const GROUPS: readonly ScoreGroup[] = [
  {
    name: 'Dice, IoU',
    meaning:
      'from pixel counts over the whole validation set, mean over the foreground classes that some true mask holds',
    scores: [
      { title: 'Dice', digits: 3, of: ({ foreground }) => foreground.dice },
      { title: 'IoU', digits: 3, of: ({ foreground }) => foreground.iou },
    ],
  },
  {
    name: 'HD95',
    meaning:
      'the larger of the two directed 95th percentiles, mean over the images in which the class is both true and predicted, in pixels (in millimeters where the images have a spacing)',
    scores: [{ title: 'HD95', digits: 1, of: ({ foreground }) => foreground.hd95 }],
  },
  {
    name: 'missed, invented',
    meaning:
      'image and class pairs that are in the truth but not predicted at all, and the other way around; both are counted and never part of HD95',
    scores: [
      { title: 'missed', digits: 1, of: ({ foreground }) => foreground.missed },
      { title: 'invented', digits: 1, of: ({ foreground }) => foreground.invented },
    ],
  },
  {
    name: 'p/q',
    meaning:
      'predicted / true proportion of the rarest foreground class in the validation set; soft sums probabilities, hard counts pixels; 1 is right, below 1 is too small',
    scores: [
      { title: 'p/q soft', digits: 2, of: ({ classes }, k) => classes[k]?.soft?.ratio },
      { title: 'p/q hard', digits: 2, of: ({ classes }, k) => classes[k]?.hard.ratio },
    ],
  },
];

const SCORES = GROUPS.flatMap(({ scores }) => scores);

/** What the columns mean, by their names. */
export const SCORE_MEANINGS: readonly (readonly [names: string, meaning: string])[] = GROUPS.map(
  ({ name, meaning }) => [name, meaning],
);

/**
 * Returns the tables of a benchmark: one row for each combination of its axes, over the seeds, then the constant predictions.
 *
 * @param results What {@link readResults} returns.
 *
 * @example
 * ```ts
 * const board = leaderboard({ name: 'a', folder: 'a', axes: [], cells: [], weights: 'last', part: 'val', several: true });
 * board.sections.length; // → 0
 * ```
 */
export function leaderboard(results: Results): Leaderboard {
  const sections = sectionsOf(results).map(({ title, cells }) => sectionOf(title, cells, results));
  const about = sections.flatMap(({ title, data }) => {
    if (data === undefined) return [];
    const { classes, background, images, rareClass } = data;
    const count = background === null ? classes.length : classes.length - 1;
    const over = `${title === '' ? '' : `${title}: `}${images} ${results.part === 'test' ? 'test' : 'validation'} images, ${plural(count, 'foreground class', 'foreground classes')}`;
    const without = background === null ? 'no background' : `without "${classes[background]!}"`;
    return [`${over} (${without}), the rarest is "${classes[rareClass]!}"`];
  });
  const weights = results.part === 'test' ? 'best weights, chosen on the validation images' : results.weights === 'last' ? 'last weights' : 'best weights, chosen on these same images'; // prettier-ignore
  const folds = results.axes.some(({ key }) => key === 'fold');
  const over = !folds ? 'seeds' : results.part === 'test' ? 'seeds and folds' : 'seeds, each over the images of all folds'; // prettier-ignore
  return {
    sections,
    notes: [
      `Mean ± standard deviation over ${over}, ${weights}.${about.map((one) => ` ${one}.`).join('')}`,
      ...SCORE_MEANINGS.map(([name, meaning]) => `${name}: ${meaning}.`),
    ],
  };
}

/** The cells of each data set, in the order of the grid. */
function sectionsOf({ axes, cells }: Results): { title: string; cells: CellResult[] }[] {
  const data = axes.find(({ key }) => key === 'data.folder')?.title;
  const groups = new Map<string, CellResult[]>();
  for (const cell of cells) {
    const title = (data !== undefined && cell.labels[data]) || '';
    groups.set(title, [...(groups.get(title) ?? []), cell]);
  }
  const several = groups.size > 1;
  return [...groups].map(([title, some]) => ({ title: several ? title : '', cells: some }));
}

/** Axes that make sections and repetitions, not rows. */
const NOT_NAMED = ['data.folder', 'seed', 'fold'];

function sectionOf(title: string, cells: readonly CellResult[], results: Results): Section {
  const { axes } = results;
  // The loss is always named; other axes only where they have several values.
  const named = axes.filter(
    ({ key, labels }) => key === 'loss' || (!NOT_NAMED.includes(key) && labels.length > 1),
  );
  const names = named.length === 0 ? ['run'] : named.map((axis) => axis.title);
  const groups = new Map<string, CellResult[]>();
  for (const cell of cells) {
    const key = JSON.stringify(named.map((axis) => cell.labels[axis.title] ?? ''));
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  const repeated = [...groups].map(([key, own]) => ({ key, own, replicates: replicatesOf(own, results) }));
  const shown = repeated.flatMap(({ replicates }) => replicates)[0] ?? anyRun(cells);
  const data = dataOf(cells, shown);
  const rows = repeated.map(({ key, own, replicates }): Row => ({
    names: named.length === 0 ? ['run'] : (JSON.parse(key) as string[]),
    cells: scoresOf(
      replicates.map(({ summary }) => summary),
      data,
    ),
    runs: `${own.filter(({ scores }) => scores !== undefined).length}/${own.length}`,
    ...{ best: false, constant: false, results: own, replicates },
  }));
  const highest = Math.max(
    ...rows.map(({ cells: [dice] }) => dice!.mean).filter((mean) => !Number.isNaN(mean)),
  );
  const constants = shown === undefined || data === undefined ? [] : constantPredictions(shown.cases(), data.classes, data.background); // prettier-ignore
  return {
    ...{ title, names, data },
    columns: SCORES.map(({ title: column, digits }) => ({ title: column, digits })),
    rows: [
      ...rows.map((row) => ({ ...row, best: rows.length > 1 && row.cells[0]!.mean === highest })),
      ...constants.map((one): Row => ({
        names: [one.name, ...names.slice(1).map(() => '')],
        cells: scoresOf([one.summary], data),
        ...{ runs: '–', best: false, constant: true, results: [], replicates: [] },
      })),
    ],
  };
}

function scoresOf(summaries: readonly CasesSummary[], data: SectionData | undefined): ScoreSummary[] {
  return SCORES.map(({ of }) =>
    summarizeScores(summaries.map((summary) => of(summary, data?.rareClass ?? 0) ?? NaN)),
  );
}

/** The images of the first run, where no row has a complete repetition. */
const anyRun = (cells: readonly CellResult[]): Pick<Replicate, 'summary' | 'cases'> | undefined =>
  cells.find(({ scores }) => scores !== undefined)?.scores;

/** @param shown Scores on all images of the data set. */
function dataOf(
  cells: readonly CellResult[],
  shown: Pick<Replicate, 'summary'> | undefined,
): SectionData | undefined {
  const scores = cells.find((cell) => cell.scores !== undefined)?.scores;
  if (scores === undefined || shown === undefined) return undefined;
  const { classes, background } = scores;
  const { summary } = shown;
  const truth = summary.classes.map((one) => one.truth);
  return {
    classes,
    background,
    truth,
    rareClass: rarestClass({ background, summary }),
    images: summary.cases,
  };
}

/** The foreground class with the smallest true proportion above 0. */
export function rarestClass({ background, summary }: Pick<CellScores, 'background' | 'summary'>): number {
  const truth = summary.classes.map((one) => one.truth);
  const present = truth.map((_, k) => k).filter((k) => k !== background && truth[k]! > 0);
  return present.reduce((rarest, k) => (truth[k]! < truth[rarest]! ? k : rarest), present[0] ?? 0);
}

/** A score over seeds as text: `0.812 ± 0.010`, `0.812` of one seed, `n/a` of none. */
export function formatScore({ mean, standardDeviation, cases }: ScoreSummary, digits: number): string {
  if (cases === 0) return NONE;
  const value = fixed(mean, digits);
  return Number.isNaN(standardDeviation) ? value : `${value} ± ${fixed(standardDeviation, digits)}`;
}

/** The tables for a terminal; narrower than 80 columns they become lists. */
export function toTerminal({ sections, notes }: Leaderboard, colors: Colors, width?: number): string {
  const marked = sections.some(({ rows }) => rows.some(({ best }) => best));
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
          ...row.names.map((name, i) => (row.best && i === row.names.length - 1 ? `${name} *` : name)),
          ...row.cells.map((cell, i) => formatScore(cell, columns[i]!.digits)),
          row.runs,
        ]),
      },
      width,
      paint,
    );
    return title === '' ? table : `${colors.bold(title)}\n${table}`;
  });
  const lines = [...notes, ...(marked ? ['* highest Dice.'] : [])].map((note) => colors.dim(note));
  return `${tables.join('\n')}\n${lines.join('\n')}\n`;
}

/**
 * Returns the tables as Markdown, the highest Dice in bold.
 *
 * @example
 * ```ts
 * const cells = [{ mean: 0.5, standardDeviation: 0.1, median: 0.5, cases: 2, total: 2 }];
 * const rows = [{ names: ['ce'], cells, runs: '2/2', best: false, constant: false, results: [], replicates: [] }];
 * const sections = [{ title: '', names: ['loss'], columns: [{ title: 'Dice', digits: 2 }], rows, data: undefined }];
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
      const titles = row.names.map((name) => (row.constant ? markdown(name) : bold(code(name))));
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

/**
 * Returns the tables as one CSV with full precision, mean and standard deviation in columns of their own.
 *
 * @example
 * ```ts
 * const cells = [{ mean: 0.5, standardDeviation: NaN, median: 0.5, cases: 1, total: 1 }];
 * const rows = [{ names: ['ce + l1(temperature=10,x=1)'], cells, runs: '1/1', best: true, constant: false, results: [], replicates: [] }];
 * const sections = [{ title: '', names: ['loss'], columns: [{ title: 'Dice', digits: 2 }], rows, data: undefined }];
 * toCsv({ sections, notes: [] }).split('\n')[1]; // → "\"ce + l1(temperature=10,x=1)\",0.5,,1/1"
 * ```
 */
export function toCsv({ sections }: Leaderboard): string {
  const [first] = sections;
  if (first === undefined) return '';
  const several = sections.length > 1;
  const quote = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const number = (value: number) => (Number.isNaN(value) ? '' : String(value));
  const head = [
    ...(several ? ['data'] : []),
    ...first.names,
    ...first.columns.flatMap(({ title }) => [`${title} mean`, `${title} std`]),
    'runs',
  ];
  const rows = sections.flatMap(({ title, rows: some }) =>
    some.map((row) => [
      ...(several ? [title] : []),
      ...row.names,
      ...row.cells.flatMap(({ mean, standardDeviation }) => [number(mean), number(standardDeviation)]),
      row.constant ? '' : row.runs,
    ]),
  );
  return [head, ...rows].map((cells) => `${cells.map(quote).join(',')}\n`).join('');
}
