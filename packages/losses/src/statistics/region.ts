import {
  engine,
  getGradient,
  keep as keepTensor,
  reshape,
  stack,
  tidy,
  unstack,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { withoutGradient, withReusedMemory } from '../custom-gradient.js';
import { readInputs } from '../inputs/read.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { asPair, hasFused, runFused } from './fused.js';
import { sigmoidSums, sigmoidSumsGradient } from './sigmoid.js';
import { softmaxSums, softmaxSumsGradient } from './softmax.js';
import {
  REGION_STATISTICS_GRADIENT_KERNEL,
  REGION_STATISTICS_KERNEL,
  SOFTMAX_STATISTICS,
  STATISTIC_TABLE,
  STATISTICS,
  type Activation,
  type RegionKernelAttributes,
  type StatisticName,
} from './contract.js';
import { type InputOptions, type PixelInputs } from '../types.js';

/** Options of {@link regionStatistics}. */
export interface RegionStatisticsOptions<N extends StatisticName = StatisticName> extends InputOptions {
  /** The sums wanted; only these are computed. */
  statistics: readonly N[];
  /** Factor T on the logits in `tempered` = Σ softmax(T z); larger is sharper. Default 1. */
  temperature?: number;
  /** Default: softmax in multiclass mode, sigmoid otherwise. */
  activation?: Activation;
  /** Nonzero where a pixel counts. */
  mask?: Tensor;
}

/**
 * The sums over pixels that losses are made of, one `[B, K]` tensor each, differentiable in the logits by one
 * analytic pass.
 *
 * With v = 1 at valid pixels, y the labels as probabilities, s = softmax(z) or sigmoid(z), sums over the pixels:
 *
 *     count Σ v · target Σ y · targetSquares Σ y² · predicted Σ v s · predictedSquares Σ v s² · overlap Σ y s
 *     overlapSquares Σ y s² · difference Σ v |s - y|
 *     logLikelihood Σ y log s · logSum Σ v log s · tempered Σ v softmax(T z)
 *     with sigmoid also: predictedComplement Σ v (1-s) · temperedComplement · complementLogLikelihood
 *     Σ (v-y) log(1-s) · complementLogSum Σ v log(1-s)
 *
 * @param labels Class indices `[B, ...spatial]` or `[B, ...spatial, 1]`, or probabilities in the logits' shape; 255
 *   (`ignoreIndex`), negatives and all-zero probability rows are ignored.
 * @param logits Unnormalized scores, float32 `[B, ...spatial, K]`.
 * @throws {TypeError} If a tensor is of the wrong kind. @throws {RangeError} If shapes or values do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1, 255]], [1, 3], 'int32'); // one image of three pixels, one ignored
 * const logits = tf.zeros([1, 3, 2]);
 * const { count, target, predicted } = regionStatistics(labels, logits, { statistics: ['count', 'target', 'predicted'] });
 * count; // → [[2, 2]]
 * target; // → [[1, 1]]
 * predicted; // → [[1.0, 1.0]]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §2: Dice and cross-entropy through the label marginals.
 */
export function regionStatistics<N extends StatisticName>(
  labels: Tensor,
  logits: Tensor,
  options: RegionStatisticsOptions<N>,
): Record<N, Tensor2D> {
  const { statistics, temperature = 1, activation, ...input } = options;
  checkNumber('regionStatistics', 'temperature', temperature);
  if (activation !== undefined)
    checkChoice('regionStatistics', 'activation', activation, ['softmax', 'sigmoid']);
  return tidy(() => {
    const inputs = readInputs('regionStatistics', labels, logits, input);
    const chosen = activation ?? (inputs.mode === 'multiclass' ? 'softmax' : 'sigmoid');
    return sumsOf(inputs, statistics, chosen, temperature);
  });
}

/**
 * {@link regionStatistics} for inputs that are read already; one pass for all the sums. With `labelsAsConstants` tfjs records nothing for those of the
 * labels alone, and need not follow derivatives that end there.
 */
export function sumsOf<N extends StatisticName>(
  inputs: PixelInputs,
  statistics: readonly N[],
  activation: Activation,
  temperature: number,
  labelsAsConstants = false,
): Record<N, Tensor2D> {
  const known = activation === 'sigmoid' ? STATISTICS : SOFTMAX_STATISTICS;
  for (const name of statistics) checkChoice(inputs.caller, 'each statistic', name, known);
  requireGradients(inputs.caller);

  const attributes: RegionKernelAttributes = { statistics, activation, temperature };
  const labels = labelsFor(REGION_STATISTICS_KERNEL, inputs);
  const constants = new Map<string, Tensor2D>();
  const sums = withReusedMemory(
    inputs.logits,
    labels,
    (logits, keep) => {
      const made = forward({ logits, ...named(labels) }, { ...attributes, keep });
      if (labelsAsConstants && keep)
        ofLabels(made[0], statistics).forEach((sum, name) => constants.set(name, sum));
      return made;
    },
    (dy, kept, logits, ...saved) => backward({ logits, ...named(saved) }, attributes, dy, kept),
  );
  for (const sum of constants.values()) release(sum);
  // The gradient of unstack fails for a single output (tfjs 4.22 passes it the bare tensor).
  const each =
    statistics.length === 1
      ? [reshape(sums, sums.shape.slice(1) as [number, number]) as Tensor2D]
      : (unstack(sums, 0) as Tensor2D[]);
  return Object.fromEntries(statistics.map((name, i) => [name, constants.get(name) ?? each[i]!])) as Record<
    N,
    Tensor2D
  >;
}

/** The sums that do not depend on the logits, kept; none if all are such. */
function ofLabels(sums: Tensor3D, statistics: readonly StatisticName[]): Map<string, Tensor2D> {
  const constant = statistics.map((name) => STATISTIC_TABLE[name].variable === undefined);
  if (!constant.includes(true) || !constant.includes(false)) return new Map();
  const each = unstack(sums, 0) as Tensor2D[];
  return new Map(
    statistics.flatMap((name, i) => (constant[i] ? [[name, keepTensor(each[i]!)] as const] : [])),
  );
}

/** Gives a kept tensor to the scope of now. */
function release(tensor: Tensor): void {
  tensor.kept = false;
  (engine() as unknown as { track(result: Tensor): void }).track(tensor); // tfjs keeps it private
}

/** A sum in which the logits have no part, `[B, K]`, as a constant: nothing is computed for its gradient. */
export function labelSum(inputs: PixelInputs, statistic: 'count' | 'target'): Tensor2D {
  const { logits, mode } = inputs;
  const activation = mode === 'multiclass' ? 'softmax' : 'sigmoid';
  const labels = labelsFor(REGION_STATISTICS_KERNEL, inputs);
  const attributes = { statistics: [statistic], activation, temperature: 1 } as const;
  const sums = withoutGradient(labels[0], () => forward({ logits, ...named(labels) }, attributes)[0]);
  return reshape(sums, sums.shape.slice(1) as [number, number]) as Tensor2D;
}

/** Indices, or probabilities and which of them count. */
type Labels = readonly [indices: Tensor2D] | readonly [target: Tensor3D, valid: Tensor3D];

/** The labels that an operation keeps: indices, where they came so and the backend has the fused kernel. */
export function labelsFor(kernelName: string, inputs: PixelInputs): Labels {
  const fused = hasFused(kernelName);
  return fused && inputs.indices ? [inputs.indices] : [inputs.target, inputs.valid];
}

/** Labels under the names that kernels know them by. */
export function named(
  labels: readonly Tensor[],
): { indices: Tensor2D } | { target: Tensor3D; valid: Tensor3D } {
  const [first, valid] = labels;
  return valid === undefined
    ? { indices: first as Tensor2D }
    : { target: first as Tensor3D, valid: valid as Tensor3D };
}

type SavedInputs = { logits: Tensor3D } & ReturnType<typeof named>;

/** The sums, and what the kernel leaves for its gradient. */
function forward(inputs: SavedInputs, attributes: RegionKernelAttributes): [sums: Tensor3D, kept?: Tensor3D] {
  if (hasFused(REGION_STATISTICS_KERNEL)) {
    return asPair(runFused<Tensor3D | [Tensor3D, Tensor3D]>(REGION_STATISTICS_KERNEL, inputs, attributes));
  }
  const sums = attributes.activation === 'softmax' ? softmaxSums : sigmoidSums;
  const { logits, target, valid } = inputs as Extract<SavedInputs, { target: Tensor3D }>;
  return [stack(sums(logits, target, valid, attributes), 0) as Tensor3D];
}

function backward(
  inputs: SavedInputs,
  attributes: RegionKernelAttributes,
  dy: Tensor3D,
  kept: Tensor3D | undefined,
): Tensor3D {
  if (hasFused(REGION_STATISTICS_GRADIENT_KERNEL)) {
    return runFused(REGION_STATISTICS_GRADIENT_KERNEL, { ...inputs, dy, ...(kept && { kept }) }, attributes);
  }
  const gradient = attributes.activation === 'softmax' ? softmaxSumsGradient : sigmoidSumsGradient;
  const { logits, target, valid } = inputs as Extract<SavedInputs, { target: Tensor3D }>;
  const [, batch, classes] = dy.shape;
  const factors = unstack(dy, 0).map((factor) => reshape(factor, [batch, 1, classes]) as Tensor3D);
  return gradient(logits, target, valid, attributes, factors);
}

/** tfjs-core alone registers no gradients, and says so only deep inside: say it here, with the remedy. */
function requireGradients(caller: string): void {
  const { state } = engine() as unknown as { state: { gradientDepth: number } };
  if (state.gradientDepth > 0 && getGradient('Unpack') === undefined) {
    throw new Error(
      `${caller}: tfjs has no gradients registered, because @tensorflow/tfjs-core alone brings none; ` +
        `import '@tensorflow/tfjs-layers' (or '@tensorflow/tfjs') once before training`,
    );
  }
}
