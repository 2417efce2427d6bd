import {
  add,
  concat,
  div,
  greater,
  max,
  maximum,
  mul,
  square,
  sub,
  sum,
  where,
  zerosLike,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

import { aggregate, checkAggregation, type AggregationOption } from '../options/aggregation.js';
import { checkClassChoice, classRow, type ClassChoice } from '../options/classes.js';
import { withoutGradient } from '../custom-gradient.js';
import { maskedMean, present } from '../math.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import {
  type Activation,
  type LossContext,
  type Mode,
  type RegionStatistics,
  type StatisticName,
} from '../types.js';
import { REGION_MEAN_DEFAULTS } from './region-score.js';

/** Options of the generalized Dice losses. */
export interface GeneralizedDiceScoreOptions extends AggregationOption, ClassChoice {
  /** Weight of a class of T pixels: 1/T² (`square`), 1/T (`simple`) or 1 (`uniform`). */
  weighting: 'square' | 'simple' | 'uniform';
  /** Weight of an absent class: none, the largest of the others (`max`), or 1 / the given floor of T² (or T). */
  emptyWeight: 'zero' | 'max' | number;
  /** ε, added to the weighted numerator and denominator. */
  smooth: number;
  /** Another ε for the denominator; `same` as in the numerator. */
  smoothDenominator: 'same' | number;
  /** The smallest weighted denominator. */
  floor: number;
  /** Whether binary logits get the background as a second class. */
  complement: boolean;
  /** `auto`: softmax in multiclass mode. `sigmoid` there means one class against the rest. */
  activation: 'auto' | Activation;
}

/** One home for the defaults of the generalized Dice losses. */
export const GENERALIZED_DICE_DEFAULTS: GeneralizedDiceScoreOptions = {
  weighting: 'square',
  emptyWeight: 'zero',
  smooth: 0,
  smoothDenominator: 'same',
  floor: 1e-14,
  complement: true,
  activation: 'auto',
  aggregation: 'perImage',
  classes: REGION_MEAN_DEFAULTS.classes,
  includeBackground: REGION_MEAN_DEFAULTS.includeBackground,
};

/** Throws unless every option of the generalized Dice losses is one that it can have. */
export function checkGeneralizedDiceOptions(
  options: Readonly<GeneralizedDiceScoreOptions>,
  name: string,
): void {
  checkChoice(name, 'weighting', options.weighting, ['square', 'simple', 'uniform']);
  if (typeof options.emptyWeight === 'number') checkNumber(name, 'emptyWeight', options.emptyWeight, 1e-30);
  else checkChoice(name, 'emptyWeight', options.emptyWeight, ['zero', 'max']);
  checkNumber(name, 'smooth', options.smooth);
  if (options.smoothDenominator !== 'same') checkNumber(name, 'smoothDenominator', options.smoothDenominator);
  checkNumber(name, 'floor', options.floor, 1e-30);
  checkChoice(name, 'complement', options.complement, [true, false]);
  checkChoice(name, 'activation', options.activation, ['auto', 'softmax', 'sigmoid']);
  checkAggregation(name, options.aggregation);
  checkClassChoice(name, options);
}

/** The activation that the option names. */
export function generalizedDiceActivation(
  { activation }: GeneralizedDiceScoreOptions,
  mode: Mode,
): Activation {
  if (activation !== 'auto') return activation;
  return mode === 'multiclass' ? 'softmax' : 'sigmoid';
}

/** The sums that generalized Dice reads. */
export function generalizedDiceStatistics(
  { complement }: GeneralizedDiceScoreOptions,
  { mode }: LossContext,
): readonly StatisticName[] {
  const plain = ['count', 'target', 'predicted', 'overlap'] as const;
  return mode === 'binary' && complement ? [...plain, 'predictedComplement'] : plain;
}

/** Mean over images of `cost(1 - score)`, one score for all classes of an image. */
export function meanGeneralizedDiceCost(
  statistics: RegionStatistics,
  options: GeneralizedDiceScoreOptions,
  { mode, classes, name }: LossContext,
  cost: (loss: Tensor2D) => Tensor2D,
): Scalar {
  const { smooth, smoothDenominator, aggregation } = options;
  const sums = aggregate(statistics, aggregation);
  const { overlap, predicted, target } =
    mode === 'binary' && options.complement ? withBackground(sums) : sums;
  const chosen = classRow(name, options, classes);
  const counted = mul(chosen, present(sums.count)) as Tensor2D;
  const w = withoutGradient(target, (t) => mul(weightsOf(t as Tensor2D, counted, options), chosen));
  const below = add(
    sum(mul(w, add(target, predicted)), -1, true),
    smoothDenominator === 'same' ? smooth : smoothDenominator,
  );
  const above = add(mul(2, sum(mul(w, overlap), -1, true)), smooth);
  const score = div(above, maximum(below, options.floor));
  const weighed = present(sum(w, -1, true) as Tensor2D);
  const costs = mul(cost(sub(1, score) as Tensor2D), weighed) as Tensor2D;
  return maskedMean(costs, present(sum(sums.count, -1, true) as Tensor2D));
}

/** Background and foreground of a sigmoid channel as two classes. */
export function withBackground({ count, target, predicted, predictedComplement, overlap }: RegionStatistics) {
  // Σ (1-y)(1-s) = Σ (1-s) - Σ y + Σ y s
  const agree = add(sub(predictedComplement, target), overlap);
  return {
    overlap: concat([agree, overlap], 1) as Tensor2D,
    predicted: concat([predictedComplement, predicted], 1) as Tensor2D,
    target: concat([sub(count, target), target], 1) as Tensor2D,
  };
}

/** Weights `[G, K]`; `max` looks at the chosen classes alone. */
function weightsOf(target: Tensor2D, chosen: Tensor2D, options: GeneralizedDiceScoreOptions): Tensor2D {
  const { weighting, emptyWeight } = options;
  if (weighting === 'uniform') return add(zerosLike(target), 1) as Tensor2D;
  const size = weighting === 'square' ? square(target) : target;
  const finite = where(greater(target, 0), div(1, maximum(size, 1e-30)), zerosLike(target)) as Tensor2D;
  if (emptyWeight === 'zero') return finite;
  if (emptyWeight === 'max') {
    const largest = max(mul(finite, chosen), -1, true);
    return where(greater(target, 0), finite, add(zerosLike(finite), largest)) as Tensor2D;
  }
  return div(1, maximum(size, emptyWeight)) as Tensor2D;
}
