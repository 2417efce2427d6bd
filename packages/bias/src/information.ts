import { checkProportions, entropy, klDivergence } from './numbers.js';

/**
 * Returns H(q) + KL(q ‖ p) = -Σ q log p, in nats: the cross-entropy of the proportions alone. It equals the pixelwise cross-entropy of a
 * prediction that is the same at every pixel.
 *
 * @example
 * ```ts
 * marginalCrossEntropy([0.75, 0.25], [0.5, 0.5]); // → 0.6931
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.2.
 */
export function marginalCrossEntropy(q: readonly number[], p: readonly number[]): number {
  return entropy(q) + klDivergence(q, p);
}

/**
 * Returns the ground-truth matching of Dice, F = -log m: m is the mean probability inside the true region, 0 to 1.
 *
 * @throws {RangeError} If m is no number from 0 to 1.
 *
 * @example
 * ```ts
 * groundTruthMatching(0.5); // → 0.6931
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.1.
 */
export function groundTruthMatching(m: number): number {
  if (!(m >= 0 && m <= 1)) throw new RangeError(`groundTruthMatching: wanted m from 0 to 1, got ${m}`);
  return -Math.log(m);
}

/**
 * Returns the ground-truth matching of cross-entropy in the generative view, -Σ_k q_k (1/|Y_k|) Σ_{i∈Y_k} log(s_ik / p_k): what the pixels add to
 * the proportions; 0 for a prediction that is the same everywhere, negative for one that knows the regions.
 *
 * @param logLikelihood Mean log probability inside each true region; not read where q is 0.
 *
 * @example
 * ```ts
 * generativeMatching({ q: [0.5, 0.5], p: [0.5, 0.5], logLikelihood: [Math.log(0.9), Math.log(0.9)] }); // → -0.5878
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.2, by Bayes' rule s = p · s/p.
 */
export function generativeMatching({
  q,
  p,
  logLikelihood,
}: {
  q: readonly number[];
  p: readonly number[];
  logLikelihood: readonly number[];
}): number {
  checkProportions('generativeMatching', q, p);
  return q.reduce(
    (sum, share, k) => sum - (share > 0 ? share * (logLikelihood[k]! - Math.log(p[k]!)) : 0),
    0,
  );
}

/**
 * Returns the conditional entropy of the predicted class, (1/n) Σ_i H(s_i), in nats: how uncertain the prediction is, whatever the truth.
 *
 * @param probabilities A row for each pixel; ignored ones left out.
 * @throws {RangeError} If there is no row.
 *
 * @example
 * ```ts
 * conditionalEntropy([[0.5, 0.5], [0, 1]]); // → 0.3466
 * ```
 */
export function conditionalEntropy(probabilities: readonly (readonly number[])[]): number {
  if (probabilities.length === 0)
    throw new RangeError('conditionalEntropy: wanted at least one pixel, got none');
  return probabilities.reduce((sum, s) => sum + entropy(s), 0) / probabilities.length;
}

/**
 * Returns the mutual information of pixel and predicted class, H(p) - (1/n) Σ_i H(s_i), in nats: 0 where every pixel has the same probabilities.
 *
 * @param probabilities A row for each pixel; ignored ones left out.
 * @throws {RangeError} If there is no row.
 *
 * @example
 * ```ts
 * mutualInformation([[1, 0], [0, 1]]); // → 0.6931
 * mutualInformation([[0.3, 0.7], [0.3, 0.7]]); // → 0.0000
 * ```
 */
export function mutualInformation(probabilities: readonly (readonly number[])[]): number {
  const within = conditionalEntropy(probabilities);
  const n = probabilities.length;
  const p = probabilities[0]!.map((_, k) => probabilities.reduce((sum, s) => sum + s[k]!, 0) / n);
  return entropy(p) - within;
}
