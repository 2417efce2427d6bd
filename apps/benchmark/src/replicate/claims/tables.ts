import type { ScoreTable } from '../../benchmark/statistics/index.js';
import type { CasePrediction, PaperRow, PaperRows, SetFacts } from '../rows.js';

/** A score of one validation image, of its true sizes and a prediction; NaN where it is undefined. */
export type CaseScorer = (
  facts: SetFacts['cases'][number],
  prediction: CasePrediction,
  set: SetFacts,
) => number;

/** Returns the foreground classes of a data set, by index. */
export function foregroundOf({ classes, background }: Pick<SetFacts, 'classes' | 'background'>): number[] {
  return classes.map((_, k) => k).filter((k) => k !== background);
}

/** Dice of the mask: the mean over the foreground classes that are true or predicted in the image. */
export const diceOfMask: CaseScorer = ({ target }, { predicted, overlap }, set) => {
  const found = foregroundOf(set).filter((k) => target[k]! + predicted[k]! > 0);
  return found.reduce((sum, k) => sum + (2 * overlap[k]!) / (target[k]! + predicted[k]!), 0) / found.length;
};

/** Half the L1 distance between the predicted and the true label marginals: the share of the image that is called the wrong class by size. */
export const sizeErrorOfMask: CaseScorer = ({ target, pixels }, { predicted }) =>
  distance(target, predicted, pixels);

/** The same with summed probabilities. */
export const sizeErrorOfProbabilities: CaseScorer = ({ target, pixels }, { soft }) =>
  soft === undefined ? NaN : distance(target, soft, pixels);

function distance(target: readonly number[], predicted: readonly number[], pixels: number): number {
  return target.reduce((sum, q, k) => sum + Math.abs(predicted[k]! - q), 0) / (2 * pixels);
}

/** Returns the seeds of which every training has ended, for all data sets and losses and the other given labels. */
export function completeSeeds(rows: readonly PaperRow[], cells: number): number[] {
  const count = new Map<number, number>();
  for (const { labels } of rows)
    count.set(Number(labels['seed']), (count.get(Number(labels['seed'])) ?? 0) + 1);
  return [...count].flatMap(([seed, ended]) => (ended === cells ? [seed] : [])).sort((a, b) => a - b);
}

/** Returns the rows of complete seeds only. */
export function balanced(
  { rows, losses, sets, ...rest }: PaperRows,
  cells = losses.length * Object.keys(sets).length,
): PaperRows {
  // prettier-ignore
  const seeds = new Set(completeSeeds(rows, cells));
  return { ...rest, losses, sets, rows: rows.filter(({ labels }) => seeds.has(Number(labels['seed']))) };
}

/** Picks the trainings of one data set and loss, by seed. A training that diverged has no scores and is not among them. */
export function trainingsOf({ rows }: Pick<PaperRows, 'rows'>, set: string, loss: string): PaperRow[] {
  return rows
    .filter(({ labels, state }) => labels['data'] === set && labels['loss'] === loss && state === 'finished')
    .sort((a, b) => Number(a.labels['seed']) - Number(b.labels['seed']));
}

/**
 * Returns the scores of a loss on a data set by seed and case.
 *
 * @param cases The predictions of a training that are scored; default: the argmax of its last weights.
 */
export function scoreTable(
  rows: PaperRows,
  set: string,
  loss: string,
  score: CaseScorer,
  cases: (row: PaperRow) => readonly CasePrediction[] = (row) => row.cases,
): ScoreTable {
  const facts = rows.sets[set]!;
  const trainings = trainingsOf(rows, set, loss);
  return {
    seeds: trainings.map(({ labels }) => Number(labels['seed'])),
    cases: facts.cases.map(({ id }) => id),
    scores: trainings.map((row) =>
      Float64Array.from(cases(row), (one, i) => score(facts.cases[i]!, one, facts)),
    ),
  };
}

/** Predicted over true size of each class, over all images of a data set. */
export interface SizeRatios {
  readonly soft: readonly number[];
  readonly hard: readonly number[];
  /** Share of the pixels of other classes that are predicted as this one. */
  readonly spill: readonly number[];
}

/** Returns the size ratios of a training on the validation images. */
export function sizeRatios({ cases }: Pick<PaperRow, 'cases'>, facts: SetFacts): SizeRatios {
  const sum = (of: (i: number) => number) => facts.cases.reduce((total, _, i) => total + of(i), 0);
  const pixels = sum((i) => facts.cases[i]!.pixels);
  const each = facts.classes.map((_, k) => {
    const target = sum((i) => facts.cases[i]!.target[k]!);
    const predicted = sum((i) => cases[i]!.predicted[k]!);
    const overlap = sum((i) => cases[i]!.overlap[k]!);
    const soft = sum((i) => cases[i]!.soft?.[k] ?? NaN);
    return {
      soft: soft / target,
      hard: predicted / target,
      spill: (predicted - overlap) / (pixels - target),
    };
  });
  return {
    soft: each.map((one) => one.soft),
    hard: each.map((one) => one.hard),
    spill: each.map((one) => one.spill),
  };
}

/** Returns the geometric mean; 0 if a value is 0. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}
