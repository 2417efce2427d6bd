import { classCounts, type ClassCounts, type ConfusionMatrix } from './confusion.js';

/**
 * Dice of each class over all pixels counted so far, 2TP / (2TP + FP + FN); NaN for a class that is neither in the truth
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
 * Intersection over union of each class, TP / (TP + FP + FN); NaN for a class that is nowhere.
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
 * Precision of each class, TP / (TP + FP); NaN for a class that is never predicted.
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
 * Recall (sensitivity) of each class, TP / (TP + FN); NaN for a class that is not in the truth.
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
 * Specificity of each class, TN / (TN + FP); NaN where every pixel is of the class.
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
 * Share of the pixels that are right; NaN if there are none.
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
 * The mean of the scores that are not NaN; NaN if all are.
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
