import { connectedComponents, type Connectivity } from '@segloss/geometry';

import { checkKeys } from '@segloss/common';
import { checkProbability, checkSum } from '../probabilities.js';
import { bestDiceSize } from './best-dice.js';
import { fallingOrder } from './rank.js';

/** How labels follow from probabilities; see {@link decode}. */
export type DecodePolicy = 'argmax' | 'volume' | 'dice' | 'thresholds';

/** Options of {@link decode}. */
export interface DecodeOptions {
  /** Default `argmax`. */
  policy?: DecodePolicy;
  /** Number of classes K; 1 (default) for the probability of a foreground, whose labels are then 0 and 1. */
  numClasses?: number;
  /** Index of the class that stands where no other does; default 0. */
  background?: number;
  /** With `thresholds`: one for each class, or for the foreground of K = 1; that of the background is not used. */
  thresholds?: readonly number[];
  /** Removes components of a class with fewer pixels; needs `shape`. Default 0: none. */
  minComponent?: number;
  /** `[height, width]` or `[depth, height, width]`. */
  shape?: readonly number[];
  /** Of components; default 8 in 2-D, 26 in 3-D. */
  connectivity?: Connectivity;
  /** With `dice`: Dice of two empty masks, 0 or 1; default 1. */
  emptyDice?: 0 | 1;
}

const KEYS = [
  'policy', 'numClasses', 'background', 'thresholds', 'minComponent', 'shape', 'connectivity', 'emptyDice',
]; // prettier-ignore

/**
 * Decodes probabilities into labels.
 *
 * - `argmax`: the most probable class, the lowest of equal ones; with K = 1 above 0.5.
 * - `volume`: as many pixels of each class as the sum of its probabilities says (rounded by largest remainders, half up with K = 1), given
 *   to the most probable ones. With K = 1 these are the most probable pixels; with K classes pixel and class with the largest probability
 *   come first while the class has room. Equal ones in raster order; probabilities are compared as float32.
 * - `dice`: for each foreground class the mask of the best expected Dice ({@link bestDiceSize}); a pixel in several masks has the most
 *   probable class, one in none the background.
 * - `thresholds`: the most probable foreground class above its threshold, else the background.
 *
 * @param probabilities `[pixels, K]`, channels last. @param options See {@link DecodeOptions}.
 * @returns One label for each pixel.
 * @throws {TypeError} If an option is unknown. @throws {RangeError} If values are no probabilities, or an option is out of range.
 *
 * @example
 * ```ts
 * const lesion = [0.4, 0.45, 0.4, 0.1, 0.3, 0.35]; // sums to 2
 * Array.from(decode(lesion)); // → [0, 0, 0, 0, 0, 0]
 * Array.from(decode(lesion, { policy: 'volume' })); // → [1, 1, 0, 0, 0, 0]
 * Array.from(decode(lesion, { policy: 'thresholds', thresholds: [0.38] })); // → [1, 1, 1, 0, 0, 0]
 * ```
 */
export function decode(probabilities: ArrayLike<number>, options: DecodeOptions = {}): Uint8Array {
  const { policy, K, background, thresholds } = checked(probabilities, options);
  const labels =
    policy === 'argmax'
      ? argmax(probabilities, K)
      : policy === 'volume'
        ? volume(probabilities, K)
        : policy === 'thresholds'
          ? aboveCuts(probabilities, K, background, (k) => above(thresholds[k]!))
          : aboveCuts(probabilities, K, background, bestMasks(probabilities, K, background, options));
  return options.minComponent ? withoutSmall(labels, background, options) : labels;
}

function argmax(probabilities: ArrayLike<number>, K: number): Uint8Array {
  if (K === 1) return Uint8Array.from(probabilities, (p) => (p > 0.5 ? 1 : 0));
  return Uint8Array.from({ length: probabilities.length / K }, (_, i) => {
    let best = 0;
    for (let k = 1; k < K; k++) if (probabilities[i * K + k]! > probabilities[i * K + best]!) best = k;
    return best;
  });
}

function volume(probabilities: ArrayLike<number>, K: number): Uint8Array {
  const pixels = probabilities.length / K;
  const labels = new Uint8Array(pixels);
  const order = fallingOrder(probabilities);
  if (K === 1) {
    let sum = 0;
    for (let i = 0; i < pixels; i++) sum += probabilities[i]!;
    const size = Math.floor(sum + 0.5);
    for (let rank = 0; rank < size; rank++) labels[order[rank]!] = 1;
    return labels;
  }
  const room = largestRemainders(probabilities, K);
  const taken = new Uint8Array(pixels);
  for (const entry of order) {
    const [i, k] = [Math.floor(entry / K), entry % K];
    if (taken[i] || room[k] === 0) continue;
    taken[i] = 1;
    labels[i] = k;
    room[k]!--;
  }
  return labels;
}

/** Whole sizes that sum to the number of pixels: rounded down, and one more for the largest remainders. */
function largestRemainders(probabilities: ArrayLike<number>, K: number): number[] {
  const pixels = probabilities.length / K;
  const sums = new Array<number>(K).fill(0);
  for (let i = 0; i < probabilities.length; i++) sums[i % K]! += probabilities[i]!;
  const total = sums.reduce((a, b) => a + b, 0);
  const exact = sums.map((sum) => (sum / total) * pixels);
  const sizes = exact.map((size) => Math.floor(size + 1e-9));
  const missing = pixels - sizes.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((size, k) => ({ k, rest: size - sizes[k]! }))
    .sort((a, b) => b.rest - a.rest || a.k - b.k);
  for (const { k } of byRemainder.slice(0, missing)) sizes[k]!++;
  return sizes;
}

type Cut = (p: number, pixel: number) => boolean;

const above =
  (threshold: number): Cut =>
  (p) =>
    p > threshold;

/** The most probable of the foreground classes that pass their cut, else the background. */
function aboveCuts(
  probabilities: ArrayLike<number>,
  K: number,
  background: number,
  cutOf: (k: number) => Cut,
): Uint8Array {
  if (K === 1) {
    const cut = cutOf(0);
    return Uint8Array.from(probabilities, (p, i) => (cut(p, i) ? 1 : 0));
  }
  const cuts = Array.from({ length: K }, (_, k) => (k === background ? () => false : cutOf(k)));
  return Uint8Array.from({ length: probabilities.length / K }, (_, i) => {
    let best = background;
    for (let k = 0; k < K; k++) {
      const p = probabilities[i * K + k]!;
      if (!cuts[k]!(p, i)) continue;
      if (best === background || p > probabilities[i * K + best]!) best = k;
    }
    return best;
  });
}

function bestMasks(
  probabilities: ArrayLike<number>,
  K: number,
  background: number,
  { emptyDice = 1 }: DecodeOptions,
): (k: number) => Cut {
  const pixels = probabilities.length / K;
  const masks = Array.from({ length: K }, (_, k) => {
    if (K > 1 && k === background) return new Uint8Array(0);
    const own = Float64Array.from({ length: pixels }, (_unused, i) => probabilities[i * K + k]!);
    const { size } = bestDiceSize(own, { emptyDice });
    const mask = new Uint8Array(pixels);
    for (const i of fallingOrder(own).subarray(0, size)) mask[i] = 1;
    return mask;
  });
  return (k) => (_, i) => masks[k]![i] === 1;
}

function withoutSmall(labels: Uint8Array, background: number, options: DecodeOptions): Uint8Array {
  const { shape = [], connectivity, minComponent = 0 } = options;
  for (const label of new Set(labels)) {
    if (label === background) continue;
    const mask = labels.map((each) => (each === label ? 1 : 0));
    const { labels: components, sizes } = connectedComponents(mask, shape, {
      ...(connectivity !== undefined && { connectivity }),
    });
    for (let i = 0; i < labels.length; i++) {
      if (components[i] && sizes[components[i]!]! < minComponent) labels[i] = background;
    }
  }
  return labels;
}

function checked(probabilities: ArrayLike<number>, options: DecodeOptions) {
  checkKeys('decode', options, KEYS);
  const {
    policy = 'argmax',
    numClasses: K = 1,
    background = 0,
    thresholds,
    minComponent = 0,
    shape,
  } = options;
  if (!['argmax', 'volume', 'dice', 'thresholds'].includes(policy)) {
    throw new RangeError(
      `decode: wanted policy argmax, volume, dice or thresholds, got ${JSON.stringify(policy)}`,
    );
  }
  if (!(Number.isInteger(K) && K >= 1 && K <= 255) || probabilities.length % K !== 0) {
    throw new RangeError(
      `decode: wanted numClasses from 1 to 255 that divides ${probabilities.length} probabilities, got ${K}`,
    );
  }
  if (
    !(Number.isInteger(background) && background >= 0 && background < Math.max(2, K)) ||
    (K === 1 && background !== 0)
  ) {
    throw new RangeError(`decode: wanted background from 0 to ${K === 1 ? 0 : K - 1}, got ${background}`);
  }
  if ((thresholds !== undefined) !== (policy === 'thresholds') || (thresholds && thresholds.length !== K)) {
    throw new RangeError(
      `decode: wanted ${K} thresholds with policy 'thresholds' and none without, got ${thresholds?.length ?? 'none'}`,
    );
  }
  const pixels = probabilities.length / K;
  if (minComponent > 0 && shape?.reduce((a, b) => a * b, 1) !== pixels) {
    throw new RangeError(
      `decode: wanted the shape of ${pixels} pixels with minComponent, got [${shape ?? ''}]`,
    );
  }
  for (let i = 0; i < pixels; i++) {
    let sum = 0;
    for (let k = 0; k < K; k++) {
      const p = probabilities[i * K + k]!;
      checkProbability('decode', p, i);
      sum += p;
    }
    if (K > 1) checkSum('decode', sum, i);
  }
  return { policy, K, background, thresholds: thresholds ?? [] };
}
