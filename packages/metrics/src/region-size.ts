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
 * Distances between true and predicted label marginals: `l1` = Σ|p - q|, `kl` = Σ q log(q/p), infinite where a class
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

function sameLength(name: string, truth: readonly number[], predicted: readonly number[]): void {
  if (truth.length !== predicted.length) {
    throw new RangeError(
      `${name}: wanted as many predicted proportions as true ones, got ${predicted.length} and ${truth.length}`,
    );
  }
}
