import {
  add,
  div,
  eye,
  less,
  log,
  log1p,
  matMul,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  sigmoid,
  sub,
  where,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { hideIgnored } from '../inputs/ignored.js';
import {
  likelihoodCosts,
  meanOfElements,
  negativeLog,
  weightedMeanOfElements,
} from '../pixels/likelihood.js';
import { gentlePower, pixelSum, QUOTIENT_EPSILON } from '../math.js';
import { checkChoice, checkClassWeights, checkNumber } from '../options/checks.js';
import { maskedProbabilities } from '../pixels/spatial.js';
import { type LossContext, type LossFactory, type PixelInputs } from '../types.js';
import {
  checkRegionMeanOptions,
  groupSums,
  meanOfGroups,
  REGION_MEAN_DEFAULTS,
  type RegionMeanOptions,
} from '../families/region-score.js';

/** Options of {@link expLog}. */
export interface ExpLogOptions extends RegionMeanOptions {
  /** ε ≥ 0, in pixels: added to numerator and denominator of Dice. */
  smooth: number;
  /** Exponent γ > 0 of the logarithms. */
  gamma: number;
  /** Weight of the Dice term. */
  diceWeight: number;
  /** Weight of the cross-entropy term. */
  crossEntropyWeight: number;
  /** Weight of each class in the cross-entropy. */
  labelWeights: 'uniform' | readonly number[];
  /** Whether the cross-entropy of each pixel is raised to γ too, as in the paper. */
  raiseCrossEntropy: boolean;
  /** What is raised to γ: -log of the Dice score of each class and image, as in the paper, or of their mean. */
  powerOf: 'class' | 'mean';
}

const LEAST_SCORE = 1e-6;

/**
 * Exponential logarithmic loss: powers of the logarithms of Dice and of the pixels' probabilities.
 *
 *     0.8 mean_k (-log D_k)^γ + 0.2 mean_i (-log s_i)^γ
 *
 * Below 1e-6 a power is a straight line through 0, so that the gradient of a perfect prediction is finite.
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * expLogLoss(labels, tf.zeros([1, 2, 2]), { smooth: 0 }); // → 0.8959
 * ```
 *
 * @see Wong et al., "3D segmentation with exponential logarithmic loss for highly unbalanced object sizes", MICCAI 2018,
 *   arXiv:1809.00076, §2.1.
 */
export const expLog: LossFactory<ExpLogOptions, 'exp-log'> = /* @__PURE__ */ defineLoss<
  ExpLogOptions,
  'exp-log'
>({
  name: 'exp-log',
  summary: 'powers of the logarithms of Dice and cross-entropy',
  source: 'Wong et al., arXiv:1809.00076, §2.1',
  defaults: {
    gamma: 0.3,
    diceWeight: 0.8,
    crossEntropyWeight: 0.2,
    labelWeights: 'uniform',
    raiseCrossEntropy: true,
    powerOf: 'class',
    smooth: 1,
    ...REGION_MEAN_DEFAULTS,
  },
  check(options, name) {
    checkNumber(name, 'gamma', options.gamma, 0.01);
    checkNumber(name, 'diceWeight', options.diceWeight);
    checkNumber(name, 'crossEntropyWeight', options.crossEntropyWeight);
    checkClassWeights(name, options.labelWeights);
    checkChoice(name, 'raiseCrossEntropy', options.raiseCrossEntropy, [true, false]);
    checkChoice(name, 'powerOf', options.powerOf, ['class', 'mean']);
    checkNumber(name, 'smooth', options.smooth);
    checkRegionMeanOptions(options, name);
  },
  pixels(inputs, options, context) {
    const { gamma, diceWeight, crossEntropyWeight, labelWeights, raiseCrossEntropy, powerOf } = options;
    const { activation, name } = context;
    const { score, loss, mean } = diceOf(inputs, options, context);
    const dice =
      powerOf === 'class'
        ? mean(gentlePower(minusLog(score, loss), gamma))
        : gentlePower(minusLog(mean(score), mean(loss)), gamma);
    const raised = (logS: Tensor3D) => gentlePower(neg(logS) as Tensor3D, gamma);
    const elements = likelihoodCosts(inputs, activation, raiseCrossEntropy ? raised : negativeLog);
    const crossEntropy =
      labelWeights === 'uniform'
        ? meanOfElements(elements)
        : weightedMeanOfElements(elements, inputs, labelWeights, name);
    return add(mul(diceWeight, dice), mul(crossEntropyWeight, crossEntropy));
  },
});

/** Dice scores D of the groups, and 1 - D from sums of its own: the power of a small one needs all its digits. */
function diceOf(inputs: PixelInputs, options: ExpLogOptions, context: LossContext) {
  const { target: y, valid, classes } = inputs;
  const { s, counts } = maskedProbabilities(inputs, context);
  const wrong =
    context.activation === 'softmax'
      ? reshape(matMul(reshape(s, [-1, classes]), sub(1, eye(classes))), s.shape) // 1 - s from the other classes
      : mul(counts, sigmoid(neg(hideIgnored(inputs.logits, valid))));
  const sums = groupSums(
    {
      count: pixelSum(counts),
      target: pixelSum(y),
      predicted: pixelSum(s),
      overlap: pixelSum(mul(y, s) as Tensor3D),
      error: pixelSum(add(mul(y, wrong), mul(sub(counts, y), s)) as Tensor3D),
    },
    options,
    context,
  );
  const below = maximum(add(add(sums.target, sums.predicted), options.smooth), QUOTIENT_EPSILON);
  return {
    score: div(add(mul(2, sums.overlap), options.smooth), below) as Tensor2D,
    loss: div(sums.error, below) as Tensor2D,
    mean: (costs: Tensor2D) => meanOfGroups(costs, sums, options, context),
  };
}

/** -log of a score of at least 1e-6, from 1 - score where that is the smaller of the two. */
function minusLog<T extends Tensor>(score: T, loss: T): T {
  const high = withoutGradient(loss, (x) => less(x, 0.5));
  const fromLoss = neg(log1p(neg(minimum(loss, 0.5))));
  return where(high, fromLoss, neg(log(maximum(score, LEAST_SCORE)))) as T;
}

/**
 * Returns {@link expLog} of labels and logits.
 *
 * @example
 * ```ts
 * expLogLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.tensor3d([[[-20], [20]]])); // → 0.0000
 * ```
 */
export const expLogLoss: LossFunction<ExpLogOptions> = /* @__PURE__ */ direct(expLog);
