import { DEFAULT_IGNORE_INDEX } from './ignore-index.js';
import { ConfusionMatrix } from './confusion.js';
import { hd95 } from './hausdorff.js';
import { diceScores, iouScores, precisionScores, recallScores } from './overlap.js';
import { regionSizes, type RegionSize } from './region-size.js';
import { summarizeScores, type ScoreSummary } from './score-summary.js';
import { averageSurfaceDistance, surfaceDice } from './surface-agreement.js';

/** Options of {@link Evaluator}. */
export interface EvaluatorOptions {
  numClasses: number;
  /** True label of pixels that do not count; default 255. */
  ignoreIndex?: number;
  /** Distances between surfaces too, which take time; `tolerance`: of the surface Dice. Default: none. */
  surfaces?: { tolerance: number };
}

/** One image or volume. */
export interface EvaluationCase {
  truth: ArrayLike<number>;
  predicted: ArrayLike<number>;
  /** `[height, width]` or `[depth, height, width]`. */
  shape: readonly number[];
  /** Length of a pixel along each axis; default 1. */
  spacing?: readonly number[];
}

const OVERLAP = { dice: diceScores, iou: iouScores, precision: precisionScores, recall: recallScores };

type Overlap = keyof typeof OVERLAP;
type Surface = 'hd95' | 'assd' | 'surfaceDice';

/** The scores of one case, one number for each class. */
export type CaseScores = Readonly<Record<Overlap, readonly number[]>> &
  Readonly<Partial<Record<Surface, readonly number[]>>> & {
    /** True and predicted proportion of each class. */
    readonly regionSize: readonly RegionSize[];
  };

/**
 * Evaluates cases one by one, in bounded memory, and keeps apart what is easily mixed up: `perImage` are means over the
 * cases of each case's score, `overall` are scores of all pixels together. A class that is neither in the truth nor in the
 * prediction of a case has no score there, and every mean says how many cases had one.
 *
 * HD95 and ASSD have the conventions of {@link hd95} and {@link averageSurfaceDistance}; a class that is only in the truth or
 * only in the prediction is at distance Infinity, and the surface Dice is 0.
 *
 * @example
 * ```ts
 * const evaluator = new Evaluator({ numClasses: 2 });
 * evaluator.add({ truth: [0, 1, 1, 0], predicted: [0, 1, 0, 0], shape: [2, 2] });
 * evaluator.add({ truth: [0, 0, 0, 0], predicted: [0, 0, 0, 0], shape: [2, 2] });
 * evaluator.perImage().dice[1].cases; // → 1
 * evaluator.overall().dice; // → [0.9231, 0.6667]
 * ```
 */
export class Evaluator {
  /** Scores of every case, in the order they came. */
  readonly cases: CaseScores[] = [];
  /** Counts of all pixels. */
  readonly confusion: ConfusionMatrix;

  constructor(private readonly options: EvaluatorOptions) {
    this.confusion = new ConfusionMatrix(options.numClasses);
    const { surfaces } = options;
    if (surfaces && !(surfaces.tolerance >= 0)) {
      throw new RangeError(`Evaluator: wanted a tolerance of 0 or more, got ${String(surfaces.tolerance)}`);
    }
  }

  /**
   * Scores one case.
   *
   * @throws {RangeError} If sizes do not fit or a label is not one of 0 to K-1.
   */
  add({ truth, predicted, shape, spacing }: EvaluationCase): CaseScores {
    const { numClasses, ignoreIndex = DEFAULT_IGNORE_INDEX, surfaces } = this.options;
    const confusion = new ConfusionMatrix(numClasses).add(truth, predicted, { ignoreIndex });
    const options = { shape, ignoreIndex, ...(spacing && { spacing }) };
    const ofEachClass = (score: (label: number) => number) =>
      Array.from({ length: numClasses }, (_, k) => score(k));
    const scores: CaseScores = {
      ...(Object.fromEntries(Object.entries(OVERLAP).map(([name, of]) => [name, of(confusion)])) as Record<
        Overlap,
        number[]
      >),
      regionSize: regionSizes(confusion),
      ...(surfaces && {
        hd95: ofEachClass((label) => hd95(truth, predicted, { ...options, label })),
        assd: ofEachClass((label) => averageSurfaceDistance(truth, predicted, { ...options, label })),
        surfaceDice: ofEachClass((label) =>
          surfaceDice(truth, predicted, { ...options, label, tolerance: surfaces.tolerance }),
        ),
      }),
    };
    for (let i = 0; i < confusion.counts.length; i++) this.confusion.counts[i]! += confusion.counts[i]!;
    this.cases.push(scores);
    return scores;
  }

  /** For each score and class the mean over cases, with the number of cases that had it. */
  perImage(): Record<Overlap, ScoreSummary[]> & Partial<Record<Surface, ScoreSummary[]>> {
    const names = [
      ...Object.keys(OVERLAP),
      ...(this.options.surfaces ? ['hd95', 'assd', 'surfaceDice'] : []),
    ];
    return Object.fromEntries(
      names.map((name) => [
        name,
        Array.from({ length: this.options.numClasses }, (_, k) =>
          summarizeScores(this.cases.map((scores) => scores[name as Overlap][k]!)),
        ),
      ]),
    ) as Record<Overlap, ScoreSummary[]>;
  }

  /** For each class the score of all pixels together. */
  overall(): Record<Overlap, number[]> {
    return Object.fromEntries(
      Object.entries(OVERLAP).map(([name, of]) => [name, of(this.confusion)]),
    ) as Record<Overlap, number[]>;
  }
}
