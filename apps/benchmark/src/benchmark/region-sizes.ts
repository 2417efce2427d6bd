import { type CasesSummary } from '@segloss/metrics';

import { fisherExact, holm, type Counts } from './statistics/index.js';
import type { Leaderboard } from './table.js';

/** How one training ended, for the rarest foreground class of its data set, over all validation images. */
export interface TrainedSize {
  readonly set: string;
  /** The row of the table: the loss, and whatever else varies. */
  readonly name: string;
  /** Summed probability over true size; 1 is right. */
  readonly soft: number;
  /** Predicted pixels over true pixels; 1 is right. */
  readonly hard: number;
  /** Share of the true background that was called foreground. */
  readonly spill: number;
}

/** `none`: (almost) no region is left. `all`: more than half of the true background is called foreground. */
export type Extreme = 'none' | 'all';

const NO_REGION = 0.1;
const MOST_OF_THE_IMAGE = 0.5;
/** A training whose size is wrong by more than this factor counts as off. */
const FACTOR = 2;

/** Returns how every finished training of the tables ended, in their order. */
export function trainedSizes({ sections }: Pick<Leaderboard, 'sections'>): TrainedSize[] {
  return sections.flatMap(({ title, rows, data }) =>
    rows.flatMap(({ names, results }) =>
      results.flatMap(({ scores }) =>
        scores === undefined || data === undefined
          ? []
          : [
              {
                set: title,
                name: names.filter(Boolean).join(', '),
                ...sizesOf(scores.summary, data.rareClass),
              },
            ],
      ),
    ),
  );
}

/**
 * Returns the region sizes of one class over all images.
 *
 * @param summary Scores with probabilities; without them `soft` is NaN. @param k Index of the class.
 */
export function sizesOf({ classes }: CasesSummary, k: number): Pick<TrainedSize, 'soft' | 'hard' | 'spill'> {
  const { truth, hard, soft, dice } = classes[k]!;
  const overlap = ((dice ?? 0) * (truth + hard.predicted)) / 2;
  return {
    soft: soft?.ratio ?? NaN,
    hard: hard.ratio ?? NaN,
    spill: (hard.predicted - overlap) / (1 - truth),
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

/** Returns whether the size is less than half or more than twice the true one. */
export function isOff(ratio: number): boolean {
  return ratio * FACTOR < 1 || ratio > FACTOR;
}

/** How often the trainings of a row ended with something, compared with a reference. */
export interface Share {
  readonly name: string;
  readonly counts: Counts;
  /** Fisher's exact test against the reference, after Holm's correction over the other rows; undefined for the reference itself. */
  readonly adjustedP: number | undefined;
}

/** Returns the share of trainings of each row for which `holds`, over all data sets. */
export function shares(
  trainings: readonly TrainedSize[],
  reference: string,
  holds: (training: TrainedSize) => boolean,
): Share[] {
  const counted = [...new Set(trainings.map(({ name }) => name))].map((name) => {
    const own = trainings.filter((one) => one.name === name);
    return { name, counts: { count: own.filter(holds).length, of: own.length } };
  });
  const base = counted.find(({ name }) => name === reference);
  const others = counted.filter((one) => one !== base);
  const adjusted =
    base === undefined ? [] : holm(others.map(({ counts }) => fisherExact(counts, base.counts)));
  return counted.map((one) => ({ ...one, adjustedP: adjusted[others.indexOf(one)] }));
}
