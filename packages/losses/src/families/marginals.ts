import {
  add,
  div,
  log,
  mul,
  sub,
  tensor2d,
  zerosLike,
  type Scalar,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

import { maskedMean, present, PROPORTION_EPSILON } from '../math.js';
import { checkNumber } from '../options/checks.js';
import { type LossContext, type RegionStatistics, type StatisticName } from '../types.js';

/** Option of the losses on marginals. */
export interface TemperatureOption {
  /**
   * Factor T on the logits before softmax or sigmoid in the predicted marginals: larger is sharper. The paper's L1
   * configurations use 10. Large T has almost no gradient where the network is confident.
   */
  temperature: number;
}

/** Options of the losses that compare predicted marginals with a target. */
export interface MarginalOptions extends TemperatureOption {
  /** What the predicted marginals should be: those of the image's labels, or fixed proportions, one for each channel. */
  target: 'image' | readonly number[];
  /** A class that is left out of the mean or sum, by channel. */
  backgroundIndex: 'none' | number;
}

/** One home for the defaults of the losses on marginals. */
export const MARGINAL_DEFAULTS: MarginalOptions = {
  temperature: 1,
  target: 'image',
  backgroundIndex: 'none',
};

/** Throws unless the temperature is a positive number. */
export function checkTemperature(name: string, temperature: number): void {
  checkNumber(name, 'temperature', temperature, 1e-6);
}

/** Throws unless the options of a loss on marginals are such that they can have. */
export function checkMarginalOptions(options: Readonly<MarginalOptions>, name: string): void {
  const { temperature, target, backgroundIndex } = options;
  checkTemperature(name, temperature);
  if (target !== 'image') checkProportions(name, 'target', target);
  if (backgroundIndex !== 'none' && !(Number.isInteger(backgroundIndex) && backgroundIndex >= 0)) {
    throw new RangeError(
      `${name}: wanted backgroundIndex to be 'none' or a channel, got ${JSON.stringify(backgroundIndex)}`,
    );
  }
}

/** Throws unless the value is a list of proportions. */
export function checkProportions(name: string, key: string, list: readonly number[], most = 1): void {
  if (
    !Array.isArray(list) ||
    list.length === 0 ||
    !list.every((x) => Number.isFinite(x) && x >= 0 && x <= most)
  ) {
    throw new RangeError(
      `${name}: wanted ${key} to be numbers from 0 to ${most}, one for each channel, got ${JSON.stringify(list)}`,
    );
  }
}

/** The sums that the marginals are made of. */
export function marginalStatistics({ activation }: LossContext): readonly StatisticName[] {
  const plain = ['count', 'target', 'tempered'] as const;
  return activation === 'sigmoid' ? [...plain, 'temperedComplement'] : plain;
}

/** Label marginals `[B, K]`: true q, predicted p(T), and with a sigmoid also 1 - q and 1 - p(T), free of cancellation. */
export interface Marginals {
  p: Tensor2D;
  q: Tensor2D;
  rest: { p: Tensor2D; q: Tensor2D } | undefined;
}

/** (Σ + 1e-10) / (n + 1e-10), as in the reference implementation; q as the option `target` says. */
export function marginalsOf(
  sums: RegionStatistics,
  target: 'image' | readonly number[] = 'image',
  context?: LossContext,
): Marginals {
  const { count, tempered, temperedComplement } = sums;
  const n = add(count, PROPORTION_EPSILON);
  const share = (sum: Tensor2D) => div(add(sum, PROPORTION_EPSILON), n) as Tensor2D;
  if (target !== 'image' && context) {
    const q = add(zerosLike(tempered), channelRow(context, 'target', target)) as Tensor2D;
    const rest = temperedComplement && { p: share(temperedComplement), q: sub(1, q) as Tensor2D };
    return { p: share(tempered), q, rest };
  }
  const restOfTarget = () => div(sub(count, sums.target), n) as Tensor2D;
  return {
    p: share(tempered),
    q: share(sums.target),
    rest: temperedComplement && { p: share(temperedComplement), q: restOfTarget() },
  };
}

/** One number for each channel as `[1, K]`. */
export function channelRow({ classes, name }: LossContext, key: string, list: readonly number[]): Tensor2D {
  if (list.length !== classes) {
    throw new RangeError(
      `${name}: wanted ${classes} numbers in ${key}, one for each channel, got ${JSON.stringify(list)}`,
    );
  }
  return tensor2d([...list], [1, classes]);
}

/** The mean over images and classes, or over images of the sum over classes, without the background class. */
export function meanOfMarginalCosts(
  costs: Tensor2D,
  count: Tensor2D,
  backgroundIndex: 'none' | number,
  classReduction: 'mean' | 'sum',
  { classes, name }: LossContext,
): Scalar {
  if (backgroundIndex !== 'none' && (backgroundIndex >= classes || classes === 1)) {
    throw new RangeError(
      `${name}: wanted backgroundIndex to be one of ${classes} channels, and another left, got ${backgroundIndex}`,
    );
  }
  const row = Array.from({ length: classes }, (_, k) => (k === backgroundIndex ? 0 : 1));
  const include = mul(present(count), tensor2d(row, [1, classes])) as Tensor2D;
  const mean = maskedMean(costs, include);
  return (classReduction === 'mean' ? mean : mul(mean, row.filter(Boolean).length)) as Scalar;
}

/** a log(a / b), 0 where a = 0 */
export function relativeEntropy(a: Tensor2D, b: Tensor2D): Tensor2D {
  return mul(a, sub(log(neverZero(a)), log(neverZero(b)))) as Tensor2D;
}

/** 1e-20 more: no rounding except at 0. */
function neverZero(x: Tensor2D): Tensor2D {
  return add(x, PROPORTION_EPSILON * PROPORTION_EPSILON) as Tensor2D;
}
