import { lesionCase } from '../components/lesion-case.js';
import { fraction } from '../fraction.js';
import { hd95 } from '../hausdorff.js';
import { averageSurfaceDistance, surfaceDice } from '../surface-agreement.js';
import { resolveCase, type ResolvedCase } from './check.js';
import { countCase, isIgnored } from './count.js';
import { type CaseScore, type ClassScore, type ScoreCaseOptions } from './types.js';

/**
 * Scores one image or volume: pixel counts, Dice, IoU, HD95 and label marginals of each class, as plain JSON.
 *
 * Every value that counts is checked, so that a mask with fractional labels, logits passed as probabilities or a NaN is an error
 * and never a score. HD95 is the larger of the two directed distances ({@link hd95}) and is measured only where the class is both
 * true and predicted; elsewhere it is null, and `missed` or `invented` says why. {@link summarizeCases} combines many cases.
 *
 * @param options See {@link ScoreCaseOptions}.
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If sizes do not match, a label is not a class, or probabilities are not within 0 to 1 or do not sum to 1.
 *
 * @example
 * ```ts
 * const { classes } = scoreCase({
 *   id: 'a',
 *   truth: [0, 1, 1, 0],
 *   predicted: [0, 1, 0, 0],
 *   probabilities: [0.1, 0.8, 0.4, 0.2], // of the second class
 *   shape: [1, 4],
 *   classes: ['background', 'lesion'],
 * });
 * const { dice, hd95, softPredicted, missed } = classes[1];
 * [dice, hd95, softPredicted, missed]; // → [0.6667, 0.95, 1.5, false]
 * ```
 */
export function scoreCase(options: ScoreCaseOptions): CaseScore {
  const resolved = resolveCase(options);
  const counts = countCase(resolved);
  const { id, probabilities, classes, size } = resolved;
  const counted = counts.pixels.reduce((sum, pixels) => sum + pixels, 0) / classes.length;
  return {
    id,
    ignored: size - counted,
    classes: classes.map((_, k) => {
      const [target, predicted, overlap] = [counts.target[k]!, counts.predicted[k]!, counts.overlap[k]!];
      return {
        pixels: counts.pixels[k]!,
        target,
        predicted,
        overlap,
        softPredicted: probabilities ? counts.softPredicted[k]! : null,
        softOverlap: probabilities ? counts.softOverlap[k]! : null,
        dice: fraction(2 * overlap, target + predicted),
        iou: fraction(overlap, target + predicted - overlap),
        missed: target > 0 && predicted === 0,
        invented: target === 0 && predicted > 0,
        ...distancesOf(resolved, k, target > 0, predicted > 0),
        ...lesionsOf(resolved, k, target > 0 || predicted > 0),
      };
    }),
  };
}

/** Distances between the surfaces of one class, null where there is no pair of surfaces. */
function distancesOf(
  options: ResolvedCase,
  k: number,
  inTruth: boolean,
  inPrediction: boolean,
): Pick<ClassScore, 'hd95' | 'assd' | 'surfaceDice'> {
  const { distances, background, tolerance, shape, spacing } = options;
  const measured = distances !== 'none' && k !== background;
  if (!measured || !inTruth || !inPrediction) {
    const missing = measured && inTruth !== inPrediction ? 0 : null;
    return { hd95: null, ...(distances === 'all' && { assd: null, surfaceDice: missing }) };
  }
  const { truth, predicted, label } = mapsOf(options, k);
  const region = { shape, spacing, label, ignoreIndex: IGNORED };
  return {
    hd95: hd95(truth, predicted, region),
    ...(distances === 'all' && {
      assd: averageSurfaceDistance(truth, predicted, region),
      surfaceDice: surfaceDice(truth, predicted, { ...region, tolerance }),
    }),
  };
}

/** The lesions of one class. */
function lesionsOf(options: ResolvedCase, k: number, inEither: boolean): Pick<ClassScore, 'lesions'> {
  const { lesions, background, shape, spacing } = options;
  if (lesions === undefined || k === background) return {};
  const { truth, predicted, label } = inEither ? mapsOf(options, k) : NOTHING;
  const region = { shape: inEither ? shape : shape.map(() => 0), spacing, label, ignoreIndex: IGNORED };
  return { lesions: lesionCase(truth, predicted, { ...region, ...lesions }) };
}

const IGNORED = 2;
const NOTHING = { truth: new Uint8Array(0), predicted: new Uint8Array(0), label: 1 };

/** The region of one class as maps of 0 and 1, with `IGNORED` at true pixels that do not count. */
function mapsOf({ truth, predicted, mode, classes, ignoreIndex, size }: ResolvedCase, k: number) {
  const step = mode === 'multilabel' ? classes.length : 1;
  const [offset, label] = mode === 'multilabel' ? [k, 1] : [0, k];
  const maps = { truth: new Uint8Array(size), predicted: new Uint8Array(size), label: 1 };
  for (let i = 0; i < size; i++) {
    const t = truth[i * step + offset]!;
    maps.truth[i] = isIgnored(t, ignoreIndex) ? IGNORED : t === label ? 1 : 0;
    maps.predicted[i] = predicted[i * step + offset] === label ? 1 : 0;
  }
  return maps;
}
