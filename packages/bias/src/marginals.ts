import { regionStatistics, type Aggregation, type InputOptions } from '@segloss/losses';
import {
  argMax,
  cast,
  div,
  greater,
  maximum,
  mul,
  oneHot,
  sub,
  sum,
  tidy,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

/** Options of {@link marginals}. */
export interface MarginalOptions extends InputOptions {
  /** Factor T on the logits before softmax or sigmoid; larger is sharper. Default 1. */
  temperature?: number;
  /** Whether p is the mean probability, or the share of the pixels whose class it is (above ½ with a sigmoid). Default `soft`. */
  kind?: 'soft' | 'hard';
  /** Marginals of each image, or of all pixels of the batch, a set as one image. Default `perImage`. */
  aggregation?: Aggregation;
  /** Nonzero where a pixel counts. */
  mask?: Tensor;
}

/**
 * Returns the label marginals (region proportions) of each image or of the set: predicted p (soft, at a temperature, or hard) and true q.
 *
 * @param labels Class indices `[B, ...spatial]` or probabilities in the logits' shape; 255 is ignored.
 * @param logits float32 `[B, ...spatial, K]`.
 * @returns Tensors `[B, K]`, `[1, K]` of a set; 0 without valid pixels.
 * @throws {TypeError} If logits are not float32. @throws {RangeError} If shapes, label values or options do not fit, or
 *   hard marginals are requested at a temperature, which would not change them.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * const { predicted, truth } = marginals(labels, tf.zeros([1, 4, 2]));
 * truth; // → [[0.75, 0.25]]
 * predicted; // → [[0.5, 0.5]]
 * const logits = tf.tensor3d([[[0, 1], [0, 1], [0, 1], [1, 0]]]);
 * marginals(labels, logits, { kind: 'hard' }).predicted; // → [[0.25, 0.75]]
 * marginals(labels, logits, { temperature: 10 }).predicted; // → [[0.25, 0.75]]
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §2.
 */
export function marginals(
  labels: Tensor,
  logits: Tensor,
  options: MarginalOptions = {},
): { predicted: Tensor2D; truth: Tensor2D } {
  const { kind = 'soft', aggregation = 'perImage', ...input } = options;
  checkChoices(kind, aggregation, input.temperature);
  return tidy(() => {
    const statistics = ['count', 'target', 'tempered'] as const;
    const read = kind === 'hard' ? decided(logits, input.mode) : logits;
    const sums = regionStatistics(labels, read, { ...input, statistics });
    const pixels = (x: Tensor2D) => (aggregation === 'perImage' ? x : (sum(x, 0, true) as Tensor2D));
    const n = maximum(pixels(sums.count), 1);
    return {
      predicted: div(pixels(sums.tempered), n) as Tensor2D,
      truth: div(pixels(sums.target), n) as Tensor2D,
    };
  });
}

function checkChoices(kind: unknown, aggregation: unknown, temperature: number | undefined): void {
  const refuse = (wanted: string, got: unknown): never => {
    throw new RangeError(`marginals: wanted ${wanted}, got ${JSON.stringify(got)}`);
  };
  if (kind !== 'soft' && kind !== 'hard') refuse("kind 'soft' or 'hard'", kind);
  if (aggregation !== 'perImage' && aggregation !== 'perBatch')
    refuse("aggregation 'perImage' or 'perBatch'", aggregation);
  if (kind === 'hard' && temperature !== undefined)
    refuse("no temperature with kind 'hard', which it does not change", temperature);
}

/** Logits so large that softmax and sigmoid are 0 or 1: of the class that is predicted, or of each channel by itself. */
function decided(logits: Tensor, mode: MarginalOptions['mode']): Tensor {
  const classes = logits.shape[logits.shape.length - 1]!;
  const on =
    classes === 1 || mode === 'multilabel' ? greater(logits, 0) : oneHot(argMax(logits, -1), classes);
  return mul(CERTAIN, sub(mul(2, cast(on, 'float32')), 1));
}

const CERTAIN = 200; // e^-200 is 0 in float32
