// Marginal forces f_k = Σ_i ∂L/∂z_ik in closed form, float64: what marginalForce measures of the loss itself.
import { countedRows, regionQuantities, type Pixel } from './quantities.js';

type Labels = ArrayLike<number>;
type Probabilities = readonly ArrayLike<number>[];

/**
 * Returns the mean softmax covariance C_jk = (1/n) Σ_i s_ij (δ_jk - s_ik) = ∂p_j/∂b_k: how the proportions change with a shift of class k's logit.
 * Rows and columns sum to 0.
 *
 * @param probabilities A row for each pixel, whose sum is 1; ignored ones left out.
 * @throws {RangeError} If there is no row.
 *
 * @example
 * ```ts
 * softmaxCovariance([[0.5, 0.5], [0, 1]]); // → [[0.125, -0.125], [-0.125, 0.125]]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.
 */
export function softmaxCovariance(probabilities: Probabilities): number[][] {
  if (probabilities.length === 0)
    throw new RangeError('softmaxCovariance: wanted at least one pixel, got none');
  return covariance(probabilities, probabilities.length);
}

function covariance(rows: Probabilities, n: number, classes = rows[0]!.length): number[][] {
  const C = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const s of rows) {
    for (let j = 0; j < classes; j++)
      for (let k = 0; k < classes; k++) C[j]![k]! += (s[j]! * ((j === k ? 1 : 0) - s[k]!)) / n;
  }
  return C;
}

/** f = Σ_j slope_j C_jk */
function through(C: readonly (readonly number[])[], slopes: readonly number[]): number[] {
  return C.map((_, k) => slopes.reduce((sum, slope, j) => sum + (slope === 0 ? 0 : slope * C[j]![k]!), 0));
}

/**
 * Marginal force of cross-entropy, p - q; with class weights Σ_i w_y (s_ik - y_ik) / Σ_i w_y.
 *
 * @param labels Class of each pixel, 255 is ignored. @param probabilities A row for each pixel. @param classWeights One for each class.
 * @throws {RangeError} If lists do not fit.
 *
 * @example
 * ```ts
 * crossEntropyForce([0, 0, 0, 1], Array(4).fill([0.5, 0.5])); // → [-0.25, 0.25]
 * crossEntropyForce([0, 0, 0, 1], Array(4).fill([0.5, 0.5]), [1, 3]); // → [0, 0]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.2, for the unweighted one.
 */
export function crossEntropyForce(
  labels: Labels,
  probabilities: Probabilities,
  classWeights?: readonly number[],
): number[] {
  const rows = countedRows('crossEntropyForce', labels, probabilities);
  const classes = probabilities[0]!.length;
  const w = classWeights ?? new Array<number>(classes).fill(1);
  if (w.length !== classes) {
    throw new RangeError(
      `crossEntropyForce: wanted ${classes} classWeights, one for each class, got ${w.length}`,
    );
  }
  const total = rows.reduce((sum, { y }) => sum + w[y]!, 0);
  return Array.from({ length: classes }, (_, k) =>
    rows.reduce((sum, { y, s }) => sum + (w[y]! / total) * (s[k]! - (y === k ? 1 : 0)), 0),
  );
}

/**
 * Returns the marginal force of focal loss with softmax, the mean over pixels of g(s_y) (y_ik - s_ik) with
 *
 *     g(s) = s d/ds( -(1-s)^γ log s ) = γ s (1-s)^(γ-1) log s - (1-s)^γ
 *
 * @param labels Class of each pixel, 255 is ignored. @param probabilities A row for each pixel, whose sum is 1.
 * @param options `gamma` ≥ 0, 2 by default; 0 is cross-entropy.
 * @throws {RangeError} If lists do not fit or γ is negative.
 *
 * @example
 * ```ts
 * focalForce([0, 0, 0, 1], Array(4).fill([0.5, 0.5]), { gamma: 0 }); // → [-0.25, 0.25]
 * focalForce([0, 0, 0, 1], Array(4).fill([0.5, 0.5])); // → [-0.1491, 0.1491]
 * ```
 *
 * @see Lin et al., arXiv:1708.02002, appendix B, for the derivative.
 */
export function focalForce(
  labels: Labels,
  probabilities: Probabilities,
  { gamma = 2 }: { gamma?: number } = {},
): number[] {
  if (!(gamma >= 0)) throw new RangeError(`focalForce: wanted gamma of at least 0, got ${gamma}`);
  const rows = countedRows('focalForce', labels, probabilities);
  const g = (s: number) =>
    (gamma === 0 || s === 1 ? 0 : gamma * s * (1 - s) ** (gamma - 1) * Math.log(s)) - (1 - s) ** gamma;
  return Array.from({ length: probabilities[0]!.length }, (_, k) =>
    rows.reduce((sum, { y, s }) => sum + (g(s[y]!) * ((y === k ? 1 : 0) - s[k]!)) / rows.length, 0),
  );
}

/**
 * Returns the marginal force of Tversky's loss without smoothing, the mean over classes: through the overlap and through the size.
 *
 *     T = O / ((1-α-β) O + α p + β q),  ∂T/∂O = (α p + β q)/D²,  ∂T/∂p = -α O/D²,  D the denominator, O = q m
 *
 * Dice is α = β = ½, Jaccard α = β = 1; `log` gives -log T in place of 1 - T.
 *
 * @param labels Class of each pixel, 255 is ignored; every class must be there. @param probabilities A row for each pixel, whose sum is 1.
 * @throws {RangeError} If lists do not fit.
 *
 * @example
 * ```ts
 * tverskyForce([0, 1], [[0.5, 0.5], [0.5, 0.5]]); // → [0, 0]
 * tverskyForce([0, 0, 0, 1], Array(4).fill([0.5, 0.5])); // → [-0.0622, 0.0622]
 * ```
 *
 * @see Salehi et al., arXiv:1706.05721, §2; Liu et al., arXiv:2104.08717, §3.1.
 */
export function tverskyForce(
  labels: Labels,
  probabilities: Probabilities,
  { alpha = 0.5, beta = 0.5, log = false }: { alpha?: number; beta?: number; log?: boolean } = {},
): number[] {
  const rows = countedRows('tverskyForce', labels, probabilities);
  const { q, p, m } = regionQuantities(labels, probabilities);
  const K = q.length;
  const C = covariance(all(rows), rows.length, K);
  const inside = q.map((_, j) => covariance(all(rows.filter(({ y }) => y === j)), rows.length, K)[j]!);
  return q.map((_, k) =>
    q.reduce((sum, __, j) => {
      const O = q[j]! * m[j]!;
      const sizes = alpha * p[j]! + beta * q[j]!;
      const D = (1 - alpha - beta) * O + sizes;
      const rise = (sizes * inside[j]![k]! - alpha * O * C[j]![k]!) / D ** 2; // of T
      return sum - rise / (log ? O / D : 1) / K;
    }, 0),
  );
}

const all = (rows: readonly Pixel[]) => rows.map(({ s }) => s);

/**
 * Returns the marginal force of a penalty B(p) on the proportions, Σ_j B'_j C_jk: of ‖p - q‖₁ with the slopes sign(p - q), of KL(q ‖ p) with -q/p.
 *
 * @param slopes Derivative of the penalty by each proportion, as {@link simplexPenalties} gives it.
 * @param probabilities A row for each pixel, whose sum is 1; ignored ones left out.
 * @throws {RangeError} If there is no row or the lists do not fit.
 *
 * @example
 * ```ts
 * const { l1 } = simplexPenalties();
 * penaltyForce(l1.gradient([0.4, 0.6], [0.75, 0.25]), [[0.4, 0.6]]); // → [-0.48, 0.48]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §4.
 */
export function penaltyForce(slopes: readonly number[], probabilities: Probabilities): number[] {
  const C = softmaxCovariance(probabilities);
  if (C.length !== slopes.length) {
    throw new RangeError(
      `penaltyForce: wanted a slope for each of ${C.length} classes, got ${slopes.length}`,
    );
  }
  return through(C, slopes);
}

/**
 * Returns the marginal force of a loss that is linear in the probabilities, (1/n) Σ_i Σ_k φ_ik s_ik, as the boundary loss, whose φ is the signed
 * distance to each region: (1/n) Σ_i s_ik ( φ_ik - Σ_j φ_ij s_ij ).
 *
 * @param costs φ, a row for each pixel. @param probabilities A row for each pixel, whose sum is 1; ignored ones left out.
 * @throws {RangeError} If lists do not fit.
 *
 * @example
 * ```ts
 * linearForce([[0, -1], [0, 2]], [[0.5, 0.5], [0.5, 0.5]]); // → [-0.125, 0.125]
 * ```
 *
 * @see Kervadec et al., "Boundary loss for highly unbalanced segmentation", MIDL 2019, arXiv:1812.07032, §2.
 */
export function linearForce(costs: Probabilities, probabilities: Probabilities): number[] {
  const n = probabilities.length;
  if (costs.length !== n || n === 0) {
    throw new RangeError(
      `linearForce: wanted a row of costs for each row of probabilities, got ${costs.length} and ${n}`,
    );
  }
  return Array.from({ length: probabilities[0]!.length }, (_, k) =>
    probabilities.reduce((sum, s, i) => {
      const mean = Array.from(s).reduce((total, share, j) => total + share * costs[i]![j]!, 0);
      return sum + (s[k]! * (costs[i]![k]! - mean)) / n;
    }, 0),
  );
}
