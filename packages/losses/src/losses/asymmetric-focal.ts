import { exp, mul, sub, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { likelihoodCosts, meanOfElements } from '../pixels/likelihood.js';
import { gentlePower } from '../math.js';
import { checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link asymmetricFocal}. */
export interface AsymmetricFocalOptions {
  /** Weight δ of the foreground classes against 1 - δ of the background, 0 to 1. */
  delta: number;
  /** Focusing exponent γ ≥ 0, on background pixels alone. */
  gamma: number;
}

/**
 * Asymmetric focal loss: easy background pixels count less, foreground pixels as in cross-entropy; the mean over valid
 * pixels (and, in multilabel mode, channels). Channel 0 is the background; a sigmoid channel has y = 0 for it.
 *
 *     background: -(1 - δ) (1 - s_0)^γ log s_0          foreground: -δ log s_y
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * asymmetricFocalLoss(labels, tf.zeros([1, 2, 2])); // → 0.2686
 * ```
 *
 * @see Yeung et al., "Unified focal loss", Computerized Medical Imaging and Graphics 2022, arXiv:2102.04525, §3.
 */
export const asymmetricFocal: LossFactory<AsymmetricFocalOptions, 'asymmetric-focal'> =
  /* @__PURE__ */ defineLoss<AsymmetricFocalOptions, 'asymmetric-focal'>({
    name: 'asymmetric-focal',
    summary: 'focal on the background, cross-entropy on the foreground',
    source: 'Yeung et al., arXiv:2102.04525, §3',
    classesDiffer: true,
    defaults: { delta: 0.7, gamma: 2 },
    presets: { monai: {} },
    check({ delta, gamma }, name) {
      checkNumber(name, 'delta', delta, 0, 1);
      checkNumber(name, 'gamma', gamma);
    },
    pixels(inputs, { delta, gamma }, { activation }) {
      const foreground = (logS: Tensor3D) => mul(-delta, logS);
      const background = (logS: Tensor3D) =>
        mul(mul(delta - 1, logS), gentlePower(sub(1, exp(logS)) as Tensor3D, gamma));
      return meanOfElements(likelihoodCosts(inputs, activation, foreground, background));
    },
  });

/**
 * Returns {@link asymmetricFocal} of labels and logits.
 *
 * @example
 * ```ts
 * asymmetricFocalLoss(tf.ones([1, 2], 'int32'), tf.zeros([1, 2, 1]), { delta: 1 }); // → 0.6931
 * ```
 */
export const asymmetricFocalLoss: LossFunction<AsymmetricFocalOptions> =
  /* @__PURE__ */ direct(asymmetricFocal);
