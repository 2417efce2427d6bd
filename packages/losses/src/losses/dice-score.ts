import { add, div, maximum, mul, sub, zerosLike, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core';

import { aggregate, checkAggregation, type AggregationOption } from '../aggregation.js';
import { classWeightRow, maskedMean, present, quotient, QUOTIENT_EPSILON } from '../math.js';
import { checkChoice, checkClassWeights, checkNumber } from '../options.js';
import { type LossContext, type RegionStatistics, type StatisticName } from '../types.js';

/**
 * What a class without labels in an image costs: the formula as it stands (`smooth`), nothing (`zero`), nothing and
 * not counted in the mean (`skip`), or its mean predicted probability (`penalize`).
 */
export type AbsentClass = 'smooth' | 'zero' | 'skip' | 'penalize';

/** Options of the Dice family. */
export interface DiceOptions extends AggregationOption {
  /** ε, in pixels: added to numerator and denominator. 0 leaves a floor of 1e-7 below the denominator. */
  smooth: number;
  /** Squares in the denominator, Σ s² + Σ y², as in V-Net. */
  squared: boolean;
  /** What an absent class costs. */
  absentClass: AbsentClass;
  /** Weight of each class in the mean. */
  classWeights: 'uniform' | readonly number[];
}

/** One home for the defaults of the Dice family. */
export const DICE_DEFAULTS: DiceOptions = {
  smooth: 1,
  squared: false,
  absentClass: 'smooth',
  classWeights: 'uniform',
  aggregation: 'perImage',
};

/** Throws unless every option of the Dice family is one that it can have. */
export function checkDiceOptions(options: Readonly<DiceOptions>, name: string): void {
  checkNumber(name, 'smooth', options.smooth);
  checkChoice(name, 'squared', options.squared, [true, false]);
  checkChoice(name, 'absentClass', options.absentClass, ['smooth', 'zero', 'skip', 'penalize']);
  checkClassWeights(name, options.classWeights);
  checkAggregation(name, options.aggregation);
}

/** The sums that the Dice score reads. */
export function diceStatistics({ squared, absentClass }: DiceOptions): readonly StatisticName[] {
  const sizes: StatisticName[] = squared ? ['targetSquares', 'predictedSquares'] : ['target', 'predicted'];
  const absence: StatisticName[] = absentClass === 'smooth' ? [] : ['target', 'predicted'];
  return [...new Set<StatisticName>(['count', 'overlap', ...sizes, ...absence])];
}

/** Mean over images and classes of `cost(score)`, score = (2·overlap + ε) / (target + predicted + ε). */
export function meanDiceCost(
  statistics: RegionStatistics,
  { smooth, squared, absentClass, classWeights, aggregation }: DiceOptions,
  { classes, name }: LossContext,
  cost: (score: Tensor2D) => Tensor2D,
): Scalar {
  const sums = aggregate(statistics, aggregation);
  const { overlap, count } = sums;
  const size = squared ? add(sums.targetSquares, sums.predictedSquares) : add(sums.target, sums.predicted);
  // The floor keeps an empty class with ε = 0 finite; without pixels at all the group is not counted anyway.
  const score = div(add(mul(2, overlap), smooth), maximum(add(size, smooth), QUOTIENT_EPSILON)) as Tensor2D;

  let include = present(count);
  let costs = cost(score);
  if (absentClass !== 'smooth') {
    const isPresent = present(sums.target);
    costs = mul(costs, isPresent);
    if (absentClass === 'skip') include = mul(include, isPresent);
    if (absentClass === 'penalize') {
      costs = add(costs, mul(sub(1, isPresent), quotient(sums.predicted, count)));
    }
  }
  const weights = add(zerosLike(include), classWeightRow(name, classWeights, classes)) as Tensor2D;
  return maskedMean(costs, include, weights);
}
