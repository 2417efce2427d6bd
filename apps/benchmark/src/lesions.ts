import type { BratsChallenge, Interval, LesionOptions, LesionSummary } from '@segloss/metrics';
import { BRATS } from '@segloss/metrics';

import { plural } from './page/plural.js';
import { ratioText, scoreText, fixed, shortNumber } from './page/numbers.js';

/** How the flags of a command score lesions; undefined where they do not. */
export interface LesionFlags {
  /** True of a bare `--lesions`. */
  lesions?: true | number;
  brats?: BratsChallenge;
}

/** Returns the options that `--lesions` and `--brats` stand for; either of them scores lesions. */
export function lesionOptions({ lesions, brats }: LesionFlags): LesionOptions | undefined {
  if (lesions === undefined && brats === undefined) return undefined;
  return { ...(typeof lesions === 'number' && { iou: lesions }), ...(brats !== undefined && { brats }) };
}

/** Columns of {@link lesionCells}. */
export const lesionHead = (wise: boolean): string[] => [
  ...['lesions', 'found', 'missed', 'invented', 'lesion F1', 'recall', 'precision', 'PQ', 'lesion p/q'],
  ...(wise ? ['lesion-wise Dice', 'lesion-wise HD95'] : []),
];

/** What a summary of lesions says over all sizes. @param wise Whether the table has lesion-wise scores. */
export const lesionCells = (summary: LesionSummary, wise: boolean): string[] => [
  ...[summary.lesions, summary.found, summary.missed, summary.invented].map(String),
  withInterval(summary.f1, summary.f1Interval, scoreText),
  withInterval(summary.recall, summary.recallInterval, scoreText),
  ...[summary.precision, summary.panoptic.pq].map(scoreText),
  withInterval(summary.ratio, summary.ratioInterval, ratioText),
  ...(wise ? [scoreText(summary.lesionWise?.dice.mean), fixed(summary.lesionWise?.hd95.mean, 1)] : []),
];

/** Columns of {@link lesionSizeRows}. */
export const LESION_SIZE_HEAD = ['size', 'lesions', 'found', 'missed', 'recall', 'p/q', 'invented'] as const;

/** A row for each bin of sizes. */
export const lesionSizeRows = ({ bySize }: LesionSummary): string[][] =>
  bySize.map(
    ({ from, to, lesions, found, missed, recall, recallInterval, ratio, ratioInterval, invented }, i) => [
      `${i + 1}/${bySize.length}: ${from === to ? shortNumber(from) : `${shortNumber(from)} to ${shortNumber(to)}`}`,
      ...[lesions, found, missed].map(String),
      withInterval(recall, recallInterval, scoreText),
      ...[withInterval(ratio, ratioInterval, ratioText), String(invented)],
    ],
  );

/** A number with its interval, if it has one. */
const withInterval = (
  value: number | null,
  interval: Interval | undefined,
  text: (value: number | null) => string,
) =>
  value === null || !interval ? text(value) : `${text(value)} [${text(interval[0])}, ${text(interval[1])}]`;

/** What the columns mean. */
export function lesionNotes({ iou, brats }: LesionOptions): string[] {
  const found =
    iou === undefined
      ? 'found by any shared pixel (a mask of the whole image finds every lesion: look at PQ and p/q too, or set an IoU, --lesions 0.1)'
      : `found by a predicted one at an IoU above ${iou}, one to one, as many as possible`;
  return [
    `A lesion is a connected component (8 neighbors in images, 26 in volumes), ${found}; a predicted one that finds none is invented. F1, recall and precision are over all lesions of the set, PQ is panoptic quality (IoU above 0.5).`,
    'Lesion p/q: predicted / true size over the true lesions; of the predicted lesions that overlap one, divided in proportion to the overlap, and 0 where none does; invented lesions are not in it. Sizes are in pixels, of volumes in mm³. Bins hold equally many true lesions; an invented one is in the bin of its own size.',
    ...(brats === undefined
      ? []
      : [
          `Lesion-wise Dice and HD95 as in BraTS 2023 (${brats.toUpperCase()}: true lesions are grown by ${plural(BRATS[brats].dilation, 'pixel')} and joined where they touch, those of at most ${BRATS[brats].minSize} mm³ do not count; missed and invented lesions have Dice 0 and HD95 374), means over the cases.`,
        ]),
  ];
}
