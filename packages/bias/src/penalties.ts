/** The options of a term, as its definition knows them. */
type Options = Readonly<Record<string, unknown>>;

/** The marginal penalty of a loss for one foreground class: its true proportion q against the predicted p. */
export interface MarginalPenalty {
  /** The formula. */
  readonly formula: string;
  /** Whether the formula holds for a loss with these options. */
  holds(options: Options): boolean;
  /** Penalty at p, up to a constant; both proportions between 0 and 1. */
  value(p: number, q: number, options?: Options): number;
  /** Where it is least. */
  minimizer(q: number, options?: Options): number;
  /** Paper and section. */
  readonly source: string;
}

const PAPER = 'Liu et al., arXiv:2104.08717';

const always = () => true;
const ONE_ONE = [1, 1] as const;

/** [background, foreground] */
function classWeights({ classWeights }: Options = {}): readonly number[] {
  return Array.isArray(classWeights) ? (classWeights as number[]) : ONE_ONE;
}

const crossEntropy: MarginalPenalty = {
  formula: 'w₁ q log(q/p) + w₀ (1-q) log((1-q)/(1-p))',
  holds: (options) => !options.labelSmoothing && classWeights(options).length === 2,
  value(p, q, options) {
    const [w0, w1] = classWeights(options) as [number, number];
    return w1 * relative(q, p) + w0 * relative(1 - q, 1 - p);
  },
  minimizer(q, options) {
    const [w0, w1] = classWeights(options) as [number, number];
    return (w1 * q) / (w1 * q + w0 * (1 - q));
  },
  source: `${PAPER}, §3.2`,
};

const kl: MarginalPenalty = {
  formula: 'q log(q/p) + (1-q) log((1-q)/(1-p))',
  holds: ({ oneSided }) => !oneSided,
  value: (p, q) => relative(q, p) + relative(1 - q, 1 - p),
  minimizer: (q) => q,
  source: `${PAPER}, §4`,
};

const diceBias: MarginalPenalty = {
  formula: 'log(p + q)',
  holds: always,
  value: (p, q) => Math.log(p + q),
  minimizer: () => 0,
  source: `${PAPER}, §3.1`,
};

const l1: MarginalPenalty = {
  formula: '|p - q|',
  holds: always,
  value: (p, q) => Math.abs(p - q),
  minimizer: (q) => q,
  source: `${PAPER}, §4`,
};

/** By spec name of the loss. Dice itself is a monotone function of its logarithm, so it leans the same way. */
const PENALTIES: Readonly<Record<string, MarginalPenalty>> = {
  ce: crossEntropy,
  bce: { ...kl, holds: ({ positiveWeight }) => (positiveWeight ?? 1) === 1, source: `${PAPER}, §3.2` },
  kl,
  dice: diceBias,
  'log-dice': diceBias,
  'dice-bias': diceBias,
  l1,
};

/**
 * The marginal penalties that are known in closed form, by spec name of their loss; binary (one foreground class).
 *
 * @example
 * ```ts
 * const { dice, ce } = marginalPenalties();
 * dice.minimizer(0.1); // → 0
 * ce.minimizer(0.1); // → 0.1
 * ce.minimizer(0.1, { classWeights: [1, 9] }); // → 0.5
 * ce.value(0.5, 0.25); // → 0.1308
 * ```
 */
export function marginalPenalties(): Readonly<Record<string, MarginalPenalty>> {
  return PENALTIES;
}

/** a log(a/b), 0 where a = 0 */
function relative(a: number, b: number): number {
  return a > 0 ? a * Math.log(a / b) : 0;
}
