import { DEFAULT_IGNORE_INDEX } from './ignore-index.js';
import { badLabel, isLabel } from './labels.js';
import { checkProbability, checkSum } from './probabilities.js';

/** Options of everything that is counted in bins of confidence. */
export interface CalibrationOptions {
  /** Number of classes K of `probabilities`; 1 (default) for the probability of a foreground. */
  numClasses?: number;
  /** Number of bins; default 15. */
  bins?: number;
  /** Bins of the same `width` (default), or each with the same number of pixels (`mass`). */
  scheme?: 'width' | 'mass';
  /** True label of pixels that do not count; default 255. */
  ignoreIndex?: number;
}

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Pixels in it. */
  readonly count: number;
  /** Their mean confidence, NaN if there are none. */
  readonly confidence: number;
  /** The share of them that is right (for one channel: that is foreground), NaN if there are none. */
  readonly accuracy: number;
}

/**
 * Confidence against accuracy. With classes the confidence is the largest probability of a pixel and right is what has that
 * class; with one channel the confidence is the probability of the foreground and the accuracy its share.
 *
 * @param labels True labels, one for each pixel. @param probabilities `[pixels, K]`, channels last, each from 0 to 1; not logits.
 * @returns The bins, from low to high confidence. A bin of equal width is `[i/n, (i+1)/n)`, the last one closed.
 * @throws {RangeError} If sizes do not fit, a probability is not within 0 to 1, or a label is not one of 0 to K-1.
 *
 * @example
 * ```ts
 * reliabilityDiagram([1, 0, 1], [0.9, 0.2, 0.4], { bins: 2 })[0]; // → {"count":2,"confidence":0.3,"accuracy":0.5}
 * ```
 *
 * @see Guo et al., "On calibration of modern neural networks", ICML 2017, arXiv:1706.04599, §2.
 */
export function reliabilityDiagram(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  options: CalibrationOptions = {},
): ReliabilityBin[] {
  const { confidence, right } = topChoice('reliabilityDiagram', labels, probabilities, options);
  return binsOf('reliabilityDiagram', confidence, right, options);
}

/**
 * Returns the expected calibration error: the mean over pixels of |accuracy - confidence| of their bin (`l1`), the root of the mean of its
 * square (`l2`), or its largest value over the bins (`max`).
 *
 * @param options `classwise`: the mean over classes of the error of each class's probability; then `numClasses` is 2 or more.
 * @returns A number from 0 to 1; NaN if no pixel counts.
 *
 * @example
 * ```ts
 * calibrationError([1, 0, 1], [0.9, 0.2, 0.4], { bins: 2 }); // → 0.1667
 * calibrationError([1, 0, 1], [0.9, 0.2, 0.4], { bins: 2, norm: 'max' }); // → 0.2
 * ```
 *
 * @see Guo et al., arXiv:1706.04599, §2; Nixon et al., "Measuring calibration in deep learning", arXiv:1904.01685 (`mass`, `classwise`).
 */
export function calibrationError(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  {
    norm = 'l1',
    classwise = false,
    ...options
  }: CalibrationOptions & { norm?: 'l1' | 'l2' | 'max'; classwise?: boolean } = {},
): number {
  const name = 'calibrationError';
  if (!['l1', 'l2', 'max'].includes(norm)) {
    throw new RangeError(`${name}: wanted norm 'l1', 'l2' or 'max', got ${JSON.stringify(norm)}`);
  }
  const error = (confidence: Float64Array, right: Uint8Array) =>
    normOf(binsOf(name, confidence, right, options), norm);
  if (!classwise) {
    const { confidence, right } = topChoice(name, labels, probabilities, options);
    return error(confidence, right);
  }
  const { numClasses = 1 } = options;
  if (numClasses < 2)
    throw new RangeError(`${name}: wanted numClasses of 2 or more for classwise, got ${numClasses}`);
  const pixels = pixelsThatCount(name, labels, probabilities, options);
  let sum = 0;
  for (let k = 0; k < numClasses; k++) {
    const confidence = Float64Array.from(pixels, (i) => probabilities[i * numClasses + k]!);
    sum += error(
      confidence,
      Uint8Array.from(pixels, (i) => (labels[i] === k ? 1 : 0)),
    );
  }
  return sum / numClasses;
}

/**
 * Returns the Brier score: the mean over pixels of Σ_k (p_k - y_k)²; with one channel of (p - y)², which is half of what the two classes'
 * probabilities give.
 *
 * @example
 * ```ts
 * brierScore([1, 0], [0.9, 0.2]); // → 0.025
 * brierScore([1, 0], [0.1, 0.9, 0.8, 0.2], { numClasses: 2 }); // → 0.05
 * ```
 *
 * @see Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review 1950.
 */
export function brierScore(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  options: Pick<CalibrationOptions, 'numClasses' | 'ignoreIndex'> = {},
): number {
  const { numClasses = 1 } = options;
  return meanOf(pixelsThatCount('brierScore', labels, probabilities, options), (i) => {
    if (numClasses === 1) return (probabilities[i]! - labels[i]!) ** 2;
    let sum = 0;
    for (let k = 0; k < numClasses; k++) {
      sum += (probabilities[i * numClasses + k]! - (labels[i] === k ? 1 : 0)) ** 2;
    }
    return sum;
  });
}

/**
 * Returns the negative log-likelihood: the mean over pixels of -log of the probability of the true class; Infinity where one has none.
 *
 * @example
 * ```ts
 * negativeLogLikelihood([1, 0], [0.9, 0.2]); // → 0.1643
 * ```
 */
export function negativeLogLikelihood(
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  options: Pick<CalibrationOptions, 'numClasses' | 'ignoreIndex'> = {},
): number {
  const { numClasses = 1 } = options;
  return meanOf(pixelsThatCount('negativeLogLikelihood', labels, probabilities, options), (i) => {
    const label = labels[i]!;
    if (numClasses > 1) return -Math.log(probabilities[i * numClasses + label]!);
    return -Math.log(label === 1 ? probabilities[i]! : 1 - probabilities[i]!);
  });
}

function meanOf(pixels: readonly number[], cost: (pixel: number) => number): number {
  return pixels.reduce((sum, i) => sum + cost(i), 0) / pixels.length;
}

/** Checks everything and gives the pixels that are not ignored. */
function pixelsThatCount(
  name: string,
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  {
    numClasses = 1,
    ignoreIndex = DEFAULT_IGNORE_INDEX,
  }: Pick<CalibrationOptions, 'numClasses' | 'ignoreIndex'>,
): number[] {
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    throw new RangeError(`${name}: wanted a positive number of classes, got ${String(numClasses)}`);
  }
  if (probabilities.length !== labels.length * numClasses) {
    throw new RangeError(
      `${name}: wanted ${labels.length * numClasses} probabilities for ${labels.length} labels and ${numClasses} ` +
        `${numClasses === 1 ? 'channel' : 'classes'}, got ${probabilities.length}; channels are last`,
    );
  }
  const highest = Math.max(1, numClasses - 1);
  const pixels: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label === ignoreIndex) continue;
    if (!isLabel(label, highest + 1)) throw badLabel(name, 'true', label, highest + 1, i);
    let sum = 0;
    for (let k = 0; k < numClasses; k++) {
      const p = probabilities[i * numClasses + k]!;
      checkProbability(name, p, i);
      sum += p;
    }
    if (numClasses > 1) checkSum(name, sum, i);
    pixels.push(i);
  }
  return pixels;
}

function topChoice(
  name: string,
  labels: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  options: CalibrationOptions,
): { confidence: Float64Array; right: Uint8Array } {
  const { numClasses = 1 } = options;
  const pixels = pixelsThatCount(name, labels, probabilities, options);
  const confidence = new Float64Array(pixels.length);
  const right = new Uint8Array(pixels.length);
  pixels.forEach((i, j) => {
    let best = 0;
    for (let k = 1; k < numClasses; k++) {
      if (probabilities[i * numClasses + k]! > probabilities[i * numClasses + best]!) best = k;
    }
    confidence[j] = probabilities[i * numClasses + best]!;
    right[j] = (numClasses === 1 ? labels[i] === 1 : labels[i] === best) ? 1 : 0;
  });
  return { confidence, right };
}

function binsOf(
  name: string,
  confidence: Float64Array,
  right: Uint8Array,
  { bins = 15, scheme = 'width' }: CalibrationOptions,
): ReliabilityBin[] {
  if (!Number.isInteger(bins) || bins < 1) {
    throw new RangeError(`${name}: wanted a positive number of bins, got ${String(bins)}`);
  }
  if (scheme !== 'width' && scheme !== 'mass') {
    throw new RangeError(`${name}: wanted scheme 'width' or 'mass', got ${JSON.stringify(scheme)}`);
  }
  const binOf = scheme === 'width' ? equalWidth(bins) : equalMass(confidence, bins);
  const [counts, confidences, rights] = [0, 1, 2].map(() => new Float64Array(bins)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  confidence.forEach((value, i) => {
    const bin = binOf(value, i);
    counts[bin]!++;
    confidences[bin]! += value;
    rights[bin]! += right[i]!;
  });
  return Array.from(counts, (count, bin) => ({
    count,
    confidence: confidences[bin]! / count,
    accuracy: rights[bin]! / count,
  }));
}

const equalWidth = (bins: number) => (value: number) => Math.min(bins - 1, Math.floor(value * bins));

function equalMass(confidence: Float64Array, bins: number): (value: number, i: number) => number {
  const bin = new Uint32Array(confidence.length);
  const order = Array.from(confidence.keys()).sort((i, j) => confidence[i]! - confidence[j]! || i - j);
  order.forEach((i, rank) => (bin[i] = Math.floor((rank * bins) / order.length)));
  return (_, i) => bin[i]!;
}

function normOf(bins: readonly ReliabilityBin[], norm: 'l1' | 'l2' | 'max'): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return NaN;
  const filled = bins.filter(({ count }) => count > 0);
  const gap = ({ accuracy, confidence }: ReliabilityBin) => Math.abs(accuracy - confidence);
  if (norm === 'max') return filled.reduce((most, bin) => Math.max(most, gap(bin)), 0);
  const power = norm === 'l1' ? 1 : 2;
  return filled.reduce((sum, bin) => sum + (bin.count / total) * gap(bin) ** power, 0) ** (1 / power);
}
