import { add, mul, neg, sub, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define-loss.js';
import { likelihoodCosts, meanOfElements, negativeLog, weightedMeanOfElements } from '../likelihood.js';
import { checkChoice, checkClassWeights, checkNumber } from '../options.js';
import { sumsOf } from '../region-statistics.js';
import { type LossFactory, type RegionStatistics } from '../types.js';
import {
  checkRegionScoreOptions,
  complement,
  diceScore,
  gentlePower,
  meanScoreCost,
  minusLog,
  REGION_SCORE_DEFAULTS,
  regionScoreStatistics,
  type RegionScoreOptions,
} from './region-score.js';

/** Options of {@link expLog}. */
export interface ExpLogOptions extends RegionScoreOptions {
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
export const expLog: LossFactory<ExpLogOptions> = /* @__PURE__ */ defineLoss<ExpLogOptions>({
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
    ...REGION_SCORE_DEFAULTS,
  },
  check(options, name) {
    checkNumber(name, 'gamma', options.gamma, 0.01);
    checkNumber(name, 'diceWeight', options.diceWeight);
    checkNumber(name, 'crossEntropyWeight', options.crossEntropyWeight);
    checkClassWeights(name, options.labelWeights);
    checkChoice(name, 'raiseCrossEntropy', options.raiseCrossEntropy, [true, false]);
    checkChoice(name, 'powerOf', options.powerOf, ['class', 'mean']);
    checkRegionScoreOptions(options, name);
  },
  pixels(inputs, options, context) {
    const { gamma, diceWeight, crossEntropyWeight, labelWeights, raiseCrossEntropy, powerOf } = options;
    const { activation, name } = context;
    const sums = sumsOf(inputs, regionScoreStatistics(options), activation, 1) as RegionStatistics;
    const mean = (cost: (score: Tensor2D) => Tensor2D) =>
      meanScoreCost(sums, options, context, diceScore, cost);
    const minus = minusLog(LEAST_SCORE);
    const dice =
      powerOf === 'class'
        ? mean((score) => gentlePower(minus(score), gamma))
        : gentlePower(minus(sub(1, mean(complement)) as Tensor2D), gamma);
    const raised = (logS: Tensor3D) => gentlePower(neg(logS) as Tensor3D, gamma);
    const elements = likelihoodCosts(inputs, activation, raiseCrossEntropy ? raised : negativeLog);
    const crossEntropy =
      labelWeights === 'uniform'
        ? meanOfElements(elements)
        : weightedMeanOfElements(elements, inputs, labelWeights, name);
    return add(mul(diceWeight, dice), mul(crossEntropyWeight, crossEntropy));
  },
});

/**
 * {@link expLog} of labels and logits.
 *
 * @example
 * ```ts
 * expLogLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.tensor3d([[[-20], [20]]])); // → 0.0000
 * ```
 */
export const expLogLoss: LossFunction<ExpLogOptions> = /* @__PURE__ */ direct(expLog);
