import {
  cast,
  ceil,
  equal,
  greater,
  maximum,
  mul,
  reshape,
  sub,
  sum,
  tidy,
  where,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

import { checkAggregation, type AggregationOption } from '../options/aggregation.js';
import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { likelihoodCosts, negativeLog, weighByClass } from '../pixels/likelihood.js';
import { valuesAtRanks } from '../pixels/ranking.js';
import { maskedMean, present, quotient } from '../math.js';
import { checkClassWeights, checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link topKCrossEntropy}. */
export interface TopKCrossEntropyOptions extends AggregationOption {
  /** Share of the valid pixels that count, in percent, above 0 and up to 100; at least one pixel does. */
  k: number;
  /** Factor on the cost of each pixel by its label, or of each channel with a sigmoid. */
  classWeights: 'uniform' | readonly number[];
}

/**
 * Top-k cross-entropy: the mean over the k percent of the pixels with the largest cross-entropy. Which pixels these are
 * carries no gradient; pixels that tie at the limit share what is left.
 *
 *     (1/m) Σ_{i in the m hardest} -log s_i,  m = ⌈k n / 100⌉
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels. With k = 100 it is cross-entropy.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * const logits = tf.tensor3d([[[0, 0], [-20, 20]]]);
 * topKCrossEntropyLoss(labels, logits, { k: 50 }); // → 0.6931
 * topKCrossEntropyLoss(labels, logits, { k: 100 }); // → 0.3466
 * topKCrossEntropy({ k: 20 }).spec; // → "topk(k=20)"
 * ```
 *
 * @see Wu, Shen, van den Hengel, "Bridging category-level and instance-level semantic image segmentation", 2016,
 *   arXiv:1605.06885, §3.
 */
export const topKCrossEntropy: LossFactory<TopKCrossEntropyOptions, 'topk'> = /* @__PURE__ */ defineLoss<
  TopKCrossEntropyOptions,
  'topk'
>({
  name: 'topk',
  summary: 'cross-entropy of the hardest k percent of the pixels',
  source: 'Wu et al., arXiv:1605.06885, §3',
  fullName: 'top-k-cross-entropy',
  defaults: { k: 10, aggregation: 'perBatch', classWeights: 'uniform' },
  check({ k, aggregation, classWeights }, name) {
    checkNumber(name, 'k', k, 1e-6, 100);
    checkAggregation(name, aggregation);
    checkClassWeights(name, classWeights);
  },
  pixels(inputs, { k, aggregation, classWeights }, { activation, name }) {
    const elements = likelihoodCosts(inputs, activation, negativeLog);
    const { costs, valid } = weighByClass(elements, inputs, classWeights, name);
    const rows = aggregation === 'perImage' ? inputs.batch : 1;
    const [cost, counts] = [costs, valid].map((x) => reshape(x, [rows, -1])) as [Tensor2D, Tensor2D];
    const share = withoutGradient(cost, (given) => shareOfHardest(given as Tensor2D, counts, k));
    const groups = quotient(sum(mul(cost, share), -1, true), sum(share, -1, true)) as Tensor2D;
    return maskedMean(groups, present(sum(counts, -1, true) as Tensor2D));
  },
});

/** How much each entry of a row counts among the hardest k percent: 1 above the limit, an equal share at it, 0 below. */
function shareOfHardest(costs: Tensor2D, valid: Tensor2D, k: number): Tensor2D {
  return tidy(() => {
    const ranked = where(greater(valid, 0), costs, -1) as Tensor2D; // costs are at least 0
    const wanted = wantedOf(sum(valid, -1, true), k);
    const limit = valuesAtRanks(ranked, sub(wanted, 1));
    const above = cast(greater(ranked, limit), 'float32');
    const tied = mul(cast(equal(ranked, limit), 'float32'), valid);
    const left = sub(wanted, sum(above, -1, true));
    return where(greater(tied, 0), quotient(left, sum(tied, -1, true)), above) as Tensor2D;
  });
}

/** ⌈k n / 100⌉, at least 1. The tolerance keeps 10 % of 30 at 3 in float32. */
function wantedOf(count: Tensor, k: number): Tensor {
  return maximum(ceil(sub(mul(count, k / 100), 1e-4)), 1);
}

/**
 * Returns {@link topKCrossEntropy} of labels and logits.
 *
 * @example
 * ```ts
 * topKCrossEntropyLoss(tf.ones([1, 2], 'int32'), tf.tensor3d([[[0], [20]]]), { k: 50 }); // → 0.6931
 * ```
 */
export const topKCrossEntropyLoss: LossFunction<TopKCrossEntropyOptions> =
  /* @__PURE__ */ direct(topKCrossEntropy);
