import { classCounts, type ClassCounts, type ConfusionMatrix } from './confusion.js';

/**
 * Returns the Dice of each class over all pixels counted so far, 2TP / (2TP + FP + FN); NaN for a class that is neither in the truth
 * nor in the prediction.
 *
 * @example
 * ```ts
 * diceScores(new ConfusionMatrix(3).add([0, 1, 1], [0, 1, 0])); // → [0.6667, 0.6667, NaN]
 * ```
 */
export function diceScores(confusion: ConfusionMatrix): number[] {
  return perClass(confusion, ({ truePositive: tp, falsePositive, falseNegative }) => [
    2 * tp,
    2 * tp + falsePositive + falseNegative,
  ]);
}

/**
 * Returns the intersection over union of each class, TP / (TP + FP + FN); NaN for a class that is in neither mask.
 *
 * @example
 * ```ts
 * iouScores(new ConfusionMatrix(2).add([0, 1, 1], [0, 1, 0])); // → [0.5, 0.5]
 * ```
 */
export function iouScores(confusion: ConfusionMatrix): number[] {
  return perClass(confusion, ({ truePositive: tp, falsePositive, falseNegative }) => [
    tp,
    tp + falsePositive + falseNegative,
  ]);
}

/**
 * Returns the precision of each class, TP / (TP + FP); NaN for a class that is never predicted.
 *
 * @example
 * ```ts
 * precisionScores(new ConfusionMatrix(2).add([0, 1, 1], [0, 1, 0])); // → [0.5, 1]
 * ```
 */
export function precisionScores(confusion: ConfusionMatrix): number[] {
  return perClass(confusion, ({ truePositive: tp, falsePositive }) => [tp, tp + falsePositive]);
}

/**
 * Returns the recall (sensitivity) of each class, TP / (TP + FN); NaN for a class that is not in the truth.
 *
 * @example
 * ```ts
 * recallScores(new ConfusionMatrix(2).add([0, 1, 1], [0, 1, 0])); // → [1, 0.5]
 * ```
 */
export function recallScores(confusion: ConfusionMatrix): number[] {
  return perClass(confusion, ({ truePositive: tp, falseNegative }) => [tp, tp + falseNegative]);
}

/**
 * Returns the specificity of each class, TN / (TN + FP); NaN where every pixel has the class.
 *
 * @example
 * ```ts
 * specificityScores(new ConfusionMatrix(2).add([0, 1, 1], [0, 1, 0])); // → [0.5, 1]
 * ```
 */
export function specificityScores(confusion: ConfusionMatrix): number[] {
  return perClass(confusion, ({ trueNegative: tn, falsePositive }) => [tn, tn + falsePositive]);
}

/**
 * Returns F_β of each class, (1 + β²)TP / ((1 + β²)TP + β²FN + FP): recall matters β times as much as precision; NaN for a class that
 * is nowhere.
 *
 * @throws {RangeError} If β is not positive.
 *
 * @example
 * ```ts
 * fBetaScores(new ConfusionMatrix(2).add([0, 1, 1], [0, 1, 0]), 2); // → [0.8333, 0.5556]
 * ```
 *
 * @see van Rijsbergen, "Information Retrieval", 1979, ch. 7.
 */
export function fBetaScores(confusion: ConfusionMatrix, beta: number): number[] {
  if (!(beta > 0)) throw new RangeError(`fBetaScores: wanted a positive beta, got ${String(beta)}`);
  const square = beta * beta;
  return perClass(confusion, ({ truePositive, falsePositive, falseNegative }) => [
    (1 + square) * truePositive,
    (1 + square) * truePositive + square * falseNegative + falsePositive,
  ]);
}

/**
 * Returns the volume similarity of each class, 1 - |FN - FP| / (2TP + FP + FN): agreement in size alone, wherever the pixels are; NaN for
 * a class that is nowhere.
 *
 * @example
 * ```ts
 * volumeSimilarities(new ConfusionMatrix(2).add([0, 1, 1], [1, 0, 1])); // → [1, 1]
 * ```
 *
 * @see Taha and Hanbury, "Metrics for evaluating 3D medical image segmentation", BMC Medical Imaging 2015.
 */
export function volumeSimilarities(confusion: ConfusionMatrix): number[] {
  return perClass(confusion, ({ truePositive, falsePositive, falseNegative }) => {
    const sizes = 2 * truePositive + falsePositive + falseNegative;
    return [sizes - Math.abs(falseNegative - falsePositive), sizes];
  });
}

/**
 * Returns the Matthews correlation of each class against the rest, from -1 to 1; NaN where truth or prediction is the same everywhere.
 *
 * @example
 * ```ts
 * matthewsCorrelations(new ConfusionMatrix(2).add([0, 1, 1, 0], [0, 1, 0, 0])); // → [0.5774, 0.5774]
 * ```
 *
 * @see Matthews, "Comparison of the predicted and observed secondary structure of T4 phage lysozyme", 1975.
 */
export function matthewsCorrelations(confusion: ConfusionMatrix): number[] {
  return perClass(
    confusion,
    ({ truePositive: tp, falsePositive: fp, falseNegative: fn, trueNegative: tn }) => [
      tp * tn - fp * fn,
      Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn),
    ],
  );
}

/**
 * Returns the mean recall of the classes that are in the truth; NaN if there are none.
 *
 * @example
 * ```ts
 * balancedAccuracy(new ConfusionMatrix(2).add([0, 1, 1], [0, 1, 0])); // → 0.75
 * ```
 */
export function balancedAccuracy(confusion: ConfusionMatrix): number {
  return meanScore(recallScores(confusion));
}

/**
 * Returns the share of pixels with the right label; NaN without pixels.
 *
 * @example
 * ```ts
 * pixelAccuracy(new ConfusionMatrix(2).add([0, 1, 1], [0, 1, 0])); // → 0.6667
 * ```
 */
export function pixelAccuracy(confusion: ConfusionMatrix): number {
  const right = classCounts(confusion).reduce((sum, { truePositive }) => sum + truePositive, 0);
  return right / confusion.total;
}

/**
 * Returns the mean of the scores that are not NaN; NaN if all are.
 *
 * @example
 * ```ts
 * meanScore([0.5, NaN, 1]); // → 0.75
 * ```
 */
export function meanScore(scores: readonly number[]): number {
  const present = scores.filter((score) => !Number.isNaN(score));
  return present.reduce((sum, score) => sum + score, 0) / present.length;
}

function perClass(confusion: ConfusionMatrix, fraction: (counts: ClassCounts) => [number, number]): number[] {
  return classCounts(confusion).map((counts) => {
    const [numerator, denominator] = fraction(counts);
    return numerator / denominator; // 0 / 0 is NaN: the class is absent
  });
}
