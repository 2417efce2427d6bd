import { add, log, logSoftmax, maximum, mul, neg, sub, sum, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { elementsOf, hideIgnored } from '../inputs/ignored.js';
import { meanOfElements } from '../pixels/likelihood.js';
import { checkNumber } from '../options/checks.js';
import { logSigmoid } from '../statistics/sigmoid.js';
import { type LossFactory } from '../types.js';

/** Options of {@link klDivergence}. */
export interface KlDivergenceOptions {
  /** Hinton's temperature: the logits are divided by it (elsewhere here `temperature` multiplies), the loss multiplied by its square. */
  softness: number;
}

/**
 * Kullback-Leibler divergence of every pixel's label distribution from the predicted one, for knowledge distillation: give the
 * teacher's probabilities at the same softness as labels. The mean over valid pixels (and, with a sigmoid, channels).
 *
 *     T² Σ_k y_k log(y_k / s_k),  s = softmax(z / T)
 *
 * @returns A float32 scalar of at least 0, 0 where s = y; 0 for a batch without valid pixels. With hard labels and T = 1 it is
 *   cross-entropy.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const teacher = tf.tensor3d([[[0.75, 0.25]]]);
 * klDivergenceLoss(teacher, tf.zeros([1, 1, 2])); // → 0.1308
 * klDivergenceLoss(teacher, tf.log(teacher)); // → 0.0000
 * ```
 *
 * @see Hinton, Vinyals, Dean, "Distilling the knowledge in a neural network", 2015, arXiv:1503.02531, §2.
 */
export const klDivergence: LossFactory<KlDivergenceOptions, 'kl-divergence'> = /* @__PURE__ */ defineLoss<
  KlDivergenceOptions,
  'kl-divergence'
>({
  name: 'kl-divergence',
  summary: 'divergence from soft labels, for distillation',
  source: 'Hinton et al., arXiv:1503.02531, §2',
  defaults: { softness: 1 },
  presets: { keras: {} },
  check: ({ softness }, name) => checkNumber(name, 'softness', softness, 1e-3),
  pixels({ logits, target, valid }, { softness }, { activation }) {
    const z = mul(hideIgnored(logits, valid), 1 / softness) as Tensor3D;
    const scaled = (costs: Tensor3D, counts: Tensor3D) =>
      meanOfElements({ costs: mul(costs, softness ** 2) as Tensor3D, valid: counts });
    const relative = (y: Tensor3D, logS: Tensor3D) => mul(y, sub(log(maximum(y, 1e-30)), logS)) as Tensor3D;
    if (activation === 'softmax') {
      return scaled(sum(relative(target, logSoftmax(z) as Tensor3D), -1, true) as Tensor3D, valid);
    }
    const counts = elementsOf(valid, target);
    const other = sub(counts, target) as Tensor3D;
    const costs = add(relative(target, logSigmoid(z)), relative(other, logSigmoid(neg(z) as Tensor3D)));
    return scaled(costs as Tensor3D, counts);
  },
});

/**
 * Returns {@link klDivergence} of labels and logits.
 *
 * @example
 * ```ts
 * klDivergenceLoss(tf.tensor3d([[[0.25]]]), tf.zeros([1, 1, 1])); // → 0.1308
 * ```
 */
export const klDivergenceLoss: LossFunction<KlDivergenceOptions> = /* @__PURE__ */ direct(klDivergence);
