import { DEFAULT_IGNORE_INDEX } from './ignore-index.js';
import { classCounts, type ConfusionMatrix } from './confusion.js';
import { badLabel, isLabel } from './labels.js';
import { checkProbability, checkSum } from './probabilities.js';

/** How large a region is predicted, against the truth. */
export interface RegionSizeError {
  /** True and predicted proportion of the class. */
  readonly truth: number;
  readonly predicted: number;
  /** predicted / truth; NaN where both are 0. */
  readonly ratio: number;
  /** predicted - truth. */
  readonly signed: number;
  readonly absolute: number;
}

/**
 * Region-size errors of each class from its true and predicted proportions (label marginals), soft or hard.
 *
 * @param truth True proportions q. @param predicted Predicted proportions p, as many.
 *
 * @example
 * ```ts
 * regionSizeErrors([0.9, 0.1], [0.8, 0.2])[1].ratio; // → 2
 * ```
 */
export function regionSizeErrors(truth: readonly number[], predicted: readonly number[]): RegionSizeError[] {
  sameLength('regionSizeErrors', truth, predicted);
  return truth.map((q, k) => {
    const p = predicted[k]!;
    return { truth: q, predicted: p, ratio: p / q, signed: p - q, absolute: Math.abs(p - q) };
  });
}

/**
 * Returns the distances between true and predicted label marginals: `l1` = Σ|p - q|, `kl` = Σ q log(q/p), infinite where a class
 * of the truth is not predicted at all.
 *
 * @example
 * ```ts
 * labelMarginalError([0.9, 0.1], [0.8, 0.2]); // → {"l1":0.2,"kl":0.03669}
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §4.
 */
export function labelMarginalError(
  truth: readonly number[],
  predicted: readonly number[],
): { l1: number; kl: number } {
  sameLength('labelMarginalError', truth, predicted);
  let [l1, kl] = [0, 0];
  truth.forEach((q, k) => {
    l1 += Math.abs(predicted[k]! - q);
    if (q > 0) kl += q * Math.log(q / predicted[k]!);
  });
  return { l1, kl };
}

/** One class of one image: its true and its predicted proportion. */
export interface RegionSize {
  readonly truth: number;
  readonly predicted: number;
}

/**
 * True and predicted proportion of each class over all pixels counted so far, from labels.
 *
 * @returns One for each class; NaN if no pixel counts.
 *
 * @example
 * ```ts
 * regionSizes(new ConfusionMatrix(2).add([0, 0, 1, 255], [0, 1, 1, 0]))[1]; // → {"truth":0.3333,"predicted":0.6667}
 * ```
 */
export function regionSizes(confusion: ConfusionMatrix): RegionSize[] {
  const { total } = confusion;
  return classCounts(confusion).map(({ truePositive, falseNegative, falsePositive }) => ({
    truth: (truePositive + falseNegative) / total,
    predicted: (truePositive + falsePositive) / total,
  }));
}

/** Images whose true proportion lies from `from` to before `to`. */
export interface RegionSizeBin {
  readonly from: number;
  readonly to: number;
  /** Images in it. */
  readonly cases: number;
  /** Mean true and mean predicted proportion, and the ratio of the two; NaN without images. */
  readonly truth: number;
  readonly predicted: number;
  readonly ratio: number;
  /** Means of predicted - truth and of its size. */
  readonly signed: number;
  readonly absolute: number;
  /** Share of the images whose region is predicted too large. */
  readonly over: number;
}

/**
 * Errors of the region size by how large the region is: whether small regions are predicted too small is seen here, and
 * not in a mean over all. Images without the class (truth 0) are in the first bin.
 *
 * @param edges Proportions between the bins, rising, within 0 to 1; default 0.1 %, 1 %, 10 %.
 * @throws {RangeError} If the edges do not rise.
 *
 * @example
 * ```ts
 * regionSizeBins([{ truth: 0.005, predicted: 0.01 }, { truth: 0.2, predicted: 0.1 }])[1].ratio; // → 2
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §5: results by region size.
 */
export function regionSizeBins(
  sizes: readonly RegionSize[],
  edges: readonly number[] = [0.001, 0.01, 0.1],
): RegionSizeBin[] {
  if (!edges.every((edge, i) => edge > (edges[i - 1] ?? 0) && edge < 1)) {
    throw new RangeError(
      `regionSizeBins: wanted rising proportions between 0 and 1 as edges, got [${edges}]`,
    );
  }
  return [...edges, 1].map((to, i) => {
    const from = edges[i - 1] ?? 0;
    const last = i === edges.length;
    const inside = sizes.filter(({ truth }) => truth >= from && (last || truth < to));
    const mean = (of: (size: RegionSize) => number) =>
      inside.reduce((sum, size) => sum + of(size), 0) / inside.length;
    const [truth, predicted] = [mean((size) => size.truth), mean((size) => size.predicted)];
    return {
      from,
      to,
      cases: inside.length,
      truth,
      predicted,
      ratio: predicted / truth,
      signed: predicted - truth,
      absolute: mean((size) => Math.abs(size.predicted - size.truth)),
      over: mean((size) => (size.predicted > size.truth ? 1 : 0)),
    };
  });
}

/**
 * Returns the label marginals of one image: the proportion of each class among the pixels that count, from labels.
 *
 * @param labels Labels from 0 to K-1. @param options `numClasses`: K; `ignoreIndex`: label of pixels that do not count,
 *   default 255; `where`: labels that say which pixels count instead (for predictions: the truth).
 * @returns K numbers that sum to 1; NaN if no pixel counts.
 * @throws {RangeError} If a label is not one of 0 to K-1.
 *
 * @example
 * ```ts
 * labelMarginals([0, 1, 1, 255], { numClasses: 2 }); // → [0.3333, 0.6667]
 * labelMarginals([0, 1, 1, 1], { numClasses: 2, where: [0, 1, 1, 255] }); // → [0.3333, 0.6667]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.
 */
export function labelMarginals(
  labels: ArrayLike<number>,
  {
    numClasses,
    ignoreIndex = DEFAULT_IGNORE_INDEX,
    where = labels,
  }: { numClasses: number; ignoreIndex?: number; where?: ArrayLike<number> },
): number[] {
  if (where.length !== labels.length) {
    throw new RangeError(`labelMarginals: wanted ${labels.length} labels as where, got ${where.length}`);
  }
  const counts = new Array<number>(numClasses).fill(0);
  let total = 0;
  for (let i = 0; i < labels.length; i++) {
    if (where[i] === ignoreIndex) continue;
    const label = labels[i]!;
    if (!isLabel(label, numClasses)) throw badLabel('labelMarginals', '', label, numClasses, i);
    counts[label]!++;
    total++;
  }
  return counts.map((count) => count / total);
}

/**
 * Returns the soft label marginals of one image: the mean probability of each class over the pixels that count.
 *
 * @param probabilities `[pixels, K]`, channels last. @param options `numClasses`: K, 1 for a foreground alone, which gives
 *   background and foreground; `where`, `ignoreIndex`: labels that say which pixels count; default all.
 * @throws {RangeError} If sizes do not fit, or probabilities are not within 0 to 1 or do not sum to 1 in every pixel.
 *
 * @example
 * ```ts
 * softMarginals([0.9, 0.1, 0.5, 0.5], { numClasses: 2 }); // → [0.7, 0.3]
 * softMarginals([0.1, 0.5], { numClasses: 1 }); // → [0.7, 0.3]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.
 */
export function softMarginals(
  probabilities: ArrayLike<number>,
  {
    numClasses,
    ignoreIndex = DEFAULT_IGNORE_INDEX,
    where,
  }: { numClasses: number; ignoreIndex?: number; where?: ArrayLike<number> },
): number[] {
  const pixels = probabilities.length / numClasses;
  if (!Number.isInteger(pixels) || (where !== undefined && where.length !== pixels)) {
    const wanted = where === undefined ? `a multiple of ${numClasses}` : where.length * numClasses;
    throw new RangeError(`softMarginals: wanted ${wanted} probabilities, got ${probabilities.length}`);
  }
  const sums = new Array<number>(numClasses).fill(0);
  let total = 0;
  for (let i = 0; i < pixels; i++) {
    if (where?.[i] === ignoreIndex) continue;
    let sum = 0;
    for (let k = 0; k < numClasses; k++) {
      const value = probabilities[i * numClasses + k]!;
      checkProbability('softMarginals', value, i);
      sums[k]! += value;
      sum += value;
    }
    if (numClasses > 1) checkSum('softMarginals', sum, i);
    total++;
  }
  const means = sums.map((sum) => sum / total);
  return numClasses === 1 ? [1 - means[0]!, means[0]!] : means;
}

function sameLength(name: string, truth: readonly number[], predicted: readonly number[]): void {
  if (truth.length !== predicted.length) {
    throw new RangeError(
      `${name}: wanted as many predicted proportions as true ones, got ${predicted.length} and ${truth.length}`,
    );
  }
}
