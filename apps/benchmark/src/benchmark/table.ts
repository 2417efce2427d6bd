import { summarizeScores, type CasesSummary, type ScoreSummary } from '@segloss/metrics';

import { pushTo } from '../page/push-to.js';
import { plural } from '../page/plural.js';
import { caseTable, imageDice } from './case-table.js';
import {
  isTied,
  ranking,
  RESAMPLES,
  rowStatistics,
  type Ranking,
  type RowStatistics,
} from './comparisons.js';
import { constantPredictions } from './constant-predictions.js';
import { meanOfDefined, type HierarchicalMean } from './statistics/index.js';
import { replicatesOf, type Replicate } from './replicates.js';
import type { CellResult, CellScores, Results } from './results.js';

/** The tables of a benchmark before they have a form: terminal, Markdown, CSV and HTML all print this. */
export interface Leaderboard {
  /** One table for each data set. */
  readonly sections: readonly Section[];
  /** Over several data sets; undefined with one. */
  readonly ranking?: Ranking | undefined;
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
  /** Of the rows that are no constants, in their order; undefined where no run has finished. */
  readonly statistics: RowStatistics | undefined;
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

/** A score over the repetitions, with its interval where it has one. */
export type TableScore = ScoreSummary & { readonly interval?: readonly [low: number, high: number] | null };

export interface Row {
  /** One for each of the section's `names`. */
  readonly names: readonly string[];
  /** Over the seeds, one for each column. */
  readonly cells: readonly TableScore[];
  /** `2/2` */
  readonly runs: string;
  /** Its repetitions: what means and intervals are over. */
  readonly replicates: readonly Replicate[];
  /** Highest mean Dice of the images. */
  readonly best: boolean;
  /** Cannot be told from the best row. */
  readonly tied: boolean;
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

/** The column by which rows are ordered and compared: a score of every image can be tested, one of the set cannot. */
export const RANKED: Column = { title: 'Dice/image', digits: 3 };

/** What the columns mean, by their names. */
export const SCORE_MEANINGS: readonly (readonly [names: string, meaning: string])[] = [
  [
    RANKED.title,
    'mean over the images of the mean Dice of the foreground classes that are in truth or prediction, with a 95 % interval for new trainings and new images',
  ],
  ...GROUPS.map(({ name, meaning }) => [name, meaning] as const),
];

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
  const before = boards.get(results);
  if (before !== undefined) return before;
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
  const ranked = ranking(sections.flatMap(({ rows, statistics }) => (statistics === undefined ? [] : [{ names: rows.filter(({ constant }) => !constant).map(rowName), statistics }]))); // prettier-ignore
  const board: Leaderboard = {
    sections,
    ranking: ranked,
    notes: [
      `Mean ± standard deviation over ${over}, ${weights}.${about.map((one) => ` ${one}.`).join('')}`,
      ...SCORE_MEANINGS.map(([name, meaning]) => `${name}: ${meaning}.`),
      ...fewerResamples(sections, ranked),
    ],
  };
  boards.set(results, board);
  return board;
}

/** Intervals take time, and several pages show them. */
const boards = new WeakMap<Results, Leaderboard>();

/** Returns a note for each data set that is too large for the usual number of bootstrap resamples. */
export function fewerResamples(
  sections: readonly Pick<Section, 'title' | 'statistics'>[],
  ranked: Pick<Ranking, 'resamples'> | undefined,
): string[] {
  const say = (of: string, resamples: number = RESAMPLES) =>
    resamples < RESAMPLES
      ? [
          `${of}: from ${resamples} bootstrap resamples instead of ${RESAMPLES}, to save time on many scores; the bounds are less exact.`,
        ]
      : [];
  return [
    ...sections.flatMap(({ title, statistics }) =>
      say(title === '' ? 'Intervals' : `Intervals on ${title}`, statistics?.resamples),
    ),
    ...say('Intervals of ranks', ranked?.resamples),
  ];
}

/** The name of a row, and of its line in charts. */
export const rowName = ({ names }: Pick<Row, 'names'>): string => names.filter(Boolean).join(', ');

/** The loss of a row, as its runs resolved it. */
export function specOf({ results }: Row): string | undefined {
  for (const one of results) {
    const loss = one.metrics()?.loss;
    if (loss !== undefined) return loss;
  }
  return undefined;
}

/** The cells of each data set, in the order of the grid. */
function sectionsOf({ axes, cells }: Results): { title: string; cells: CellResult[] }[] {
  const data = axes.find(({ key }) => key === 'data.folder')?.title;
  const groups = new Map<string, CellResult[]>();
  for (const cell of cells) {
    const title = (data !== undefined && cell.labels[data]) || '';
    pushTo(groups, title, cell);
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
    pushTo(groups, key, cell);
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
    ...{ best: false, tied: false, constant: false, results: own, replicates },
  }));
  const scored = foregroundOf(data);
  const statistics =
    data === undefined
      ? undefined
      : rowStatistics(
          rows.map(({ replicates }) => replicates),
          scored,
        );
  const constants = shown === undefined || data === undefined ? [] : constantPredictions(shown.cases(), data.classes, data.background); // prettier-ignore
  return {
    ...{ title, names, data, statistics },
    columns: [RANKED, ...SCORES.map(({ title: column, digits }) => ({ title: column, digits }))],
    rows: [
      ...rows.map((row, i) => ({
        ...row,
        cells: [rankedScore(statistics?.means[i]), ...row.cells],
        best: statistics?.best === i,
        tied: statistics !== undefined && isTied(statistics, i),
      })),
      ...constants.map((one): Row => ({
        names: [one.name, ...names.slice(1).map(() => '')],
        cells: [meanScore(imageDice(caseTable(one.cases), scored)), ...scoresOf([one.summary], data)],
        ...{ runs: '–', best: false, tied: false, constant: true, results: [], replicates: [] },
      })),
    ],
  };
}

/** Foreground classes that some true mask of the data set holds. */
export function foregroundOf(data: SectionData | undefined): number[] {
  return (data?.classes ?? []).map((_, k) => k).filter((k) => k !== data!.background && data!.truth[k]! > 0);
}

function rankedScore(mean: HierarchicalMean | undefined): TableScore {
  if (mean === undefined) return { mean: NaN, standardDeviation: NaN, median: NaN, cases: 0, total: 0 };
  const { seedDeviation, seeds, interval } = mean;
  // A Dice lies between 0 and 1, and so does its true mean.
  const within = interval && ([Math.max(0, interval[0]), Math.min(1, interval[1])] as const);
  return { mean: mean.mean, standardDeviation: seedDeviation, median: NaN, cases: seeds, total: seeds, interval: within }; // prettier-ignore
}

const meanScore = (dice: Float64Array): TableScore => ({ mean: meanOfDefined(dice), standardDeviation: NaN, median: NaN, cases: 1, total: 1 }); // prettier-ignore

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
