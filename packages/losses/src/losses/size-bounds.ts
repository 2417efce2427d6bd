import {
  add,
  div,
  log,
  minimum,
  mul,
  neg,
  relu,
  square,
  sub,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import {
  channelRow,
  checkProportions,
  checkTemperature,
  marginalsOf,
  marginalStatistics,
  type TemperatureOption,
} from '../families/marginals.js';
import { maskedMean, present } from '../math.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { checkClassChoice, classRow, type ClassChoice } from '../options/classes.js';
import { type LossContext, type SizeRegularizer } from '../types.js';

/** Options of {@link sizeBounds}. */
export interface SizeBoundsOptions extends TemperatureOption {
  /** The smallest region that costs nothing: one number for all channels, or one for each. */
  lower: number | readonly number[];
  /** The largest region that costs nothing. */
  upper: number | readonly number[];
  /** Bounds as multiples of the image's true marginal (`truth`), as proportions of the image, or in `pixels`. */
  unit: 'truth' | 'proportion' | 'pixels';
  /** Squared distance beyond a bound (`quadratic`), or the extended logarithmic barrier, which also keeps sizes off the bounds. */
  penalty: 'quadratic' | 'log-barrier';
  /** Sharpness t > 0 of the barrier, in units of 1 / size: the larger, the closer to a wall at the bound. Raise it while training. */
  sharpness: number;
  /** The classes that are bounded, by channel. */
  classes: ClassChoice['classes'];
}

/**
 * Bounds on region sizes: predicted label marginals within the bounds cost nothing, outside the square of the distance; the
 * mean over images and classes.
 *
 *     (1/K) Σ_k ψ( lower_k - p_k(T) ) + ψ( p_k(T) - upper_k ),  ψ(z) = relu(z)²
 *
 * With `penalty: 'log-barrier'` and t the sharpness, ψ is the barrier with a straight line beyond the bound, which can be minimized from
 * outside too; within the bounds it is not 0:
 *
 *     ψ(z) = -log(-z) / t  if z ≤ -1/t²,  else  t z - log(1/t²) / t + 1/t
 *
 * With a `unit` other than `truth` it needs no labels of pixels, only a prior on sizes: weak supervision.
 *
 * @returns A float32 scalar, at least 0 with the quadratic penalty; images without valid pixels are not counted.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 0, 0, 1]], [1, 4], 'int32');
 * const even = tf.zeros([1, 4, 2]); // p = [0.5, 0.5]
 * sizeBoundsLoss(labels, even, { unit: 'proportion', lower: [0.6, 0], upper: [1, 0.3] }); // → 0.025
 * sizeBoundsLoss(labels, even, { unit: 'proportion', lower: 0.4, upper: 0.6 }); // → 0
 * sizeBoundsLoss(labels, even, { unit: 'pixels', lower: 1, upper: 3, penalty: 'log-barrier', sharpness: 5 }); // → 0.0000
 * ```
 *
 * @see Kervadec et al., "Constrained-CNN losses for weakly supervised segmentation", MedIA 2019, arXiv:1805.04628, §3; "Constrained
 *   deep networks: Lagrangian optimization via log-barrier extensions", EUSIPCO 2022, arXiv:1904.04205, §3, for the barrier.
 */
export const sizeBounds: SizeRegularizer<SizeBoundsOptions, 'size-bounds'> = /* @__PURE__ */ defineLoss<
  SizeBoundsOptions,
  'size-bounds'
>({
  name: 'size-bounds',
  summary: 'predicted label marginals within bounds cost nothing',
  source: 'Kervadec et al., arXiv:1805.04628, §3',
  role: 'region-size',
  defaults: {
    temperature: 1,
    lower: 0.9,
    upper: 1.1,
    unit: 'truth',
    penalty: 'quadratic',
    sharpness: 5,
    classes: 'all',
  },
  check({ temperature, lower, upper, unit, penalty, sharpness, classes }, name) {
    checkTemperature(name, temperature);
    checkChoice(name, 'unit', unit, ['truth', 'proportion', 'pixels']);
    checkChoice(name, 'penalty', penalty, ['quadratic', 'log-barrier']);
    checkNumber(name, 'sharpness', sharpness, 1e-3, 1e6);
    checkClassChoice(name, { classes, includeBackground: true });
    const [low, high] = [listOf(lower), listOf(upper)];
    const most = unit === 'proportion' ? 1 : unit === 'truth' ? 1e6 : 1e12;
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
  compute(sums, { lower, upper, unit, penalty, sharpness, classes }, context) {
    const { p, q } = marginalsOf(sums);
    const size = unit === 'pixels' ? mul(p, sums.count) : p;
    const bound = (key: string, value: number | readonly number[]) =>
      unit === 'truth' ? mul(rowOf(context, key, value), q) : rowOf(context, key, value);
    const cost = penalty === 'quadratic' ? beyond : barrier(sharpness);
    const costs = add(
      cost(sub(bound('lower', lower), size) as Tensor2D),
      cost(sub(size, bound('upper', upper)) as Tensor2D),
    ) as Tensor2D;
    const bounded = classRow(context.name, { classes, includeBackground: true }, context.classes);
    return maskedMean(costs, mul(present(sums.count), bounded));
  },
});

const beyond = (z: Tensor2D): Tensor2D => square(relu(z));

/** The logarithmic barrier -log(-z)/t up to -1/t², and its tangent from there on. */
function barrier(t: number): (z: Tensor2D) => Tensor2D {
  const limit = -1 / t ** 2;
  return (z) => {
    const inside = div(log(neg(minimum(z, limit))), -t);
    return add(inside, mul(t, relu(sub(z, limit)))) as Tensor2D;
  };
}

function listOf(value: number | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : value;
}

function rowOf(context: LossContext, key: string, value: number | readonly number[]): Tensor {
  const list = typeof value === 'number' ? Array<number>(context.classes).fill(value) : value;
  return channelRow(context, key, list);
}

/**
 * Returns {@link sizeBounds} of labels and logits.
 *
 * @example
 * ```ts
 * sizeBoundsLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.zeros([1, 2, 2])); // → 0
 * ```
 */
export const sizeBoundsLoss: LossFunction<SizeBoundsOptions> = /* @__PURE__ */ direct(sizeBounds);
