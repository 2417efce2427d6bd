// What losses and kernels agree on: the names and attributes of the fused kernels, and the statistics as data. It imports
// nothing, so that @segloss/kernels and its build script read it too.

/** The function that turns logits into probabilities. */
export type Activation = 'softmax' | 'sigmoid';

/**
 * Quantities of a pixel and class that depend on the logits: the probability `s`, its complement `c` = 1 - s, their
 * logarithms, and `t` and `tc`, which are `s` and `c` at the temperature. A softmax has only `s`, `logS` and `t`.
 */
export type Variable = 's' | 'c' | 'logS' | 'logC' | 't' | 'tc';

/** A formula in prefix form: `['*', 2, 's']` is 2 s; `y` is the label's probability. */
export type Formula =
  number | Variable | 'y' | readonly ['*' | '-', Formula, Formula] | readonly ['abs' | 'sign', Formula];

/** One sum over pixels, Σ weight · value. */
export interface Statistic {
  /** The factor that depends on labels only: `v` is 1 at valid pixels, `y` the label's probability. */
  readonly weight: 'v' | 'y' | 'v-y';
  /** What the value depends on; absent where it is the labels alone. */
  readonly variable?: Variable;
  /** A formula in the variable and `y`. */
  readonly value: Formula;
  /** The derivative of `value` by the variable. */
  readonly slope?: Formula;
}

/**
 * Every statistic, declared once: the composed tfjs operations, the loops of the cpu backend, the WGSL shaders and the
 * AssemblyScript terms are all made from this table. The position is the statistic's slot in the wasm kernels.
 */
const TABLE = {
  count: { weight: 'v', value: 1 },
  target: { weight: 'y', value: 1 },
  targetSquares: { weight: 'y', value: 'y' },
  predicted: { weight: 'v', variable: 's', value: 's', slope: 1 },
  predictedSquares: { weight: 'v', variable: 's', value: ['*', 's', 's'], slope: ['*', 2, 's'] },
  overlap: { weight: 'y', variable: 's', value: 's', slope: 1 },
  overlapSquares: { weight: 'y', variable: 's', value: ['*', 's', 's'], slope: ['*', 2, 's'] },
  difference: {
    weight: 'v',
    variable: 's',
    value: ['abs', ['-', 's', 'y']],
    slope: ['sign', ['-', 's', 'y']],
  },
  logLikelihood: { weight: 'y', variable: 'logS', value: 'logS', slope: 1 },
  logSum: { weight: 'v', variable: 'logS', value: 'logS', slope: 1 },
  tempered: { weight: 'v', variable: 't', value: 't', slope: 1 },
  predictedComplement: { weight: 'v', variable: 'c', value: 'c', slope: 1 },
  temperedComplement: { weight: 'v', variable: 'tc', value: 'tc', slope: 1 },
  complementLogLikelihood: { weight: 'v-y', variable: 'logC', value: 'logC', slope: 1 },
  complementLogSum: { weight: 'v', variable: 'logC', value: 'logC', slope: 1 },
} as const satisfies Record<string, Statistic>;

/** The sums over pixels that a region loss can ask for; see {@link regionStatistics}. */
export type StatisticName = keyof typeof TABLE;

/** The declaration of each statistic. */
export const STATISTIC_TABLE: Readonly<Record<StatisticName, Statistic>> = TABLE;

/** All statistics, which a sigmoid has; fused kernels number them in this order. */
export const STATISTICS = Object.keys(TABLE) as readonly StatisticName[];

const VARIABLES_OF_SOFTMAX: readonly (Variable | undefined)[] = [undefined, 's', 'logS', 't'];

/** The statistics that a softmax has: those of the probabilities, but not of their complements. */
export const SOFTMAX_STATISTICS: readonly StatisticName[] = STATISTICS.filter((name) =>
  VARIABLES_OF_SOFTMAX.includes(STATISTIC_TABLE[name].variable),
);

/**
 * Name under which a backend may register a fused kernel. Inputs: `logits` `[B, N, K]`, and either `indices` `[B, N]` (int32,
 * -1 = ignored), where labels came so, or `target` `[B, N, K]` and `valid` `[B, N, 1 or K]`. Attributes:
 * {@link RegionKernelAttributes}. Output: `[S, B, K]`, the sums in the order of `attrs.statistics`; if `attrs.keep` is true the kernel may
 * return a second tensor, `[B, N, K]`, which saves its gradient kernel work.
 */
export const REGION_STATISTICS_KERNEL = 'SeglossRegionStatistics';

/**
 * The gradient kernel: the same inputs, `dy` `[S, B, K]`, and `kept` where the forward kernel returned it; output: the gradient of the logits,
 * `[B, N, K]`. It may write the gradient over `kept`, which no call receives a second time.
 */
export const REGION_STATISTICS_GRADIENT_KERNEL = 'SeglossRegionStatisticsGradient';

/** Attributes of both region-statistics kernels. */
export interface RegionKernelAttributes {
  statistics: readonly StatisticName[];
  activation: Activation;
  /** Factor on the logits in `tempered` and `temperedComplement`. */
  temperature: number;
  /** Whether a gradient may follow. */
  keep?: boolean;
}

/**
 * Name under which a backend may register the focal sums as one kernel. Inputs: those of {@link REGION_STATISTICS_KERNEL}.
 * Attributes: {@link FocalKernelAttributes}. Output: `[2, B, K]`, `positive` and `negative` of {@link FocalSums}; if `attrs.keep` is true the
 * kernel may return a second tensor, as {@link REGION_STATISTICS_KERNEL} does.
 */
export const FOCAL_SUMS_KERNEL = 'SeglossFocalSums';

/** The gradient kernel, as {@link REGION_STATISTICS_GRADIENT_KERNEL}: `dy` is `[2, B, K]`. */
export const FOCAL_SUMS_GRADIENT_KERNEL = 'SeglossFocalSumsGradient';

/** Attributes of both focal kernels. */
export interface FocalKernelAttributes {
  activation: Activation;
  /** The focusing exponent γ ≥ 0. */
  gamma: number;
  /** Whether a gradient may follow. */
  keep?: boolean;
}

/**
 * Name under which a backend may register log s of each pixel's label, s = softmax(z), as one kernel. Inputs: `logits` `[B, N, K]`
 * and `indices` `[B, N]` (int32, -1 = ignored). Attributes: {@link LabelKernelAttributes}. Output: `[B, N]`, 0 at ignored pixels; if `attrs.keep`
 * is true the kernel may return a second tensor, as {@link REGION_STATISTICS_KERNEL} does.
 */
export const LABEL_LIKELIHOOD_KERNEL = 'SeglossLabelLikelihood';

/** The gradient kernel, as {@link REGION_STATISTICS_GRADIENT_KERNEL}: `dy` is `[B, N]`. */
export const LABEL_LIKELIHOOD_GRADIENT_KERNEL = 'SeglossLabelLikelihoodGradient';

/** Attributes of both kernels of the label's likelihood. */
export interface LabelKernelAttributes {
  /** Whether a gradient may follow. */
  keep?: boolean;
}

/**
 * Name under which a backend may register sums of a cost φ of the label's probability s, s = softmax(z), as one kernel. Inputs: those of
 * {@link LABEL_LIKELIHOOD_KERNEL}. Attributes: {@link LabelCostAttributes}. Output: `[2, B, K]`, by the class of the label: Σ φ, and the number
 * of pixels that count; if `attrs.keep` is true the kernel may return a second tensor, as {@link REGION_STATISTICS_KERNEL} does.
 */
export const LABEL_COSTS_KERNEL = 'SeglossLabelCosts';

/** The gradient kernel, as {@link REGION_STATISTICS_GRADIENT_KERNEL}: `dy` is `[2, B, K]`, of which the second half has no part. */
export const LABEL_COSTS_GRADIENT_KERNEL = 'SeglossLabelCostsGradient';

/**
 * What a label of probability s costs, with the parameter p: `poly` -log s + p (1 - s); `generalized` (1 - s^p) / p; `below` -log s where
 * s < p, where alone pixels count; `clipped` -max(log s, p).
 */
export type LabelCost = 'poly' | 'generalized' | 'below' | 'clipped';

/** Attributes of both kernels of label costs. */
export interface LabelCostAttributes {
  cost: LabelCost;
  parameter: number;
  /** Whether a gradient may follow. */
  keep?: boolean;
}

/**
 * Name under which a backend may register the reading of class indices as one kernel. Input: `labels` `[B, N]`, int32; attribute:
 * `ignoreIndex`. Output: the indices with -1 at ignored pixels, and the largest index, `[1]`; both int32.
 */
export const READ_INDICES_KERNEL = 'SeglossReadIndices';

/**
 * Name under which a backend may register the reading of sigmoid labels as one kernel. Input: `labels`, float32 or int32; attribute:
 * `ignoreIndex`. Output: the labels as float32, 0 at ignored ones; 1 where they count, float32; and `[4]`, int32: 1 or 0 for ignored
 * ones, zeros, others up to 1, and invalid ones among them.
 */
export const READ_UNIT_LABELS_KERNEL = 'SeglossReadUnitLabels';

/**
 * Name under which a backend may register the choice of a value by its rank. Inputs: `values` `[R, M]` and `ranks` `[R, 1]`, whole
 * numbers from 0. Output: `[R, 1]`, what stands at that place of the row when it is sorted downwards.
 */
export const VALUES_AT_RANKS_KERNEL = 'SeglossValuesAtRanks';

/**
 * Name under which a backend may register the slopes of the Lovász extension of the Jaccard loss. Inputs: `errors`, `target` and
 * `valid`, `[G, M, C]` each, `target` 0 where `valid` is. Output: `[G, M, C]`, ranked along the middle axis, 0 where `valid` is 0.
 */
export const LOVASZ_WEIGHTS_KERNEL = 'SeglossLovaszWeights';

/**
 * Name under which a backend may register softmax(z) with 0 at ignored pixels as one kernel. Inputs: `logits` `[B, N, K]` and
 * `valid` `[B, N, 1]`. Output: `[B, N, K]`.
 */
export const PROBABILITIES_KERNEL = 'SeglossProbabilities';

/** The gradient kernel. Inputs: the output as `probability`, `valid`, and `dy` `[B, N, K]`. Output: the gradient of the logits. */
export const PROBABILITIES_GRADIENT_KERNEL = 'SeglossProbabilitiesGradient';

/** Name under which a backend may register the sum over pixels as one kernel. Input: `x` `[B, N, K]`, float32. Output: `[B, K]`. */
export const PIXEL_SUM_KERNEL = 'SeglossPixelSum';
