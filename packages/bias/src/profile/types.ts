// The result of lossProfile: plain JSON, numbers and lists only (no NaN or ∞: JSON has none, so these stand as null).

/** A number, or null where the loss gave NaN or ∞ (or no gradient); a finding says which. */
export type Measured = number | null;

/** How the predictions of a curve differ: see {@link ProfileCurve}. */
export type ProfileFamily = 'uniform' | 'nested' | 'noise' | 'matched';

/** What is wrong with a loss, as far as its profile shows. */
export interface Finding {
  /**
   * `nan`, `infinite`: of a value or gradient. `no-gradient`: tfjs has no derivative, or it is 0 where the value moves. `wrong-gradient`:
   * finite differences disagree. `error`: the loss threw; that part of the profile is left out.
   */
  readonly kind: 'nan' | 'infinite' | 'no-gradient' | 'wrong-gradient' | 'error';
  /** Part of the profile: a family, `gradient`, `posterior shifted`, `simplex`, ... */
  readonly where: string;
  /** One sentence. */
  readonly message: string;
}

/** Where a curve is least. */
export interface Minimizer {
  /** Predicted proportion; the end of the family itself (0 or 1, mostly) where the curve still falls there. */
  readonly p: number;
  /** The least value lies between these, as far as float32 tells; wide where the curve is flat. */
  readonly low: number;
  readonly high: number;
  /** Whether it is an end of the family: nothing holds the prediction there. */
  readonly edge: 'none' | 'low' | 'high';
}

/** A proportion at which the force changes its sign. */
export interface Equilibrium {
  readonly p: number;
  /** Whether training comes here (the force pushes back from both sides), or leaves. */
  readonly stable: boolean;
}

/**
 * A loss along predictions `z = z₀ + b` of which the proportion p moves with the shift b, and the ranking of the pixels stays. One
 * foreground class of the proportion q, a disc:
 *
 * - `uniform`: every pixel has the probability p, as before any training.
 * - `nested`: discs with a blurred border about the true center; the one of p = q is right.
 * - `noise`: scores of signal detection, two normal distributions d' = 2 apart; calibrated at p = q, nearly.
 * - `matched`: the true region keeps the probability ½ and only the rest is shifted, so that the ground-truth matching is
 *   constant: for losses of the Dice family what is left is the marginal penalty.
 */
export interface ProfileCurve {
  readonly family: ProfileFamily;
  /** True proportion of the foreground, as the pixels have it. */
  readonly q: number;
  /** Predicted proportions, rising. */
  readonly p: readonly number[];
  /** The loss at each. */
  readonly value: readonly Measured[];
  /** dL/dp along the family. */
  readonly slope: readonly Measured[];
  /** dL/db, the derivative along the shift; except in `matched` the marginal force f = Σ_i ∂L/∂z_i. Positive: p gets smaller. */
  readonly force: readonly Measured[];
  /** Null where the loss is nowhere finite. */
  readonly minimizer: Minimizer | null;
  /** Where the force vanishes. */
  readonly equilibria: readonly Equilibrium[];
}

/** `label-noise`: labels flip at random. `blurred-border`: readers draw larger and smaller. `shifted`: they draw elsewhere. */
export type PosteriorName = 'label-noise' | 'blurred-border' | 'shifted';

/** The prediction that minimizes the expected loss when the labels are uncertain. */
export interface PosteriorResult {
  readonly name: PosteriorName;
  /** Width and height of the map, in pixels. */
  readonly size: number;
  /** Share of the readers that give each pixel to the foreground, row by row. */
  readonly posterior: readonly number[];
  /** Probability of the foreground in the minimizing prediction, row by row. */
  readonly prediction: readonly number[];
  /** Mean proportion of the foreground in the labels. */
  readonly volume: number;
  /** Proportion in the minimizing prediction: mean probability, and share of the pixels above ½. */
  readonly soft: number;
  readonly hard: number;
  /** soft / volume: 1 keeps the volume. */
  readonly softRatio: number;
  /** hard / volume. */
  readonly hardRatio: number;
  /** The expected loss there. */
  readonly value: number;
  /** Largest change of a probability over the last tenth of the steps: small where the search came to rest. */
  readonly unrest: number;
  /**
   * The hard prediction as a threshold on the posterior, which lies between these two; null where it is no threshold (a pixel less
   * likely is in and one more likely is out).
   */
  readonly threshold: { readonly low: number; readonly high: number } | null;
}

/** One number for each of three classes. */
export type Triple = readonly [number, number, number];

/** A loss of three classes over the proportions of a prediction that is the same at every pixel. */
export interface SimplexMap {
  /** True proportions. */
  readonly q: Triple;
  readonly points: readonly {
    readonly p: Triple;
    readonly value: Measured;
    /** dp/dt of gradient descent on the output bias: where training pushes the proportions. Sums to 0. Null without gradient. */
    readonly flow: Triple | null;
  }[];
  /** Where the loss is least, the vertex or side itself where it falls up to there; null where the loss is nowhere finite. */
  readonly minimum: Triple | null;
}

/** The region sizes that a loss prefers, measured. */
export interface LossProfile {
  /** The loss as text. */
  readonly spec: string;
  /** Logits of one channel (sigmoid), or of two (softmax) where the loss does not take one. */
  readonly mode: 'binary' | 'multiclass';
  /** Empty for a sound loss. */
  readonly findings: readonly Finding[];
  /** One curve for each family and q, families first. */
  readonly families: readonly ProfileCurve[];
  readonly posterior: readonly PosteriorResult[];
  /** Three classes; left out for a loss that takes no three or reads each channel by a sigmoid. */
  readonly simplex?: SimplexMap;
}

/** Options of {@link lossProfile}. */
export interface LossProfileOptions {
  /** True proportions of the foreground, each above 0 and below 1. Default 0.001, 0.02, 0.2, 0.6. */
  q?: readonly number[];
  /** Default: all four. */
  families?: readonly ProfileFamily[];
  /** Predicted proportions on each curve, at least 5. Default 17. */
  points?: number;
  /**
   * Predicted over true sizes p/q of each curve in place of `points`, rising and above 0; those that a family cannot have are left out. The
   * true proportion is counted in the pixels of the image.
   */
  ratios?: readonly number[];
  /** Largest width of the images in pixels, at least 16: regions below 5 / width² of the image get fewer than five pixels. Default 32. */
  largestSide?: number;
  /** Whether, or on which of the three maps, to search the best prediction under uncertain labels. Default true: on all. */
  posterior?: boolean | readonly PosteriorName[];
  /** True proportions of three classes for the simplex, or false. Default [0.7, 0.2, 0.1]. */
  simplex?: Triple | false;
  /** Default: `binary`, or `multiclass` where the loss takes no single channel. */
  mode?: 'binary' | 'multiclass';
  /** Epoch (0-based) at which schedules are read. Default 0. */
  epoch?: number;
}
