import { checkProportions } from './numbers.js';

/** Parameters of the penalties that have some. */
export interface SimplexPenaltyOptions {
  /** Weight of each class; default 1. */
  classWeights?: readonly number[];
  /** Tversky's weight of false positives, and 1 - α that of false negatives; above 0, default ½, which is Dice. */
  alpha?: number;
}

/** A marginal penalty B(p) = Σ_k B_k(p_k) over the proportions of K classes, as long as they are positive. */
export interface SimplexPenalty {
  readonly formula: string;
  value(p: readonly number[], q: readonly number[], options?: SimplexPenaltyOptions): number;
  /** ∂B/∂p_k. */
  gradient(p: readonly number[], q: readonly number[], options?: SimplexPenaltyOptions): number[];
  /** ∂²B/∂p_k²; the mixed derivatives are 0. Positive everywhere: convex, one minimum. Negative: concave, minima at vertices. */
  curvature(p: readonly number[], q: readonly number[], options?: SimplexPenaltyOptions): number[];
  /** Where it is least on the simplex. */
  minimizer(q: readonly number[], options?: SimplexPenaltyOptions): number[];
  /** Paper and section. */
  readonly source: string;
}

/** B_k of one class, its two derivatives, and the minimum of the sum. */
interface Terms {
  value(p: number, q: number, w: number): number;
  gradient(p: number, q: number, w: number): number;
  curvature(p: number, q: number, w: number): number;
  /** What the weight of a class is. */
  weight?(options: SimplexPenaltyOptions, k: number): number;
  minimizer(q: readonly number[], weights: readonly number[]): number[];
}

const PAPER = 'Liu et al., arXiv:2104.08717';

const truth = (q: readonly number[]) => [...q];

/** The vertex of the largest class. */
const vertex = (q: readonly number[]) => {
  const largest = q.indexOf(Math.max(...q));
  return q.map((_, k) => (k === largest ? 1 : 0));
};

const alphaOf = ({ alpha = 0.5 }: SimplexPenaltyOptions) => {
  if (!(alpha > 0 && alpha <= 1))
    throw new RangeError(`simplexPenalties: wanted alpha above 0 and at most 1, got ${alpha}`);
  return alpha;
};

const PENALTIES: Readonly<Record<string, SimplexPenalty>> = {
  kl: penalty('Σ q log(q/p)', `${PAPER}, §3.2`, {
    value: (p, q) => (q > 0 ? q * Math.log(q / p) : 0),
    gradient: (p, q) => (q > 0 ? -q / p : 0),
    curvature: (p, q) => (q > 0 ? q / p ** 2 : 0),
    minimizer: truth,
  }),
  'weighted-ce': penalty('Σ w q log(q/p)', `${PAPER}, §3.2, with class weights`, {
    value: (p, q, w) => (q > 0 ? w * q * Math.log(q / p) : 0),
    gradient: (p, q, w) => (q > 0 ? (-w * q) / p : 0),
    curvature: (p, q, w) => (q > 0 ? (w * q) / p ** 2 : 0),
    weight: ({ classWeights }, k) => classWeights?.[k] ?? 1,
    minimizer(q, w) {
      const sum = q.reduce((total, share, k) => total + w[k]! * share, 0);
      return q.map((share, k) => (w[k]! * share) / sum);
    },
  }),
  dice: penalty('Σ log(p + q)', `${PAPER}, §3.1`, {
    value: (p, q) => Math.log(p + q),
    gradient: (p, q) => 1 / (p + q),
    curvature: (p, q) => -1 / (p + q) ** 2,
    minimizer: vertex,
  }),
  tversky: penalty('Σ log(α p + (1-α) q)', `${PAPER}, §3.1, with Tversky's weights`, {
    value: (p, q, a) => Math.log(a * p + (1 - a) * q),
    gradient: (p, q, a) => a / (a * p + (1 - a) * q),
    curvature: (p, q, a) => -((a / (a * p + (1 - a) * q)) ** 2),
    weight: alphaOf,
    minimizer: vertex,
  }),
  l1: penalty('Σ |p - q|', `${PAPER}, §4`, {
    value: (p, q) => Math.abs(p - q),
    gradient: (p, q) => Math.sign(p - q),
    curvature: () => 0,
    minimizer: truth,
  }),
  l2: penalty('Σ (p - q)²', 'as the loss l2', {
    value: (p, q) => (p - q) ** 2,
    gradient: (p, q) => 2 * (p - q),
    curvature: () => 2,
    minimizer: truth,
  }),
  'reverse-kl': penalty('Σ p log(p/q)', 'as the loss reverse-kl', {
    value: (p, q) => (p > 0 ? p * Math.log(p / q) : 0),
    gradient: (p, q) => Math.log(p / q) + 1,
    curvature: (p) => 1 / p,
    minimizer: truth,
  }),
  js: penalty('Σ ½ q log(2q/(p+q)) + ½ p log(2p/(p+q))', 'as the loss js', {
    value: (p, q) =>
      0.5 * ((q > 0 ? q * Math.log((2 * q) / (p + q)) : 0) + (p > 0 ? p * Math.log((2 * p) / (p + q)) : 0)),
    gradient: (p, q) => 0.5 * Math.log((2 * p) / (p + q)),
    curvature: (p, q) => (0.5 * q) / (p * (p + q)),
    minimizer: truth,
  }),
};

/** The sum of one-class terms, with checks. */
function penalty(formula: string, source: string, terms: Terms): SimplexPenalty {
  const weight = (options: SimplexPenaltyOptions, k: number) => terms.weight?.(options, k) ?? 1;
  const each =
    (of: 'value' | 'gradient' | 'curvature') =>
    (p: readonly number[], q: readonly number[], options: SimplexPenaltyOptions = {}) => {
      checkProportions('simplexPenalties', p, q);
      checkWeights(options, q.length);
      return p.map((share, k) => terms[of](share, q[k]!, weight(options, k)));
    };
  const values = each('value');
  return {
    formula,
    source,
    value: (p, q, options) => values(p, q, options).reduce((sum, value) => sum + value, 0),
    gradient: each('gradient'),
    curvature: each('curvature'),
    minimizer(q, options = {}) {
      checkProportions('simplexPenalties', q);
      checkWeights(options, q.length);
      return terms.minimizer(q, q.map((_, k) => weight(options, k))); // prettier-ignore
    },
  };
}

function checkWeights({ classWeights }: SimplexPenaltyOptions, classes: number): void {
  if (classWeights === undefined || classWeights.length === classes) return;
  throw new RangeError(
    `simplexPenalties: wanted ${classes} classWeights, one for each class, got ${classWeights.length}`,
  );
}

/**
 * The marginal penalties over the proportions of K classes, with gradient, curvature and minimum in closed form: `kl` (that of
 * cross-entropy), `weighted-ce`, `dice`, `tversky`, `l1`, `l2`, `reverse-kl`, `js`.
 *
 * Those of Dice and Tversky are concave, so they are least at a vertex, that of the largest class; the others are convex.
 *
 * @example
 * ```ts
 * const { kl, dice } = simplexPenalties();
 * kl.minimizer([0.7, 0.2, 0.1]); // → [0.7, 0.2, 0.1]
 * dice.minimizer([0.7, 0.2, 0.1]); // → [1, 0, 0]
 * kl.gradient([0.5, 0.5], [0.75, 0.25]); // → [-1.5, -0.5]
 * dice.curvature([0.5, 0.5], [0.5, 0.5]); // → [-1, -1]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3 and §4.
 */
export function simplexPenalties(): Readonly<Record<string, SimplexPenalty>> {
  return PENALTIES;
}
