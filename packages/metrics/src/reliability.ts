import { type ReliabilityBin } from './calibration.js';
import { DEFAULT_IGNORE_INDEX } from './ignore-index.js';
import { badLabel, isLabel } from './labels.js';
import { checkProbability } from './probabilities.js';

/** Options of {@link Reliability}. */
export interface ReliabilityOptions {
  /** Number of classes K of the probabilities, 2 or more. */
  numClasses: number;
  /** Bins of equal width from 0 to 1; default 15. Bin i is `[i/n, (i+1)/n)`, the last one closed. */
  bins?: number;
  /** True label of pixels that do not count; default 255. */
  ignoreIndex?: number;
}

/** How far the probabilities of a class are from the shares of its pixels. Each error is from 0 to 1; NaN if no pixel counts. */
export interface ClassReliability {
  /** From low to high probability: mean probability (`confidence`) and the share of the class (`accuracy`). */
  readonly bins: readonly ReliabilityBin[];
  /** Expected calibration error: Σ_m (n_m / n) |accuracy_m - confidence_m|. */
  readonly ece: number;
  /** Average calibration error: the mean of |accuracy - confidence| over the bins that have pixels. */
  readonly ace: number;
  /** Maximum calibration error: the largest |accuracy - confidence|. */
  readonly mce: number;
}

/**
 * Counts the reliability of the probabilities of every class, one class against the rest, image by image. All pixels of all images are in
 * the same bins.
 *
 * @throws {RangeError} If an option has a wrong value.
 *
 * @example
 * ```ts
 * const reliability = new Reliability({ numClasses: 2, bins: 2 });
 * reliability.add([1, 0, 1], [0.1, 0.9, 0.8, 0.2, 0.6, 0.4]);
 * const [, foreground] = reliability.classes();
 * foreground.bins[0]; // → {"count":2,"confidence":0.3,"accuracy":0.5}
 * [foreground.ece, foreground.ace, foreground.mce]; // → [0.1667, 0.15, 0.2]
 * ```
 *
 * @see Guo et al., arXiv:1706.04599, §2 (ECE and MCE); Neumann et al., "Relaxed softmax", 2018, and Barfoot et al., arXiv:2403.06759 (ACE);
 *   Nixon et al., arXiv:1904.01685 (one class against the rest).
 */
export class Reliability {
  private readonly count: Float64Array;
  private readonly probability: Float64Array;
  private readonly hits: Float64Array;
  private readonly numClasses: number;
  private readonly bins: number;
  private readonly ignoreIndex: number;

  constructor({ numClasses, bins = 15, ignoreIndex = DEFAULT_IGNORE_INDEX }: ReliabilityOptions) {
    if (!Number.isInteger(numClasses) || numClasses < 2)
      throw new RangeError(`Reliability: wanted numClasses of 2 or more, got ${String(numClasses)}`);
    if (!Number.isInteger(bins) || bins < 1)
      throw new RangeError(`Reliability: wanted a positive number of bins, got ${String(bins)}`);
    [this.numClasses, this.bins, this.ignoreIndex] = [numClasses, bins, ignoreIndex];
    this.count = new Float64Array(numClasses * bins);
    this.probability = new Float64Array(numClasses * bins);
    this.hits = new Float64Array(numClasses * bins);
  }

  /**
   * Counts the pixels of an image.
   *
   * @param labels True labels, one for each pixel. @param probabilities `[pixels, K]`, channels last.
   * @throws {RangeError} If sizes do not fit, a probability is not within 0 to 1, or a label is not one of 0 to K-1.
   *
   * @example
   * ```ts
   * const reliability = new Reliability({ numClasses: 2 });
   * reliability.add([1], [0, 1]);
   * reliability.classes()[1].ece; // → 0
   * ```
   */
  add(labels: ArrayLike<number>, probabilities: ArrayLike<number>): void {
    const { numClasses, bins } = this;
    if (probabilities.length !== labels.length * numClasses) {
      throw new RangeError(
        `Reliability: wanted ${labels.length * numClasses} probabilities for ${labels.length} labels and ${numClasses} classes, ` +
          `got ${probabilities.length}; channels are last`,
      );
    }
    for (let i = 0; i < labels.length; i++) {
      const label = labels[i]!;
      if (label === this.ignoreIndex) continue;
      if (!isLabel(label, numClasses)) throw badLabel('Reliability', 'true', label, numClasses, i);
      for (let k = 0; k < numClasses; k++) {
        const p = probabilities[i * numClasses + k]!;
        checkProbability('Reliability', p, i);
        const bin = k * bins + Math.max(0, Math.min(bins - 1, Math.floor(p * bins)));
        this.count[bin]!++;
        this.probability[bin]! += p;
        if (label === k) this.hits[bin]!++;
      }
    }
  }

  /**
   * Returns the reliability of each class, over all pixels so far.
   *
   * @example
   * ```ts
   * new Reliability({ numClasses: 3 }).classes().length; // → 3
   * ```
   */
  classes(): ClassReliability[] {
    return Array.from({ length: this.numClasses }, (_, k) => {
      const bins = Array.from({ length: this.bins }, (__, m): ReliabilityBin => {
        const at = k * this.bins + m;
        const count = this.count[at]!;
        return { count, confidence: this.probability[at]! / count, accuracy: this.hits[at]! / count };
      });
      return { bins, ...errorsOf(bins) };
    });
  }
}

function errorsOf(bins: readonly ReliabilityBin[]): Pick<ClassReliability, 'ece' | 'ace' | 'mce'> {
  const filled = bins.filter(({ count }) => count > 0);
  const all = filled.reduce((sum, { count }) => sum + count, 0);
  if (all === 0) return { ece: NaN, ace: NaN, mce: NaN };
  const gaps = filled.map(({ accuracy, confidence }) => Math.abs(accuracy - confidence));
  return {
    ece: gaps.reduce((sum, gap, m) => sum + (filled[m]!.count / all) * gap, 0),
    ace: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
    mce: Math.max(...gaps),
  };
}
