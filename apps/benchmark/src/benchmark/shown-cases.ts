import { existsSync } from 'node:fs';
import path from 'node:path';

import { analyzeRegionSizes, type CaseScore } from '@segloss/metrics';
import { readExamples, readScores, type ExampleImage } from '@segloss/trainer';

import type { Weights } from './results.js';
import { binNames } from './size-bins.js';

/** A validation image whose picture the run keeps, with the scores that the whole image has. */
export interface ShownCase extends Pick<
  ExampleImage,
  'id' | 'proportion' | 'height' | 'width' | 'image' | 'truth'
> {
  /** Packed label bytes of the weights that the report is about. */
  readonly predicted: string;
  readonly dice: number;
  /** Predicted over true pixels. */
  readonly ratio: number;
}

/** Images of similar region size. */
export interface ShownBin {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Those whose pictures are kept, from the lowest Dice to the highest. */
  readonly cases: readonly ShownCase[];
  /** How many validation images of the run are of this size. */
  readonly of: number;
}

/** What a run can show, by the size of the true region of one class. */
export interface ShownCases {
  /** Class that is compared. */
  readonly label: number;
  readonly bins: readonly ShownBin[];
}

/**
 * Reads what a finished run shows of its validation images; undefined where it keeps none.
 *
 * @param folder Of the run. @param weights Whose predictions.
 * @throws {RunError} If a file is of another version.
 */
export function shownCases(folder: string, weights: Weights): ShownCases | undefined {
  const file = path.join(folder, 'examples.json');
  if (!existsSync(file)) return undefined;
  const { label, images } = readExamples(file);
  const { last, best } = readScores(path.join(folder, 'scores.json'));
  const useBest = weights === 'best' && best !== undefined;
  const scored = (useBest ? best : last).cases;
  const byId = new Map(scored.map((one) => [one.id, one]));
  const cases = images.flatMap(({ id, proportion, height, width, image, truth, predicted }): ShownCase[] => {
    const score = byId.get(id)?.classes[label];
    if (score === undefined) return [];
    return [
      {
        ...{ id, proportion, height, width, image, truth },
        predicted: (useBest ? predicted.best : undefined) ?? predicted.last,
        ...{ dice: score.dice ?? NaN, ratio: score.predicted / score.target },
      },
    ];
  });
  return { label, bins: binsOf(scored, label, cases) };
}

/** Quarters of all validation images that have the class, with the same ends as the table of the bias by size. */
function binsOf(scored: readonly CaseScore[], label: number, cases: readonly ShownCase[]): ShownBin[] {
  const share = (count: number, pixels: number) => count / (pixels || 1);
  const sizes = scored.flatMap(({ id, classes }) => {
    const { target, predicted, pixels } = classes[label]!;
    return target > 0 ? [{ id, truth: [share(target, pixels)], predicted: [share(predicted, pixels)] }] : [];
  });
  if (sizes.length === 0) return [];
  const { classes } = analyzeRegionSizes(sizes, { classes: ['class'], exclusive: false, drivers: 0 });
  const quarters = classes[0]!.quantiles;
  const names = binNames(quarters.length);
  return quarters.map(({ from, to, cases: of }, i) => {
    const isLast = i === quarters.length - 1;
    const own = cases.filter(({ proportion: q }) => q >= from && (isLast ? q <= to : q < to));
    own.sort((a, b) => a.dice - b.dice || a.proportion - b.proportion || (a.id < b.id ? -1 : 1));
    return { name: names[i]!, from, to, of, cases: own };
  });
}

/** How a case compares with the others of its size. */
export type Standing = 'worst' | 'median' | 'best';

/** The worst, the median and the best case; fewer where there are fewer than three. */
export function standings({ cases }: Pick<ShownBin, 'cases'>): Partial<Record<Standing, ShownCase>> {
  const last = cases.length - 1;
  if (last < 0) return {};
  if (last === 0) return { median: cases[0]! };
  const ends = { worst: cases[0]!, best: cases[last]! };
  return last === 1 ? ends : { ...ends, median: cases[Math.floor(last / 2)]! };
}
