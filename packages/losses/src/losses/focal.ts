import {
  add,
  mul,
  sum,
  tensor2d,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define-loss.js';
import { sigmoidFocalSums, smoothedFocalSums, softmaxFocalSums } from '../focal-sums.js';
import { pixelSum, quotient } from '../math.js';
import { checkChoice, checkNumber } from '../options.js';
import { type Activation, type LossFactory, type PixelInputs } from '../types.js';

/** Options of {@link focal}. */
export interface FocalOptions {
  /** Focusing exponent γ ≥ 0 on the probability of error; 0 gives cross-entropy. */
  gamma: number;
  /** Weight of y = 1 against y = 0 (sigmoid only, 0 to 1), or a list of class weights; 'none' weighs all alike. */
  alpha: 'none' | number | readonly number[];
  /** `auto`: softmax in multiclass mode. `sigmoid` there means one class against the rest. */
  activation: 'auto' | Activation;
  /** Classes are averaged, or summed as in the reference implementation (sigmoid only). */
  classReduction: 'mean' | 'sum';
  /** nnU-Net's label clipping ε, 0 to 0.5 (softmax only). */
  labelClip: number;
}

/**
 * Focal loss, cross-entropy in which easy pixels count less; the mean over valid pixels (and, with a sigmoid, over
 * classes).
 *
 *     -(1 - s_y)^γ log s_y
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * focalLoss(labels, tf.zeros([1, 2, 2])); // → 0.1733
 * focalLoss(labels, tf.zeros([1, 2, 2]), { gamma: 0 }); // → 0.6931
 * focal({ gamma: 1 }).spec; // → "focal(gamma=1)"
 * ```
 *
 * @see Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, arXiv:1708.02002, §3.
 */
export const focal: LossFactory<FocalOptions> = /* @__PURE__ */ defineLoss<FocalOptions>({
  name: 'focal',
  summary: 'focal loss: easy pixels count less',
  source: 'Lin et al., arXiv:1708.02002, §3',
  defaults: { gamma: 2, alpha: 'none', activation: 'auto', classReduction: 'mean', labelClip: 0 },
  check(options, name) {
    checkNumber(name, 'gamma', options.gamma);
    checkNumber(name, 'labelClip', options.labelClip, 0, 0.5);
    checkChoice(name, 'activation', options.activation, ['auto', 'softmax', 'sigmoid']);
    checkChoice(name, 'classReduction', options.classReduction, ['mean', 'sum']);
    if (typeof options.alpha === 'number') checkNumber(name, 'alpha', options.alpha, 0, 1);
  },
  activation: ({ activation }, mode) =>
    activation === 'auto' ? (mode === 'multiclass' ? 'softmax' : 'sigmoid') : activation,
  pixels(inputs, options, { activation, name }) {
    return activation === 'softmax'
      ? softmaxFocal(inputs, options, name)
      : sigmoidFocal(inputs, options, name);
  },
});

function softmaxFocal(inputs: PixelInputs, options: FocalOptions, name: string): Scalar {
  const { gamma, alpha, labelClip, classReduction } = options;
  const { classes, target, valid } = inputs;
  if (classes === 1)
    throw new RangeError(`${name}: wanted activation 'sigmoid' for one channel, got 'softmax'`);
  if (typeof alpha === 'number') {
    throw new RangeError(
      `${name}: wanted alpha to be a list of ${classes} class weights with softmax, got ${alpha}`,
    );
  }
  if (classReduction === 'sum') {
    throw new RangeError(
      `${name}: wanted classReduction 'mean' with softmax, got 'sum'; set activation 'sigmoid'`,
    );
  }
  if (labelClip > 0) {
    if (alpha !== 'none')
      throw new RangeError(`${name}: wanted alpha 'none' together with labelClip, got a list`);
    const sums = smoothedFocalSums(inputs, gamma, labelClip);
    return quotient(sum(sums), sum(valid)) as Scalar;
  }
  const weights = alpha === 'none' ? undefined : alphaRow(name, alpha, classes);
  const sums = softmaxFocalSums(inputs, gamma);
  return quotient(sum(weights ? mul(sums, weights) : sums), sum(pixelSum(target))) as Scalar;
}

function sigmoidFocal(inputs: PixelInputs, options: FocalOptions, name: string): Scalar {
  const { gamma, alpha, classReduction, labelClip } = options;
  const { classes, valid, target } = inputs;
  if (labelClip > 0) throw new RangeError(`${name}: wanted labelClip 0 with a sigmoid, got ${labelClip}`);
  const { positive, negative } = sigmoidFocalSums(inputs, gamma);
  let sums: Tensor = add(positive, negative);
  if (typeof alpha === 'number') sums = add(mul(alpha, positive), mul(1 - alpha, negative));
  else if (alpha !== 'none') sums = mul(sums, alphaRow(name, alpha, classes));
  const count = pixelSum(add(mul(target, 0), valid) as Tensor3D);
  if (classReduction === 'sum') return sum(quotient(sum(sums, 0), sum(count, 0))) as Scalar;
  return quotient(sum(sums), sum(count)) as Scalar;
}

function alphaRow(name: string, alpha: readonly number[], classes: number): Tensor2D {
  if (alpha.length !== classes) {
    throw new RangeError(
      `${name}: wanted ${classes} values in alpha, one for each class, got ${alpha.length}`,
    );
  }
  return tensor2d([...alpha], [1, classes]);
}

/**
 * {@link focal} of labels and logits.
 *
 * @example
 * ```ts
 * focalLoss(tf.ones([1, 2], 'int32'), tf.zeros([1, 2, 1]), { alpha: 0.25 }); // → 0.0433
 * ```
 */
export const focalLoss: LossFunction<FocalOptions> = /* @__PURE__ */ direct(focal);
