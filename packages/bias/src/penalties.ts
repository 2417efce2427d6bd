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
  /** Its derivative by p: what the loss pushes with. */
  slope(p: number, q: number, options?: Options): number;
  /** Its second derivative: positive holds a proportion, negative lets it run to an end. */
  curvature(p: number, q: number, options?: Options): number;
  /** Where it is least. */
  minimizer(q: number, options?: Options): number;
  /** Paper and section. */
  readonly source: string;
}

const PAPER = 'Liu et al., arXiv:2104.08717';

const always = () => true;
/** The penalties on marginals are those of the image's own proportions, unless others are the target. */
const ofTheImage = ({ target = 'image', backgroundIndex = 'none' }: Options) =>
  target === 'image' && backgroundIndex === 'none';
const ONE_ONE = [1, 1] as const;

/** [background, foreground] */
function classWeights({ classWeights }: Options = {}): readonly number[] {
  return Array.isArray(classWeights) ? (classWeights as number[]) : ONE_ONE;
}

/** Class weights as they act: cross-entropy divides by those of the pixels seen. */
function actingWeights(q: number, options: Options = {}): [background: number, foreground: number] {
  const [w0, w1] = classWeights(options) as [number, number];
  const sum = options['normalizeBy'] === 'all' ? 1 : w1 * q + w0 * (1 - q);
  return [w0 / sum, w1 / sum];
}

const crossEntropy: MarginalPenalty = {
  formula: '(w₁ q log(q/p) + w₀ (1-q) log((1-q)/(1-p))) / (w₁ q + w₀ (1-q))',
  holds: (options) => !options.labelSmoothing && classWeights(options).length === 2,
  value(p, q, options) {
    const [w0, w1] = actingWeights(q, options);
    return w1 * relative(q, p) + w0 * relative(1 - q, 1 - p);
  },
  slope(p, q, options) {
    const [w0, w1] = actingWeights(q, options);
    return (w0 * (1 - q)) / (1 - p) - (w1 * q) / p;
  },
  curvature(p, q, options) {
    const [w0, w1] = actingWeights(q, options);
    return (w1 * q) / p ** 2 + (w0 * (1 - q)) / (1 - p) ** 2;
  },
  minimizer(q, options) {
    const [w0, w1] = classWeights(options) as [number, number];
    return (w1 * q) / (w1 * q + w0 * (1 - q));
  },
  source: `${PAPER}, §3.2`,
};

const kl: MarginalPenalty = {
  formula: 'q log(q/p) + (1-q) log((1-q)/(1-p))',
  holds: (options) => !options.oneSided && ofTheImage(options),
  value: (p, q) => relative(q, p) + relative(1 - q, 1 - p),
  slope: (p, q) => (1 - q) / (1 - p) - q / p,
  curvature: (p, q) => q / p ** 2 + (1 - q) / (1 - p) ** 2,
  minimizer: (q) => q,
  source: `${PAPER}, §4`,
};

const diceBias: MarginalPenalty = {
  formula: 'log(p + q)',
  holds: always,
  value: (p, q) => Math.log(p + q),
  slope: (p, q) => 1 / (p + q),
  curvature: (p, q) => -1 / (p + q) ** 2,
  minimizer: () => 0,
  source: `${PAPER}, §3.1`,
};

const l1: MarginalPenalty = {
  formula: '|p - q|',
  holds: ofTheImage,
  value: (p, q) => Math.abs(p - q),
  slope: (p, q) => Math.sign(p - q),
  curvature: () => 0,
  minimizer: (q) => q,
  source: `${PAPER}, §4`,
};

const l2: MarginalPenalty = {
  formula: '(p - q)²',
  holds: ofTheImage,
  value: (p, q) => (p - q) ** 2,
  slope: (p, q) => 2 * (p - q),
  curvature: () => 2,
  minimizer: (q) => q,
  source: 'its definition',
};

const reverseKl: MarginalPenalty = {
  formula: 'p log(p/q) + (1-p) log((1-p)/(1-q))',
  holds: ofTheImage,
  value: (p, q) => relative(p, q) + relative(1 - p, 1 - q),
  slope: (p, q) => Math.log(p / q) - Math.log((1 - p) / (1 - q)),
  curvature: (p) => 1 / p + 1 / (1 - p),
  minimizer: (q) => q,
  source: 'its definition',
};

const js: MarginalPenalty = {
  formula: '½ KL(p ‖ m) + ½ KL(q ‖ m), m = (p + q)/2, of foreground and background',
  holds: ofTheImage,
  value(p, q) {
    const m = (p + q) / 2;
    return (relative(p, m) + relative(1 - p, 1 - m) + relative(q, m) + relative(1 - q, 1 - m)) / 2;
  },
  slope: (p, q) => (Math.log((2 * p) / (p + q)) - Math.log((2 * (1 - p)) / (2 - p - q))) / 2,
  curvature: (p, q) => (q / (p * (p + q)) + (1 - q) / ((1 - p) * (2 - p - q))) / 2,
  minimizer: (q) => q,
  source: 'its definition',
};

/** α of false positives, β of false negatives. */
const weightsOf = ({ alpha = 0.5, beta = 0.5 }: Options = {}) => [alpha, beta] as [number, number];

const tversky: MarginalPenalty = {
  formula: 'log(α p + β q)',
  // Otherwise the matching is in it too; without false positives nothing is left.
  holds(options) {
    const [alpha, beta] = weightsOf(options);
    return alpha > 0 && Math.abs(alpha + beta - 1) < 1e-9;
  },
  value(p, q, options) {
    const [alpha, beta] = weightsOf(options);
    return Math.log(alpha * p + beta * q);
  },
  slope(p, q, options) {
    const [alpha, beta] = weightsOf(options);
    return alpha / (alpha * p + beta * q);
  },
  curvature(p, q, options) {
    const [alpha, beta] = weightsOf(options);
    return -((alpha / (alpha * p + beta * q)) ** 2);
  },
  minimizer: () => 0,
  source: `${PAPER}, §3.1, with the weights of Salehi et al., arXiv:1706.05721`,
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
  l2,
  'reverse-kl': reverseKl,
  js,
  tversky,
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
 * ce.slope(0.5, 0.25); // → 1
 * dice.curvature(0.5, 0.5); // → -1
 * ```
 */
export function marginalPenalties(): Readonly<Record<string, MarginalPenalty>> {
  return PENALTIES;
}

/** a log(a/b), 0 where a = 0 */
function relative(a: number, b: number): number {
  return a > 0 ? a * Math.log(a / b) : 0;
}
