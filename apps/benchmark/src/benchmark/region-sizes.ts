import { type ClassScore } from '@segloss/metrics';

import { fisherExact, holm, type Counts } from './statistics/index.js';

/** How one training ended, for one class over all validation images. */
export interface TrainedSize {
  readonly set: string;
  readonly loss: string;
  readonly seed: string;
  /** Summed probability over true size. */
  readonly soft: number;
  /** Predicted pixels over true pixels. */
  readonly hard: number;
  /** Share of the true background that was called foreground. */
  readonly spill: number;
}

/** `none`: (almost) no region is left. `all`: more than half of the true background is called foreground. */
export type Extreme = 'none' | 'all';

const NO_REGION = 0.1;
const MOST_OF_THE_IMAGE = 0.5;

/**
 * Returns the region sizes of one class over all images.
 *
 * @param cases The scores of the class in each image, with probabilities.
 */
export function sizesOf(cases: readonly ClassScore[]): Pick<TrainedSize, 'soft' | 'hard' | 'spill'> {
  const sum = (of: (score: ClassScore) => number) => cases.reduce((total, score) => total + of(score), 0);
  const [pixels, target, predicted] = [sum((s) => s.pixels), sum((s) => s.target), sum((s) => s.predicted)];
  return {
    soft: sum((s) => s.softPredicted ?? NaN) / target,
    hard: predicted / target,
    spill: (predicted - sum((s) => s.overlap)) / (pixels - target),
  };
}

/**
 * Returns the extreme at which a training ended, undefined for an ordinary one: a summed probability below a tenth of the true size,
 * or more than half of the true background called foreground.
 */
export function extremeOf({ soft, spill }: Pick<TrainedSize, 'soft' | 'spill'>): Extreme | undefined {
  if (soft < NO_REGION) return 'none';
  return spill > MOST_OF_THE_IMAGE ? 'all' : undefined;
}

/** How often the trainings of a loss ended at an extreme, compared with a reference. */
export interface ExtremeShare {
  readonly loss: string;
  readonly extremes: Counts;
  readonly none: number;
  readonly all: number;
  /** Fisher's exact test against the reference, after Holm's correction over the other losses; undefined for the reference itself. */
  readonly adjustedP: number | undefined;
}

/** Returns the share of trainings of each loss that ended at an extreme, over all data sets. */
export function extremeShares(trainings: readonly TrainedSize[], reference: string): ExtremeShare[] {
  const losses = [...new Set(trainings.map(({ loss }) => loss))];
  const shares = losses.map((loss) => {
    const ends = trainings.filter((one) => one.loss === loss).map(extremeOf);
    const count = (which: Extreme) => ends.filter((end) => end === which).length;
    const [none, all] = [count('none'), count('all')];
    return { loss, none, all, extremes: { count: none + all, of: ends.length } };
  });
  const base = shares.find(({ loss }) => loss === reference);
  const others = shares.filter((share) => share !== base);
  const adjusted =
    base === undefined ? [] : holm(others.map(({ extremes }) => fisherExact(extremes, base.extremes)));
  return shares.map((share) => ({ ...share, adjustedP: adjusted[others.indexOf(share)] }));
}
