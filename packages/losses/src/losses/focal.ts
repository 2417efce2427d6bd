import { add, maximum, mul, sum, tensor2d, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { focalSums, smoothedFocalSums } from '../statistics/focal.js';
import { classWeightRow, maskedMean, present, quotient } from '../math.js';
import { checkChoice, checkClassWeights, checkNumber } from '../options/checks.js';
import { labelSum } from '../statistics/region.js';
import { type Activation, type LossFactory } from '../types.js';

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
  /** Weight of each class in the mean: of its pixels with softmax, of its channel with a sigmoid. */
  classWeights: 'uniform' | readonly number[];
  /** Reduced focal loss: pixels whose label has a probability below r count fully, the others ((1 - s_y)/r)^γ; 0 to 1. */
  reducedThreshold: 'none' | number;
  /** Normalized focal loss: divided by the sum of the factors (1 - s_y)^γ, in place of the number of pixels. */
  normalized: boolean;
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
export const focal: LossFactory<FocalOptions, 'focal'> = /* @__PURE__ */ defineLoss<FocalOptions, 'focal'>({
  name: 'focal',
  summary: 'focal loss: easy pixels count less',
  source: 'Lin et al., arXiv:1708.02002, §3',
  defaults: {
    gamma: 2,
    alpha: 'none',
    activation: 'auto',
    classReduction: 'mean',
    labelClip: 0,
    classWeights: 'uniform',
    reducedThreshold: 'none',
    normalized: false,
  },
  presets: {
    seglossbias: { activation: 'sigmoid', classReduction: 'sum' },
    smp: { activation: 'sigmoid' },
    monai: { activation: 'sigmoid' },
  },
  check(options, name) {
    checkNumber(name, 'gamma', options.gamma);
    checkNumber(name, 'labelClip', options.labelClip, 0, 0.5);
    checkChoice(name, 'activation', options.activation, ['auto', 'softmax', 'sigmoid']);
    checkChoice(name, 'classReduction', options.classReduction, ['mean', 'sum']);
    checkClassWeights(name, options.classWeights);
    checkChoice(name, 'normalized', options.normalized, [true, false]);
    if (options.reducedThreshold !== 'none')
      checkNumber(name, 'reducedThreshold', options.reducedThreshold, 1e-3, 1);
    const { labelClip, normalized, reducedThreshold, classWeights, alpha, classReduction } = options;
    if (labelClip > 0 && (normalized || reducedThreshold !== 'none' || classWeights !== 'uniform')) {
      throw new RangeError(
        `${name}: wanted labelClip 0 with normalized, reducedThreshold or classWeights, got ${labelClip}`,
      );
    }
    if (classWeights !== 'uniform' && (Array.isArray(alpha) || classReduction === 'sum')) {
      throw new RangeError(
        `${name}: wanted classWeights 'uniform' with a list as alpha or classReduction 'sum', got a list`,
      );
    }
    if (typeof options.alpha === 'number') checkNumber(name, 'alpha', options.alpha, 0, 1);
  },
  activation: ({ activation }, mode) =>
    activation === 'auto' ? (mode === 'multiclass' ? 'softmax' : 'sigmoid') : activation,
  pixels(inputs, options, { activation, name }) {
    checkActivation(options, activation, inputs.classes, name);
    const { alpha, classWeights, classReduction, labelClip, normalized, gamma } = options;
    const { classes } = inputs;
    const row = Array.isArray(alpha) ? alphaRow(name, alpha, classes) : undefined;
    if (labelClip > 0) {
      return quotient(sum(smoothedFocalSums(inputs, gamma, labelClip, row)), sum(inputs.valid)) as Scalar;
    }
    const { positive, negative, factors } = focalSums(inputs, activation, options);
    const count = labelSum(inputs, activation === 'softmax' ? 'target' : 'count');
    let costs = add(positive, negative);
    if (row) costs = mul(costs, row);
    if (typeof alpha === 'number') costs = add(mul(alpha, positive), mul(1 - alpha, negative));

    const below = normalized ? factors() : count;
    const weights = classWeightRow(name, classWeights, classes);
    const ratio = () =>
      quotient(sum(costs, 0, true), maximum(sum(below, 0, true), LEAST_FACTORS)) as Tensor2D;
    if (classReduction === 'sum') return sum(ratio());
    // Channels of a sigmoid are losses of their own, each with its own sum of factors.
    if (normalized && activation === 'sigmoid') {
      return maskedMean(ratio(), present(sum(count, 0, true) as Tensor2D), weights);
    }
    return quotient(sum(mul(costs, weights)), maximum(sum(mul(below, weights)), LEAST_FACTORS)) as Scalar;
  },
});

const LEAST_FACTORS = 1e-6; // what divides where every pixel is right, or there is none

function checkActivation(
  { alpha, classReduction, labelClip }: FocalOptions,
  activation: Activation,
  classes: number,
  name: string,
): void {
  const wanted = (what: string, got: unknown) => {
    throw new RangeError(`${name}: wanted ${what}, got ${JSON.stringify(got)}`);
  };
  if (activation === 'sigmoid') {
    if (labelClip > 0) wanted('labelClip 0 with a sigmoid', labelClip);
    return;
  }
  if (typeof alpha === 'number') wanted(`alpha to be a list of ${classes} class weights with softmax`, alpha);
  if (classReduction === 'sum')
    wanted("classReduction 'mean' with softmax (or activation 'sigmoid')", classReduction);
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
 * Returns {@link focal} of labels and logits.
 *
 * @example
 * ```ts
 * focalLoss(tf.ones([1, 2], 'int32'), tf.zeros([1, 2, 1]), { alpha: 0.25 }); // → 0.0433
 * ```
 */
export const focalLoss: LossFunction<FocalOptions> = /* @__PURE__ */ direct(focal);
