import { DEFAULT_IGNORE_INDEX } from './ignore-index.js';
import { badLabel, isLabel } from './labels.js';

/** Counts of (true, predicted) labels over any number of images. */
export class ConfusionMatrix {
  /** `counts[t * numClasses + p]` = pixels with true label t and predicted label p. */
  readonly counts: Float64Array;

  /**
   * @param numClasses Number of classes K; labels are 0 to K-1.
   *
   * @example
   * ```ts
   * const confusion = new ConfusionMatrix(2);
   * confusion.add([0, 1, 1, 255], [0, 1, 0, 1]); // the last pixel is ignored
   * Array.from(confusion.counts); // → [1, 0, 1, 1]
   * ```
   */
  constructor(readonly numClasses: number) {
    if (!Number.isInteger(numClasses) || numClasses < 1) {
      throw new RangeError(`ConfusionMatrix: wanted a positive number of classes, got ${String(numClasses)}`);
    }
    this.counts = new Float64Array(numClasses * numClasses);
  }

  /**
   * Counts one image, volume or batch.
   *
   * @param truth True labels. @param predicted Predicted labels, as many.
   * @param options `ignoreIndex`: true label of pixels that do not count; default 255.
   * @throws {RangeError} If the lengths differ or a label is not one of 0 to K-1.
   */
  add(
    truth: ArrayLike<number>,
    predicted: ArrayLike<number>,
    { ignoreIndex = DEFAULT_IGNORE_INDEX }: { ignoreIndex?: number } = {},
  ): this {
    if (truth.length !== predicted.length) {
      throw new RangeError(
        `ConfusionMatrix.add: wanted as many predicted labels as true ones, got ${predicted.length} and ${truth.length}`,
      );
    }
    const K = this.numClasses;
    for (let i = 0; i < truth.length; i++) {
      const [t, p] = [truth[i]!, predicted[i]!];
      if (t === ignoreIndex) continue;
      if (!isLabel(t, K)) throw badLabel('ConfusionMatrix.add', 'true', t, K, i);
      if (!isLabel(p, K)) throw badLabel('ConfusionMatrix.add', 'predicted', p, K, i);
      this.counts[t * K + p]!++;
    }
    return this;
  }

  /** Pixels that count. */
  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }
}

/** What of a class was found, missed and invented, in pixels. */
export interface ClassCounts {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly trueNegative: number;
}

/**
 * The counts of each class against the rest.
 *
 * @example
 * ```ts
 * classCounts(new ConfusionMatrix(2).add([0, 1, 1], [0, 1, 0]))[1]; // → {"truePositive":1,"falsePositive":0,"falseNegative":1,"trueNegative":1}
 * ```
 */
export function classCounts(confusion: ConfusionMatrix): ClassCounts[] {
  const { numClasses: K, counts, total } = confusion;
  return Array.from({ length: K }, (_, k) => {
    let [row, column] = [0, 0];
    for (let j = 0; j < K; j++) {
      row += counts[k * K + j]!;
      column += counts[j * K + k]!;
    }
    const truePositive = counts[k * K + k]!;
    return {
      truePositive,
      falsePositive: column - truePositive,
      falseNegative: row - truePositive,
      trueNegative: total - row - column + truePositive,
    };
  });
}
