import {
  add,
  div,
  log,
  maximum,
  mul,
  neg,
  sub,
  sum,
  type Scalar,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

import { aggregate, type Aggregation } from '../options/aggregation.js';
import { checkClassChoice, classRow, type ClassChoice } from '../options/classes.js';
import { classWeightRow, maskedMean, meanOfMeans, present, quotient, QUOTIENT_EPSILON } from '../math.js';
import { checkChoice, checkClassWeights, checkNumber } from '../options/checks.js';
import { type Library, type LossContext, type RegionStatistics, type StatisticName } from '../types.js';

/**
 * What a class without labels in an image costs: the formula as it stands (`smooth`), nothing (`zero`), nothing and
 * not counted in the mean (`skip`), or its mean predicted probability (`penalize`).
 */
export type AbsentClass = 'smooth' | 'zero' | 'skip' | 'penalize';

/** Options of a mean over images and classes. */
export interface RegionMeanOptions extends ClassChoice {
  /** Whose sums: of one image (`perImage`), of the batch as one image, or of the batch and all classes (`micro`). */
  aggregation: Aggregation | 'micro';
  /**
   * What a class without labels costs: the formula as it stands (`smooth`), nothing (`zero`), nothing and not counted in the mean
   * (`skip`), or its mean predicted probability (`penalize`).
   */
  absentClass: AbsentClass;
  /** Weight of each class in the mean. */
  classWeights: 'uniform' | readonly number[];
}

/** Options of losses that are a score of overlap. */
export interface RegionScoreOptions extends RegionMeanOptions {
  /** ε, in pixels: added to numerator and denominator. */
  smooth: number;
  /** Another ε for the denominator; `same` as in the numerator. */
  smoothDenominator: 'same' | number;
  /** The smallest denominator, and the smallest score under a logarithm. */
  floor: number;
  /**
   * Squares in the sizes, Σ s² and Σ y², as in V-Net; `products`: squares of s y, s (1 - y) and (1 - s) y in the overlap too, as in
   * nnU-Net's squared Dice (hard labels).
   */
  squared: boolean | 'products';
  /**
   * The overlap with soft labels: Σ y s (`product`), which is not best at s = y, or (Σ s + Σ y - Σ |s - y|) / 2 (`semimetric`), which
   * is; the two are the same for hard labels.
   */
  softLabels: 'product' | 'semimetric';
}

/** Options of Dice. */
export interface DiceOptions extends RegionScoreOptions {
  /** -log of the score in place of 1 - score. */
  log: boolean;
  /** -score in place of 1 - score, as nnU-Net has it. */
  negativeScore: boolean;
}

/** One home for the defaults of the means over images and classes. */
export const REGION_MEAN_DEFAULTS: RegionMeanOptions = {
  aggregation: 'perImage',
  absentClass: 'smooth',
  classWeights: 'uniform',
  classes: 'all',
  includeBackground: true,
};

/** One home for the defaults of overlap scores. */
export const REGION_SCORE_DEFAULTS: RegionScoreOptions = {
  smooth: 1,
  smoothDenominator: 'same',
  floor: QUOTIENT_EPSILON,
  squared: false,
  softLabels: 'product',
  ...REGION_MEAN_DEFAULTS,
};

/** The options of other libraries for losses of this kind. */
export const REGION_SCORE_PRESETS = {
  seglossbias: { smooth: 0, aggregation: 'perBatch', absentClass: 'zero' },
  smp: { smooth: 0, aggregation: 'perBatch', absentClass: 'zero', softLabels: 'semimetric' },
  monai: { smooth: 1e-5 },
  keras: { smooth: 0, smoothDenominator: 1e-7, aggregation: 'micro' },
} as const satisfies Partial<Record<Library, Partial<RegionScoreOptions>>>;

/** Throws unless the options of a mean over images and classes are such that they can have. */
export function checkRegionMeanOptions(options: Readonly<RegionMeanOptions>, name: string): void {
  checkChoice(name, 'aggregation', options.aggregation, ['perImage', 'perBatch', 'micro']);
  checkChoice(name, 'absentClass', options.absentClass, ['smooth', 'zero', 'skip', 'penalize']);
  checkClassWeights(name, options.classWeights);
  checkClassChoice(name, options);
  if (options.aggregation === 'micro' && options.classWeights !== 'uniform') {
    throw new RangeError(`${name}: wanted classWeights 'uniform' with aggregation 'micro', got a list`);
  }
}

/** Throws unless every option of an overlap score is one that it can have. */
export function checkRegionScoreOptions(options: Readonly<RegionScoreOptions>, name: string): void {
  checkNumber(name, 'smooth', options.smooth);
  if (options.smoothDenominator !== 'same') checkNumber(name, 'smoothDenominator', options.smoothDenominator);
  checkNumber(name, 'floor', options.floor, 1e-30);
  checkChoice(name, 'squared', options.squared, [true, false, 'products']);
  checkChoice(name, 'softLabels', options.softLabels, ['product', 'semimetric']);
  if (options.squared && options.softLabels === 'semimetric')
    throw new RangeError(
      `${name}: wanted squared false with softLabels 'semimetric', got ${options.squared}`,
    );
  checkRegionMeanOptions(options, name);
}

const SIZES = {
  false: ['target', 'predicted'],
  true: ['targetSquares', 'predictedSquares'],
  products: ['target', 'overlapSquares', 'predictedSquares'],
} as const;

/** The sums that an overlap score reads. */
export function regionScoreStatistics({
  squared,
  absentClass,
  softLabels,
}: RegionScoreOptions): readonly StatisticName[] {
  const sizes = SIZES[String(squared) as keyof typeof SIZES];
  const absence: StatisticName[] = absentClass === 'smooth' ? [] : ['target', 'predicted'];
  return [
    ...new Set<StatisticName>([
      'count',
      softLabels === 'product' ? 'overlap' : 'difference',
      ...sizes,
      ...absence,
    ]),
  ];
}

/** Overlap a, predicted size b and target size d of a region, in pixels. */
export interface RegionSizes {
  readonly a: Tensor2D;
  readonly b: Tensor2D;
  readonly d: Tensor2D;
}

/** Numerator and denominator of a score of overlap, before smoothing. */
export type ScoreFormula = (sizes: RegionSizes) => readonly [numerator: Tensor, denominator: Tensor];

/** 2a / (b + d) */
export const diceScore: ScoreFormula = ({ a, b, d }) => [mul(2, a), add(b, d)];

/** a / (b + d - a) */
export const jaccardScore: ScoreFormula = ({ a, b, d }) => [a, sub(add(b, d), a)];

/** a / (a + α (b - a) + β (d - a)) */
export const tverskyScore =
  (alpha: number, beta: number): ScoreFormula =>
  ({ a, b, d }) => [a, add(mul(1 - alpha - beta, a), add(mul(alpha, b), mul(beta, d)))];

/** Mean over images and classes of `cost(score)`, score = (numerator + ε) / (denominator + ε). */
export function meanScoreCost(
  statistics: RegionStatistics,
  options: RegionScoreOptions,
  context: LossContext,
  formula: ScoreFormula,
  cost: (score: Tensor2D) => Tensor2D,
): Scalar {
  const { smooth, smoothDenominator, floor } = options;
  const sums = groupSums(statistics, options, context);
  const [numerator, denominator] = formula(sizesOf(sums, options));
  const below = add(denominator, smoothDenominator === 'same' ? smooth : smoothDenominator);
  // The floor keeps an empty class with ε = 0 finite; without pixels at all the group is not counted anyway.
  const score = div(add(numerator, smooth), maximum(below, floor)) as Tensor2D;
  return meanOfGroups(cost(score), sums, options, context);
}

function sizesOf(sums: RegionStatistics, { squared, softLabels }: RegionScoreOptions): RegionSizes {
  const { overlap, overlapSquares, predicted, predictedSquares, target, targetSquares } = sums;
  if (softLabels === 'semimetric') {
    return { a: div(sub(add(predicted, target), sums.difference), 2), b: predicted, d: target };
  }
  if (squared === 'products') {
    // Σ y (1 - s)² = Σ y - 2 Σ y s + Σ y s²
    const missed = add(sub(target, mul(2, overlap)), overlapSquares);
    return { a: overlapSquares, b: predictedSquares, d: add(overlapSquares, missed) };
  }
  return squared
    ? { a: overlap, b: predictedSquares, d: targetSquares }
    : { a: overlap, b: predicted, d: target };
}

/** 1 - score */
export const complement = (score: Tensor2D): Tensor2D => sub(1, score) as Tensor2D;

/** -log score, the score at least `floor` */
export const minusLog =
  (floor: number) =>
  (score: Tensor2D): Tensor2D =>
    neg(log(maximum(score, floor))) as Tensor2D;

/** The sums of the groups: `[B, K]`, `[1, K]`, or `[1, 1]` for `micro`. */
export function groupSums<N extends string>(
  sums: Record<N, Tensor2D>,
  { aggregation, ...choice }: RegionMeanOptions,
  { classes, name }: LossContext,
): Record<N, Tensor2D> {
  if (aggregation !== 'micro') return aggregate(sums, aggregation);
  const row = classRow(name, choice, classes);
  // The product with the row also gives a count of [B, 1] its classes.
  const pooled = Object.entries<Tensor2D>(sums).map(
    ([key, value]) => [key, sum(mul(value, row), [0, 1], true)] as const,
  );
  return Object.fromEntries(pooled) as Record<N, Tensor2D>;
}

/** The mean over the groups and the chosen classes, absent classes as the options say. */
export function meanOfGroups(
  costs: Tensor2D,
  sums: Record<'count' | 'target' | 'predicted', Tensor2D>,
  { absentClass, classWeights, aggregation, ...choice }: RegionMeanOptions,
  { classes, name }: LossContext,
): Scalar {
  let include = present(sums.count);
  if (absentClass !== 'smooth') {
    const isPresent = present(sums.target);
    costs = mul(costs, isPresent);
    if (absentClass === 'skip') include = mul(include, isPresent);
    if (absentClass === 'penalize') {
      costs = add(costs, mul(sub(1, isPresent), quotient(sums.predicted, sums.count)));
    }
  }
  if (aggregation === 'micro') return maskedMean(costs, include);
  const row = mul(classWeightRow(name, classWeights, classes), classRow(name, choice, classes));
  return meanOfMeans(costs, mul(include, row));
}
