import {
  add,
  div,
  maximum,
  mul,
  neg,
  relu,
  sigmoid,
  sqrt,
  sub,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { elementsOf, hideIgnored } from '../inputs/ignored.js';
import { gentlePower, pixelSum } from '../math.js';
import { probabilitiesOf } from '../statistics/probabilities.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';
import {
  checkRegionMeanOptions,
  groupSums,
  meanOfGroups,
  REGION_MEAN_DEFAULTS,
  type RegionMeanOptions,
} from '../families/region-score.js';

/** Options of {@link mcc}. */
export interface MccOptions extends RegionMeanOptions {
  /** ε > 0, in pixels: added to each of the four counts, or of the four factors. */
  smooth: number;
  /** Where ε is added: to the `counts`, as in smp, or to the `factors` under the root: then a class without labels has an MCC of 0. */
  smoothed: 'counts' | 'factors';
  /** Exponent γ > 0 of 1 - MCC; above 1 it is the focal phi loss. */
  gamma: number;
}

/**
 * Matthews correlation loss, the mean over images and classes: it counts true negatives too.
 *
 *     (1 - (TP·TN - FP·FN) / √( (TP+FP) (TP+FN) (TN+FP) (TN+FN) ))^γ
 *
 * from proportions of the pixels, so that nothing overflows; each count carries ε pixels. With γ ≠ 1 it is the focal phi loss.
 *
 * @returns A float32 scalar from 0 to 2^γ; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * mccLoss(labels, tf.zeros([1, 2, 1])); // → 1.0000
 * mccLoss(labels, tf.tensor3d([[[-20], [20]]])); // → 0.0000
 * mccLoss(labels, tf.tensor3d([[[20], [-20]]]), { gamma: 2 }); // → 3.9999
 * ```
 *
 * @see Abhishek and Hamarneh, "Matthews correlation coefficient loss for deep convolutional networks", ISBI 2021,
 *   arXiv:2010.13454, §2.
 */
export const mcc: LossFactory<MccOptions, 'mcc'> = /* @__PURE__ */ defineLoss<MccOptions, 'mcc'>({
  name: 'mcc',
  summary: 'Matthews correlation, which counts true negatives too',
  source: 'Abhishek and Hamarneh, arXiv:2010.13454, §2',
  aliases: ['focal-phi'],
  defaults: { smooth: 1e-5, smoothed: 'counts', gamma: 1, ...REGION_MEAN_DEFAULTS },
  presets: { smp: { aggregation: 'perBatch' } },
  check(options, name) {
    checkNumber(name, 'smooth', options.smooth, 1e-7);
    checkChoice(name, 'smoothed', options.smoothed, ['counts', 'factors']);
    checkNumber(name, 'gamma', options.gamma, 0.1, 100);
    checkRegionMeanOptions(options, name);
  },
  // Each count is a sum of its own: as differences of region statistics the rare ones lose their digits to cancellation.
  pixels(inputs, options, context) {
    const { logits, target, valid } = inputs;
    const s = probabilitiesOf(inputs, context.activation);
    const rest = context.activation === 'softmax' ? sub(1, s) : sigmoid(neg(hideIgnored(logits, valid)));
    const off = sub(valid, target);
    const pixels = (x: Tensor) => pixelSum(x as Tensor3D);
    const sums = groupSums(
      {
        count: pixelSum(elementsOf(valid, target)),
        target: pixelSum(target),
        predicted: pixelSum(s),
        tp: pixels(mul(target, s)),
        fn: pixels(mul(target, rest)),
        fp: pixels(mul(off, s)),
        tn: pixels(mul(off, rest)),
      },
      options,
      context,
    );
    const n = maximum(sums.count, 1);
    const onCounts = options.smoothed === 'counts';
    const [tp, fp, fn, tn] = [sums.tp, sums.fp, sums.fn, sums.tn].map((x) =>
      div(add(x, onCounts ? options.smooth : 0), n),
    ) as [Tensor, Tensor, Tensor, Tensor];
    const above = sub(mul(tp, tn), mul(fp, fn));
    // Two roots of two factors each: four factors of 1e-11 would underflow.
    const extra = div(onCounts ? 0 : options.smooth, n);
    const factor = (a: Tensor, b: Tensor) => add(add(a, b), extra);
    const root = (a: Tensor, b: Tensor) => sqrt(mul(a, b));
    const below = mul(root(factor(tp, fp), factor(tp, fn)), root(factor(tn, fp), factor(tn, fn)));
    const cost = relu(sub(1, div(above, below))) as Tensor2D; // rounding can take it below 0
    return meanOfGroups(
      options.gamma === 1 ? cost : gentlePower(cost, options.gamma),
      sums,
      options,
      context,
    );
  },
});

/**
 * Returns {@link mcc} of labels and logits.
 *
 * @example
 * ```ts
 * mccLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.tensor3d([[[20], [-20]]])); // → 2.0000
 * ```
 */
export const mccLoss: LossFunction<MccOptions> = /* @__PURE__ */ direct(mcc);
