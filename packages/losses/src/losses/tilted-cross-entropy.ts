import {
  abs,
  add,
  cast,
  div,
  exp,
  log,
  less,
  max,
  maximum,
  mul,
  reshape,
  sub,
  where,
  fill,
  greater,
  zerosLike,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { aggregateRows } from '../pixels/rows.js';
import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { maskedMean, pixelSum, present, quotient } from '../math.js';
import { checkAggregation, type AggregationOption } from '../options/aggregation.js';
import { checkNumber } from '../options/checks.js';
import { likelihoodCosts, negativeLog } from '../pixels/likelihood.js';
import { type LossFactory } from '../types.js';

/** Options of {@link tiltedCrossEntropy}. */
export interface TiltedCrossEntropyOptions extends AggregationOption {
  /** Tilt t: above 0 hard pixels count more, below 0 less; 0 is the mean. */
  t: number;
}

/**
 * Tilted cross-entropy: between the mean over the valid pixels (t = 0) and the hardest pixel (t → ∞).
 *
 *     (1/t) log (1/n) Σ_i s_i^(-t)
 *
 * with s_i the probability of the label of pixel i, so that s^(-t) = exp(t · CE).
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * const logits = tf.tensor3d([[[0, 0], [-20, 20]]]); // probabilities 1/2 and 1 of the labels
 * tiltedCrossEntropyLoss(labels, logits, { t: 1 }); // → 0.4055
 * tiltedCrossEntropyLoss(labels, logits, { t: 0 }); // → 0.3466
 * tiltedCrossEntropyLoss(labels, logits, { t: 100 }); // → 0.6862
 * ```
 *
 * @see Szabó, Jamali-Rad, Mannava, "Tilted cross-entropy (TCE): promoting fairness in semantic segmentation", CVPR workshops 2021,
 *   arXiv:2103.14051, §3.
 */
export const tiltedCrossEntropy: LossFactory<TiltedCrossEntropyOptions, 'tilted-ce'> =
  /* @__PURE__ */ defineLoss<TiltedCrossEntropyOptions, 'tilted-ce'>({
    name: 'tilted-ce',
    summary: 'cross-entropy between the mean and the hardest pixel',
    source: 'Szabó et al., arXiv:2103.14051, §3',
    fullName: 'tilted-cross-entropy',
    defaults: { t: 1, aggregation: 'perBatch' },
    check({ t, aggregation }, name) {
      checkNumber(name, 't', t, -1e4, 1e4);
      checkAggregation(name, aggregation);
    },
    pixels(inputs, { t, aggregation }, { activation }) {
      const elements = likelihoodCosts(inputs, activation, negativeLog);
      const [cost, valid] = [elements.costs, elements.valid].map((x) => aggregateRows(x, aggregation)) as [
        Tensor3D,
        Tensor3D,
      ];
      const count = pixelSum(valid);
      const average = (x: Tensor3D) => quotient(pixelSum(mul(x, valid) as Tensor3D), count) as Tensor2D;
      if (t === 0) return maskedMean(average(cost), present(count));
      const tilted = mul(t, cost) as Tensor3D;
      // The largest exponent, taken out of the sum as a constant.
      const most = withoutGradient(tilted, (x) =>
        max(where(greater(valid, 0), x, fill(x.shape, -1e30)), 1, true),
      ) as Tensor3D;
      const shift = mul(most, reshape(present(count), most.shape)) as Tensor3D;
      const away = mul(valid, sub(tilted, shift)) as Tensor3D; // at most 0
      const groups = div(add(logMeanExp(away, average), reshape(shift, count.shape)), t);
      return maskedMean(groups as Tensor2D, present(count));
    },
  });

/** log mean e^x of x ≤ 0, which keeps its digits where x is near 0, as it is for a small tilt. */
function logMeanExp(x: Tensor3D, average: (x: Tensor3D) => Tensor2D): Tensor2D {
  const change = average(nearZero(x, EXP_MINUS_1, (far) => sub(exp(far), 1)) as Tensor3D);
  return nearZero(change, LOG_1_PLUS, (far) => log(maximum(add(1, far), 1e-30))) as Tensor2D;
}

// Power series from x on. The expm1 and log1p of the wasm backend are exp(x) - 1 and log(1 + x).
const EXP_MINUS_1 = [1, 1 / 2, 1 / 6, 1 / 24, 1 / 120];
const LOG_1_PLUS = [1, -1 / 2, 1 / 3, -1 / 4, 1 / 5, -1 / 6, 1 / 7];

/** The series where |x| < 0.1, else the function. */
function nearZero(x: Tensor, series: readonly number[], f: (x: Tensor) => Tensor): Tensor {
  const isNear = withoutGradient(x, (given) => cast(less(abs(given), 0.1), 'float32'));
  const near = mul(isNear, x);
  const sum = series.reduceRight<Tensor>((rest, factor) => mul(near, add(factor, rest)), zerosLike(x));
  // Each sees 0 where the other one is meant, and both are 0 there.
  return add(sum, f(sub(x, near)));
}

/**
 * {@link tiltedCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * tiltedCrossEntropyLoss(tf.ones([1, 4], 'int32'), tf.zeros([1, 4, 1])); // → 0.6931
 * ```
 */
export const tiltedCrossEntropyLoss: LossFunction<TiltedCrossEntropyOptions> =
  /* @__PURE__ */ direct(tiltedCrossEntropy);
