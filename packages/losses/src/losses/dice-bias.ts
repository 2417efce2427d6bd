import { add, log, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import {
  checkTemperature,
  marginalsOf,
  marginalStatistics,
  type TemperatureOption,
} from '../families/marginals.js';
import { maskedMean, present, PROPORTION_EPSILON } from '../math.js';
import { type SizeRegularizer } from '../types.js';

/** Options of {@link diceBias}. */
export type DiceBiasOptions = TemperatureOption;

/**
 * The marginal penalty that hides in Dice, alone: the mean over images and classes.
 *
 *     (1/K) Σ_k log( p_k(T) + q_k )
 *
 * For study: it is no distance, may be negative, and is least not at p = q but where p vanishes. The paper's ablation
 * adds it to cross-entropy to show what Dice's bias does.
 *
 * @returns A float32 scalar of at most log 2; images without valid pixels are not counted.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32'); // q = [0.5, 0.5] = p
 * diceBiasLoss(labels, tf.zeros([1, 2, 2])); // → 0.0000
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.1 and the ablation of §5.
 */
export const diceBias: SizeRegularizer<DiceBiasOptions, 'dice-bias'> = /* @__PURE__ */ defineLoss<
  DiceBiasOptions,
  'dice-bias'
>({
  name: 'dice-bias',
  summary: "Dice's hidden marginal penalty, log(p + q), for study",
  source: 'Liu et al., arXiv:2104.08717, §3.1',
  role: 'region-size',
  defaults: { temperature: 1 },
  presets: { seglossbias: {} },
  check: ({ temperature }, name) => checkTemperature(name, temperature),
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums) {
    const { p, q } = marginalsOf(sums);
    return maskedMean(log(add(add(p, q), PROPORTION_EPSILON)) as Tensor2D, present(sums.count));
  },
});

/**
 * Returns {@link diceBias} of labels and logits.
 *
 * @example
 * ```ts
 * diceBiasLoss(tf.zeros([1, 4], 'int32'), tf.zeros([1, 4, 1])); // → -0.6931
 * ```
 */
export const diceBiasLoss: LossFunction<DiceBiasOptions> = /* @__PURE__ */ direct(diceBias);
