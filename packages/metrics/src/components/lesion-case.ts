import { checkChoice, checkKeys } from '@segloss/common';
import { type Connectivity } from '@segloss/geometry';

import { BRATS, lesionWiseScores, type BratsChallenge } from './lesion-wise.js';
import { lesionScores, greedy, pairsOf } from './lesion-scores.js';
import { matchComponents, type ComponentMatch, type ComponentOptions } from './match.js';

/**
 * Returns the lesions (connected components) of one class in one image or volume, as plain JSON. Sizes are in pixels, or with `spacing` in its unit
 * squared or cubed.
 */
export interface LesionCase {
  /** Size of each true lesion, in raster order. */
  readonly truth: readonly number[];
  /** Whether each true lesion is found. */
  readonly found: readonly boolean[];
  /**
   * Predicted size of each true lesion: of the predicted lesions that overlap it, found or not. One that overlaps several is divided among
   * them in proportion to the overlap.
   */
  readonly predicted: readonly number[];
  /** Number of predicted lesions that are right, and the sizes of the others. */
  readonly right: number;
  readonly invented: readonly number[];
  /** Pairs with an IoU above 0.5 and the sum of their IoU, of which panoptic quality is made. */
  readonly recognized: { readonly count: number; readonly iou: number };
  /** Only with `brats`: Dice and HD95 of {@link lesionWiseScores}; 1 and 0 where there is no lesion in either. */
  readonly lesionWise?: { readonly dice: number; readonly hd95: number };
}

/** How lesions are scored. */
export interface LesionOptions {
  /** A lesion is found by a predicted one if their IoU is above this, with optimal one-to-one matching. Default: by any shared pixel. */
  iou?: number;
  /** Which pixels touch: 4 or 8 (default) in 2-D; 6, 18 or 26 (default) in 3-D. */
  connectivity?: Connectivity;
  /** Also takes the lesion-wise Dice and HD95 of a BraTS challenge. */
  brats?: BratsChallenge;
}

/** Options of {@link lesionCase}. */
export interface LesionCaseOptions extends ComponentOptions, LesionOptions {
  /** Length of a pixel along each axis; default 1. */
  spacing?: readonly number[];
}

/**
 * Finds which lesions of one image or volume are found, missed and invented, and how large each is predicted. {@link summarizeLesions}
 * combines many cases.
 *
 * @param truth True labels. @param predicted Predicted labels, of the same shape.
 * @throws {RangeError} If shapes do not fit, a label is not a whole number, the IoU is not from 0 to below 1, or the challenge is unknown.
 *
 * @example
 * ```ts
 * const { truth, found, predicted, invented } = lesionCase([1, 1, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1], { shape: [1, 6] });
 * [truth, found, predicted, invented]; // → [[2, 1], [true, false], [1, 0], [1]]
 * ```
 */
export function lesionCase(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  { iou, spacing, brats, ...options }: LesionCaseOptions,
): LesionCase {
  checkKeys('lesionCase', options, ['shape', 'label', 'connectivity', 'ignoreIndex']);
  if (
    spacing !== undefined &&
    !(spacing.length === options.shape.length && spacing.every((step) => step > 0))
  ) {
    throw new RangeError(
      `lesionCase: wanted ${options.shape.length} positive numbers as spacing, got [${spacing}]`,
    );
  }
  if (brats !== undefined) checkChoice<string>('lesionCase', 'brats', brats, Object.keys(BRATS));
  const match = matchComponents(truth, predicted, options);
  const how = iou === undefined ? {} : { iou, matching: 'optimal' as const };
  const { right } = lesionScores(match, how);
  const pairs = pairsOf(match, how.iou, how.matching);
  const [found, hits] = [
    new Set(pairs.map((pair) => pair.truth)),
    new Set(pairs.map((pair) => pair.predicted)),
  ];
  const pixel = (spacing ?? []).reduce((product, step) => product * step, 1);
  const recognized = greedy(match, 0.5);
  const wise =
    brats && lesionWiseScores(truth, predicted, { ...options, ...(spacing && { spacing }), ...BRATS[brats] });
  return {
    truth: match.truth.map((size) => size * pixel),
    found: match.truth.map((_, i) => found.has(i + 1)),
    predicted: predictedSizes(match).map((size) => size * pixel),
    right,
    invented: match.predicted.filter((_, i) => !hits.has(i + 1)).map((size) => size * pixel),
    recognized: { count: recognized.length, iou: recognized.reduce((sum, pair) => sum + pair.iou, 0) },
    ...(wise && { lesionWise: { dice: wise.dice, hd95: wise.hd95 } }),
  };
}

/** Divides each predicted component among the true ones that it overlaps. */
function predictedSizes({ truth, predicted, pairs }: ComponentMatch): number[] {
  const overlaps = new Float64Array(predicted.length + 1);
  for (const pair of pairs) overlaps[pair.predicted]! += pair.intersection;
  const sizes = truth.map(() => 0);
  for (const pair of pairs) {
    sizes[pair.truth - 1]! +=
      (predicted[pair.predicted - 1]! * pair.intersection) / overlaps[pair.predicted]!;
  }
  return sizes;
}
