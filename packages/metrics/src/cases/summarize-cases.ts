import { checkKeys } from '@segloss/common';
import { meanScore } from '../overlap.js';
import { caseMean, type CaseMean } from '../score-summary.js';
import { summarizeLesions, type LesionSummary } from '../components/summarize-lesions.js';
import { fraction } from '../fraction.js';
import { type CaseScore, type ClassScore } from './types.js';

/** Options of {@link summarizeCases}. */
export interface SummarizeCasesOptions {
  /** Names of the classes, in the order of the scores. */
  classes: readonly string[];
  /** Index of the background class, or null where every class is a foreground class. Default 0; null in multilabel mode. */
  background?: number | null;
  /** That of {@link scoreCase}; default `multiclass`. */
  mode?: 'multiclass' | 'multilabel';
}

/** Predicted proportion of a class over a whole set, compared with the true one. */
export interface MarginalScore {
  /** Predicted proportion p. */
  readonly predicted: number;
  /** p / q; null where the class is not in the truth. */
  readonly ratio: number | null;
  /** |p - q|. */
  readonly absolute: number;
  /** KL((q, 1-q) ‖ (p, 1-p)); null where infinite. */
  readonly kl: number | null;
}

/** Scores of one class over all cases. Null where a score is undefined: overlap and distances, where no truth holds the class. */
export interface ClassSummary {
  readonly name: string;
  /** Over the pixels of all cases together. */
  readonly dice: number | null;
  readonly iou: number | null;
  /** Over the cases in which the class is true or predicted, if it is true in any. */
  readonly perImage: { readonly dice: CaseMean; readonly iou: CaseMean };
  /** Over the cases in which the class is both true and predicted; `mean` is the number to report. */
  readonly hd95: CaseMean;
  /** With `distances: 'all'`; like `hd95` and like `perImage.dice`. */
  readonly assd?: CaseMean;
  readonly surfaceDice?: CaseMean;
  /** Where every case was scored with `lesions`. */
  readonly lesions?: LesionSummary;
  /** Cases in which the class is true, missed (true only) and invented (predicted only). */
  readonly present: number;
  readonly missed: number;
  readonly invented: number;
  /** True proportion q over the pixels of all cases that count. */
  readonly truth: number;
  /** Label marginal from predicted labels, and from probabilities (null without them). */
  readonly hard: MarginalScore;
  readonly soft: MarginalScore | null;
}

/**
 * Means over the foreground classes, which exclude the background, that some truth holds. Null where no class has the score.
 */
export interface ForegroundMean {
  /** Indices of the foreground classes. */
  readonly classes: readonly number[];
  readonly dice: number | null;
  readonly iou: number | null;
  readonly perImage: { readonly dice: number | null; readonly iou: number | null };
  /** Mean of the classes' mean HD95. */
  readonly hd95: number | null;
  /** Mean of the classes' lesion F1 over the set; absent where lesions were not scored. */
  readonly lesionF1?: number | null;
  /** Sums over the classes. */
  readonly missed: number;
  readonly invented: number;
}

/** Distance between the label marginals of a set: sums over all classes. */
export interface MarginalError {
  /** Σ|p - q|. */
  readonly l1: number;
  /** Σ q log(q / p), in multilabel mode the sum of the classes' KL; null where infinite. */
  readonly kl: number | null;
}

/** Scores over a whole set. */
export interface CasesSummary {
  readonly cases: number;
  /** Pixels that do not count. */
  readonly ignored: number;
  readonly classes: readonly ClassSummary[];
  readonly foreground: ForegroundMean;
  readonly marginals: { readonly hard: MarginalError; readonly soft: MarginalError | null };
  /** What a reader of the numbers must know, as sentences. */
  readonly warnings: readonly string[];
}

/**
 * Combines the scores of many cases: over all pixels of the set, as means over images, and as foreground means.
 *
 * A case in which a class is neither true nor predicted has no Dice of it and is left out of that class's mean; a missed or
 * invented class has Dice 0 there. HD95 is averaged over the cases in which the class is both true and predicted; missed and
 * invented cases are counted and never enter the average.
 *
 * A class that no case has in its truth has no Dice, IoU or surface scores over the set, whether it is predicted or not: `invented`
 * counts the cases that predict it, `hard.predicted` says how much of it, and a warning names it. The foreground mean is the mean over
 * all classes but `background` that some truth holds, so that every prediction of a set is averaged over the same classes.
 *
 * @param cases Results of {@link scoreCase}, also read back from JSON.
 * @returns Plain JSON; null where a score is undefined.
 * @throws {RangeError} If a case has another number of classes, or two cases have one id.
 *
 * @example
 * ```ts
 * const classes = ['background', 'lesion'];
 * const common = { shape: [1, 4], classes };
 * const cases = [
 *   scoreCase({ id: 'a', truth: [0, 1, 1, 0], predicted: [0, 1, 0, 0], ...common }),
 *   scoreCase({ id: 'b', truth: [0, 1, 1, 0], predicted: [0, 0, 0, 0], ...common }),
 * ];
 * const { foreground, classes: each } = summarizeCases(cases, { classes });
 * [foreground.dice, foreground.perImage.dice, foreground.hd95, foreground.missed]; // → [0.4, 0.3333, 0.95, 1]
 * each[1].hard.ratio; // → 0.25
 * ```
 */
export function summarizeCases(cases: readonly CaseScore[], options: SummarizeCasesOptions): CasesSummary {
  checkKeys('summarizeCases', options, ['classes', 'background', 'mode']);
  const { classes: names, mode = 'multiclass' } = options;
  const { background = mode === 'multilabel' ? null : 0 } = options;
  checkCases(cases, names, background);
  const classes = names.map((name, k) =>
    summarizeClass(
      name,
      cases.map((each) => each.classes[k]!),
    ),
  );
  const foreground = foregroundMean(classes, background);
  const ignored = cases.reduce((sum, each) => sum + each.ignored, 0);
  const exclusive = mode === 'multiclass';
  return {
    cases: cases.length,
    ignored,
    classes,
    foreground,
    marginals: {
      hard: marginalError(
        classes.map(({ truth, hard }) => ({ truth, ...hard })),
        exclusive,
      ),
      soft: classes.every(({ soft }) => soft !== null)
        ? marginalError(
            classes.map(({ truth, soft }) => ({ truth, ...soft! })),
            exclusive,
          )
        : null,
    },
    warnings: warningsOf(classes, foreground, ignored),
  };
}

function summarizeClass(name: string, scores: readonly ClassScore[]): ClassSummary {
  const sum = (of: (score: ClassScore) => number) => scores.reduce((total, score) => total + of(score), 0);
  const count = (of: (score: ClassScore) => boolean) => scores.filter(of).length;
  const [pixels, target, predicted] = [sum((s) => s.pixels), sum((s) => s.target), sum((s) => s.predicted)];
  const overlap = sum((s) => s.overlap);
  const soft = scores.every((s) => s.softPredicted !== null) ? sum((s) => s.softPredicted!) : null;
  const truth = target / pixels;
  const measured = scores.some((s) => s.surfaceDice !== undefined);
  // Without a true pixel there is nothing to overlap with: one invented pixel must not make an undefined score 0.
  const scored = target > 0 ? scores : [];
  return {
    name,
    dice: target > 0 ? fraction(2 * overlap, target + predicted) : null,
    iou: target > 0 ? fraction(overlap, target + predicted - overlap) : null,
    perImage: { dice: meanOf(scored, (s) => s.dice), iou: meanOf(scored, (s) => s.iou) },
    hd95: meanOf(scored, (s) => s.hd95),
    ...(measured && {
      assd: meanOf(scored, (s) => s.assd ?? null),
      surfaceDice: meanOf(scored, (s) => s.surfaceDice ?? null),
    }),
    ...lesionsOf(scores),
    present: count((s) => s.target > 0),
    missed: count((s) => s.missed),
    invented: count((s) => s.invented),
    truth,
    hard: marginal(predicted / pixels, truth),
    soft: soft === null ? null : marginal(soft / pixels, truth),
  };
}

function lesionsOf(scores: readonly ClassScore[]): Pick<ClassSummary, 'lesions'> {
  const lesions = scores.flatMap((score) => score.lesions ?? []);
  return lesions.length > 0 && lesions.length === scores.length ? { lesions: summarizeLesions(lesions) } : {};
}

function meanOf(scores: readonly ClassScore[], of: (score: ClassScore) => number | null): CaseMean {
  return caseMean(scores.map(of));
}

function marginal(p: number, q: number): MarginalScore {
  return {
    predicted: p,
    ratio: fraction(p, q),
    absolute: Math.abs(p - q),
    kl: finite(divergence(q, p) + divergence(1 - q, 1 - p)),
  };
}

/** q log(q / p), a term of KL. */
function divergence(q: number, p: number): number {
  return q > 0 ? q * Math.log(q / Math.max(0, p)) : 0;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function marginalError(
  marginals: readonly (MarginalScore & { readonly truth: number })[],
  exclusive: boolean,
): MarginalError {
  const sum = (of: (marginal: (typeof marginals)[number]) => number) =>
    marginals.reduce((total, each) => total + of(each), 0);
  return {
    l1: sum(({ absolute }) => absolute),
    kl: finite(
      sum(({ truth, predicted, kl }) => (exclusive ? divergence(truth, predicted) : (kl ?? Infinity))),
    ),
  };
}

function foregroundMean(classes: readonly ClassSummary[], background: number | null): ForegroundMean {
  const indices = classes.map((_, k) => k).filter((k) => k !== background);
  const mean = (of: (summary: ClassSummary) => number | null) =>
    finite(meanScore(indices.map((k) => of(classes[k]!) ?? NaN)));
  const sum = (of: (summary: ClassSummary) => number) =>
    indices.reduce((total, k) => total + of(classes[k]!), 0);
  return {
    classes: indices,
    dice: mean(({ dice }) => dice),
    iou: mean(({ iou }) => iou),
    perImage: {
      dice: mean(({ perImage }) => perImage.dice.mean),
      iou: mean(({ perImage }) => perImage.iou.mean),
    },
    hd95: mean(({ hd95 }) => hd95.mean),
    ...(indices.some((k) => classes[k]!.lesions) && {
      lesionF1: mean(({ present, lesions }) => (present > 0 ? (lesions?.f1 ?? null) : null)),
    }),
    missed: sum(({ missed }) => missed),
    invented: sum(({ invented }) => invented),
  };
}

function warningsOf(
  classes: readonly ClassSummary[],
  { classes: foreground }: ForegroundMean,
  ignored: number,
): string[] {
  const invented = foreground
    .map((k) => classes[k]!)
    .filter((each) => each.present === 0 && each.invented > 0)
    .map(
      (each) =>
        `"${each.name}" is in no true mask, but predicted for ${each.invented} of them: it has no Dice and is left out of the foreground mean`,
    );
  if (foreground.some((k) => classes[k]!.present > 0)) return invented;
  const why =
    ignored > 0
      ? `; ${ignored} pixels are ignored: if they are the foreground, map their label to a class`
      : '';
  return [`no true label is of a foreground class${why}`, ...invented];
}

function checkCases(cases: readonly CaseScore[], names: readonly string[], background: number | null): void {
  const K = names.length;
  if (background !== null && !(Number.isInteger(background) && background >= 0 && background < K)) {
    throw new RangeError(`summarizeCases: wanted background from 0 to ${K - 1} or null, got ${background}`);
  }
  const ids = new Set<string>();
  for (const { id, classes } of cases) {
    if (classes.length !== K) {
      throw new RangeError(`summarizeCases: wanted scores of ${K} classes, got ${classes.length} of ${id}`);
    }
    if (ids.has(id))
      throw new RangeError(`summarizeCases: wanted a different id for each case, got ${id} twice`);
    ids.add(id);
  }
}
