import { decode } from '@segloss/metrics';

/** How labels follow from the probabilities of a model; see `decode` of `@segloss/metrics`. */
export interface Decoding {
  readonly policy: 'argmax' | 'volume' | 'dice' | 'threshold';
  /** With `threshold`: what the probability of a foreground class must exceed. */
  readonly threshold?: number;
  /** Components of fewer pixels become background; default 0: none. */
  readonly minComponent?: number;
}

/** The sizes and the classes of what is decoded. */
export interface DecodedCase {
  /** `[height, width]` or `[depth, height, width]`. */
  readonly shape: readonly number[];
  /** K; 1 for the probability of a foreground. */
  readonly classes: number;
  /** Index of the background class; null where every class is a foreground class. */
  readonly background: number | null;
}

/**
 * Decodes probabilities `[pixels, K]` into labels.
 *
 * @throws {RangeError} If values are no probabilities; or if every class is a foreground class, and the decoding needs a background.
 *
 * @example
 * ```ts
 * const lesion = [0.4, 0.45, 0.4, 0.1, 0.3, 0.35]; // sums to 2
 * Array.from(decodeLabels(lesion, { policy: 'volume' }, { shape: [1, 6], classes: 1, background: 0 })); // → [1, 1, 0, 0, 0, 0]
 * ```
 */
export function decodeLabels(
  probabilities: ArrayLike<number>,
  { policy, threshold, minComponent = 0 }: Decoding,
  { shape, classes, background }: DecodedCase,
): Uint8Array {
  if (background === null && (policy === 'dice' || policy === 'threshold' || minComponent > 0)) {
    throw new RangeError(
      `decodeLabels: wanted data with a background class for ${minComponent > 0 ? 'minComponent' : policy}, got none; use argmax or volume`,
    );
  }
  return decode(probabilities, {
    policy: policy === 'threshold' ? 'thresholds' : policy,
    numClasses: classes,
    background: background ?? 0,
    ...(policy === 'threshold' && { thresholds: new Array<number>(classes).fill(threshold ?? 0.5) }),
    ...(minComponent > 0 && { minComponent, shape }),
  });
}
