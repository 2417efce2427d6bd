// The paper's identities on plain float64 numbers.

/** Throws unless both are proportions of as many classes. */
export function checkProportions(name: string, ...lists: readonly (readonly number[])[]): void {
  const length = lists[0]!.length;
  for (const list of lists) {
    if (list.length !== length || length === 0) {
      throw new RangeError(
        `${name}: wanted lists of one length, got ${lists.map((each) => each.length).join(' and ')}`,
      );
    }
    const wrong = list.find((share) => !(share >= 0 && share <= 1 + 1e-9));
    if (wrong !== undefined) throw new RangeError(`${name}: wanted proportions from 0 to 1, got ${wrong}`);
  }
}

/**
 * Returns the entropy H(q) = -Σ q log q, in nats; 0 log 0 = 0.
 *
 * @example
 * ```ts
 * entropy([0.5, 0.5]); // → 0.6931
 * ```
 */
export function entropy(q: readonly number[]): number {
  checkProportions('entropy', q);
  return q.reduce((sum, share) => sum - (share > 0 ? share * Math.log(share) : 0), 0);
}

/**
 * Returns KL(q ‖ p) = Σ q log(q/p), in nats: the marginal penalty of cross-entropy; infinite where p = 0 < q.
 *
 * @example
 * ```ts
 * klDivergence([0.75, 0.25], [0.5, 0.5]); // → 0.1308
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.2.
 */
export function klDivergence(q: readonly number[], p: readonly number[]): number {
  checkProportions('klDivergence', q, p);
  return q.reduce((sum, share, k) => sum + (share > 0 ? share * Math.log(share / p[k]!) : 0), 0);
}

/**
 * Returns ‖p - q‖₁ = Σ |p - q|.
 *
 * @example
 * ```ts
 * l1Distance([0.75, 0.25], [0.5, 0.5]); // → 0.5
 * ```
 */
export function l1Distance(q: readonly number[], p: readonly number[]): number {
  checkProportions('l1Distance', q, p);
  return q.reduce((sum, share, k) => sum + Math.abs(share - p[k]!), 0);
}

/**
 * Returns the parts of -log Tversky of a class, exactly: matching -log m, marginal penalty log(α p + β q) and constant -log q,
 * for α + β = 1; α weighs false positives, β false negatives. Dice is α = β = ½.
 *
 * @param class `p` predicted, `q` true proportion (positive), `m` mean probability inside the true region.
 * @throws {RangeError} If α + β is not 1 or q is not positive.
 *
 * @example
 * ```ts
 * const { matching, marginalPenalty, constant } = logTverskyParts({ p: 0.2, q: 0.1, m: 0.8 });
 * matching + marginalPenalty + constant; // → 0.6286
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.1, for Dice.
 */
export function logTverskyParts(
  { p, q, m }: { p: number; q: number; m: number },
  { alpha = 0.5, beta = 1 - alpha }: { alpha?: number; beta?: number } = {},
): { matching: number; marginalPenalty: number; constant: number } {
  if (Math.abs(alpha + beta - 1) > 1e-12 || alpha < 0 || beta < 0) {
    throw new RangeError(`logTverskyParts: wanted alpha + beta = 1, got ${alpha} + ${beta}`);
  }
  if (!(q > 0)) throw new RangeError(`logTverskyParts: wanted a positive true proportion q, got ${q}`);
  return { matching: -Math.log(m), marginalPenalty: Math.log(alpha * p + beta * q), constant: -Math.log(q) };
}

/**
 * Returns the Tversky score of a class from p, q and m: q m / (q m (1-α-β) + α p + β q). Jaccard is α = β = 1.
 *
 * @example
 * ```ts
 * tverskyScore({ p: 0.2, q: 0.1, m: 0.8 }); // → 0.5333
 * tverskyScore({ p: 0.2, q: 0.1, m: 0.8 }, { alpha: 1, beta: 1 }); // → 0.3636
 * ```
 */
export function tverskyScore(
  { p, q, m }: { p: number; q: number; m: number },
  { alpha = 0.5, beta = 0.5 }: { alpha?: number; beta?: number } = {},
): number {
  return (q * m) / (q * m * (1 - alpha - beta) + alpha * p + beta * q);
}

/**
 * Returns the parts of -log Jaccard of a class, exactly: the union takes the place of Dice's p + q, and it falls when the matching rises, so the
 * penalty is not of the proportions alone.
 *
 *     -log Jaccard = -log m + log(p + q - q m) - log q
 *
 * @param class `p` predicted, `q` true proportion (positive), `m` mean probability inside the true region.
 * @throws {RangeError} If q is not positive.
 *
 * @example
 * ```ts
 * const { matching, union, constant } = logJaccardParts({ p: 0.2, q: 0.1, m: 0.8 });
 * Math.exp(-(matching + union + constant)); // → 0.3636
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.1, for Dice; Jaccard = Dice / (2 - Dice).
 */
export function logJaccardParts({ p, q, m }: { p: number; q: number; m: number }): {
  matching: number;
  union: number;
  constant: number;
} {
  if (!(q > 0)) throw new RangeError(`logJaccardParts: wanted a positive true proportion q, got ${q}`);
  return { matching: -Math.log(m), union: Math.log(p + q - q * m), constant: -Math.log(q) };
}

/** A bound: `left` is at most `right`. */
export interface Bound {
  readonly left: number;
  readonly right: number;
  /** Whether it is, to twelve digits; it always is for numbers that belong together. */
  readonly holds: boolean;
}

const bound = (left: number, right: number): Bound => ({
  left,
  right,
  holds: left <= right + 1e-12 * Math.max(1, Math.abs(right)),
});

/**
 * Jensen: Σ q_k F_k ≤ CE. Cross-entropy bounds the matching term of Dice from above.
 *
 * @param q True proportions. @param m Mean probability inside each true region. @param crossEntropy Its value.
 *
 * @example
 * ```ts
 * jensenBound([0.5, 0.5], [0.5, 0.5], 0.7).left; // → 0.6931
 * ```
 */
export function jensenBound(q: readonly number[], m: readonly number[], crossEntropy: number): Bound {
  return bound(weightedMatching('jensenBound', q, m), crossEntropy);
}

/**
 * Returns the reverse bound, where every probability of a true class is at least ε: CE ≤ c Σ q_k F_k with c = -log(ε)/(1-ε).
 *
 * @example
 * ```ts
 * reverseBound([0.5, 0.5], [0.5, 0.5], 0.6931, 0.1).right; // → 1.7734
 * ```
 */
export function reverseBound(
  q: readonly number[],
  m: readonly number[],
  crossEntropy: number,
  epsilon: number,
): Bound {
  if (!(epsilon > 0 && epsilon < 1))
    throw new RangeError(`reverseBound: wanted epsilon between 0 and 1, got ${epsilon}`);
  const factor = -Math.log(epsilon) / (1 - epsilon);
  return bound(crossEntropy, factor * weightedMatching('reverseBound', q, m));
}

/**
 * Returns Pinsker's bound: ½ ‖p - q‖₁² ≤ KL(q ‖ p).
 *
 * @example
 * ```ts
 * pinskerBound([0.75, 0.25], [0.5, 0.5]); // → { left: 0.125, right: 0.1308, holds: true }
 * ```
 */
export function pinskerBound(q: readonly number[], p: readonly number[]): Bound {
  return bound(0.5 * l1Distance(q, p) ** 2, klDivergence(q, p));
}

function weightedMatching(name: string, q: readonly number[], m: readonly number[]): number {
  checkProportions(name, q, m);
  return q.reduce((sum, share, k) => sum + (share > 0 ? -share * Math.log(m[k]!) : 0), 0);
}
