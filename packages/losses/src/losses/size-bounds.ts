import { add, mul, relu, square, sub, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import {
  channelRow,
  checkProportions,
  checkTemperature,
  marginalsOf,
  marginalStatistics,
  meanOfMarginalCosts,
  type TemperatureOption,
} from '../families/marginals.js';
import { checkChoice } from '../options/checks.js';
import { type LossContext, type SizeRegularizer } from '../types.js';

/** Options of {@link sizeBounds}. */
export interface SizeBoundsOptions extends TemperatureOption {
  /** The smallest region that costs nothing: one number for all channels, or one for each. */
  lower: number | readonly number[];
  /** The largest region that costs nothing. */
  upper: number | readonly number[];
  /** Bounds as multiples of the image's true marginal (`truth`), or as proportions of the image. */
  unit: 'truth' | 'proportion';
}

/**
 * Bounds on region sizes: predicted label marginals within the bounds cost nothing, outside the square of the distance; the
 * mean over images and classes.
 *
 *     (1/K) Σ_k relu( lower_k - p_k(T) )² + relu( p_k(T) - upper_k )²
 *
 * With `unit: 'proportion'` it needs no labels of pixels, only a prior on sizes: weak supervision.
 *
 * @returns A float32 scalar from 0 to 1; images without valid pixels are not counted.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * const even = tf.zeros([1, 4, 2]); // p = [0.5, 0.5]
 * sizeBoundsLoss(labels, even, { unit: 'proportion', lower: [0.6, 0], upper: [1, 0.3] }); // → 0.025
 * sizeBoundsLoss(labels, even, { unit: 'proportion', lower: 0.4, upper: 0.6 }); // → 0
 * ```
 *
 * @see Kervadec et al., "Constrained-CNN losses for weakly supervised segmentation", MedIA 2019, arXiv:1805.04628, §3.
 */
export const sizeBounds: SizeRegularizer<SizeBoundsOptions, 'size-bounds'> = /* @__PURE__ */ defineLoss<
  SizeBoundsOptions,
  'size-bounds'
>({
  name: 'size-bounds',
  summary: 'predicted label marginals within bounds cost nothing',
  source: 'Kervadec et al., arXiv:1805.04628, §3',
  role: 'region-size',
  defaults: { temperature: 1, lower: 0.9, upper: 1.1, unit: 'truth' },
  check({ temperature, lower, upper, unit }, name) {
    checkTemperature(name, temperature);
    checkChoice(name, 'unit', unit, ['truth', 'proportion']);
    const [low, high] = [listOf(lower), listOf(upper)];
    const most = unit === 'proportion' ? 1 : 1e6;
    checkProportions(name, 'lower', low, most);
    checkProportions(name, 'upper', high, most);
    if (low.some((bound, k) => bound > (high[k] ?? high[0]!))) {
      throw new RangeError(
        `${name}: wanted lower to be at most upper, got ${JSON.stringify(lower)} and ${JSON.stringify(upper)}`,
      );
    }
  },
  statistics: (_options, context) => marginalStatistics(context),
  temperature: ({ temperature }) => temperature,
  compute(sums, { lower, upper, unit }, context) {
    const { p, q } = marginalsOf(sums);
    const bound = (key: string, value: number | readonly number[]) =>
      unit === 'truth' ? mul(rowOf(context, key, value), q) : rowOf(context, key, value);
    const below = square(relu(sub(bound('lower', lower), p)));
    const above = square(relu(sub(p, bound('upper', upper))));
    return meanOfMarginalCosts(add(below, above) as Tensor2D, sums.count, 'none', 'mean', context);
  },
});

function listOf(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value;
}

function rowOf(context: LossContext, key: string, value: number | readonly number[]): Tensor {
  const list = typeof value === 'number' ? Array<number>(context.classes).fill(value) : value;
  return channelRow(context, key, list);
}

/**
 * {@link sizeBounds} of labels and logits.
 *
 * @example
 * ```ts
 * sizeBoundsLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0
 * ```
 */
export const sizeBoundsLoss: LossFunction<SizeBoundsOptions> = /* @__PURE__ */ direct(sizeBounds);
