import { add, gather, mul, tensor1d, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';

import { type Loss, type LossCall } from './types.js';

/** Options of {@link deepSupervision}. */
export interface DeepSupervisionOptions {
  /** Weight of each output, the first first: `halving` 1, 1/2, 1/4 ... (at least 1/16), `equal`, or a list. */
  weights?: 'halving' | 'equal' | readonly number[];
  /** Whether the weights are scaled to the sum 1, as nnU-Net does. Default false. */
  normalized?: boolean;
}

/** A loss of the labels and the outputs of a network at several resolutions. */
export interface DeepSupervisionLoss {
  (labels: Tensor, logits: readonly Tensor[], call?: LossCall): Scalar;
  /** The weighted total, and each term of the loss as the sum over the outputs with the same weights. */
  evaluate(labels: Tensor, logits: readonly Tensor[], call?: LossCall): ReturnType<Loss['evaluate']>;
}

/**
 * A loss at several resolutions: the weighted sum over a network's outputs, for each of which the labels (and the mask) are
 * resized by the nearest pixel.
 *
 * @param loss The loss of every output. @param options See {@link DeepSupervisionOptions}; default `halving`.
 * @throws {TypeError} If the outputs are not a list. @throws {RangeError} If there are more outputs than weights, or a
 *   weight is negative.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 1, 1]], [1, 4], 'int32');
 * const outputs = [tf.zeros([1, 4, 2]), tf.zeros([1, 2, 2])];
 * deepSupervision(crossEntropy())(labels, outputs); // → 1.0397
 * deepSupervision(crossEntropy(), { normalized: true })(labels, outputs); // → 0.6931
 * ```
 *
 * @see Lee et al., "Deeply-supervised nets", AISTATS 2015, arXiv:1409.5185; the weights as in MONAI and nnU-Net.
 */
export function deepSupervision(
  loss: Loss,
  { weights = 'halving', normalized = false }: DeepSupervisionOptions = {},
): DeepSupervisionLoss {
  if (Array.isArray(weights) && !weights.every((weight) => Number.isFinite(weight) && weight >= 0)) {
    throw new RangeError(`deepSupervision: wanted weights of at least 0, got ${JSON.stringify(weights)}`);
  }
  const sumOf = <Value>(
    { labels, logits, call }: { labels: Tensor; logits: readonly Tensor[]; call: LossCall },
    evaluate: (labels: Tensor, output: Tensor, call: LossCall) => Value,
    sum: (values: readonly Value[], factors: readonly number[]) => Value,
  ): Value => {
    if (!Array.isArray(logits) || logits.length === 0) {
      throw new TypeError(
        'deepSupervision: wanted a list of logits, one for each resolution; for a single output call the loss itself',
      );
    }
    const factors = factorsOf(weights, logits.length, normalized);
    const values = logits.map((output) => {
      const size = output.shape.slice(1, -1);
      const mask = call.mask && resizeNearest(call.mask, size);
      return evaluate(resizeNearest(labels, size), output, { ...call, ...(mask && { mask }) });
    });
    return sum(values, factors);
  };
  const value = (labels: Tensor, logits: readonly Tensor[], call: LossCall = {}): Scalar =>
    tidy(() => sumOf({ labels, logits, call }, loss, weightedSum));
  return Object.assign(value, {
    evaluate: (labels: Tensor, logits: readonly Tensor[], call: LossCall = {}) =>
      tidy(() =>
        sumOf({ labels, logits, call }, loss.evaluate, (values, factors) => ({
          total: weightedSum(values.map(({ total }) => total), factors), // prettier-ignore
          terms: Object.fromEntries(
            Object.keys(values[0]!.terms).map((name) => [
              name,
              weightedSum(values.map(({ terms }) => terms[name]!), factors), // prettier-ignore
            ]),
          ),
        })),
      ) as unknown as ReturnType<Loss['evaluate']>,
  });
}

function weightedSum(values: readonly Scalar[], factors: readonly number[]): Scalar {
  return values
    .map((value, level) => mul<Scalar>(value, factors[level]!))
    .reduce((left, right) => add(left, right));
}

function factorsOf(
  weights: DeepSupervisionOptions['weights'],
  outputs: number,
  normalized: boolean,
): number[] {
  const list =
    weights === 'halving'
      ? Array.from({ length: outputs }, (_, level) => Math.max(2 ** -level, 1 / 16))
      : weights === 'equal'
        ? Array<number>(outputs).fill(1)
        : [...(weights as readonly number[])];
  if (list.length < outputs) {
    throw new RangeError(
      `deepSupervision: wanted ${outputs} weights, one for each output, got ${list.length}`,
    );
  }
  const used = list.slice(0, outputs);
  const sum = used.reduce((a, b) => a + b, 0);
  return normalized ? used.map((weight) => weight / sum) : used;
}

/** The value of the nearest pixel, centres aligned: axes 1, 2, ... get the given sizes. */
function resizeNearest(x: Tensor, size: readonly number[]): Tensor {
  return size.reduce((y, length, i) => {
    const from = y.shape[i + 1]!;
    if (from === length) return y;
    const places = Array.from({ length }, (_, at) => Math.floor(((at + 0.5) * from) / length));
    return gather(y, tensor1d(places, 'int32'), i + 1);
  }, x);
}
