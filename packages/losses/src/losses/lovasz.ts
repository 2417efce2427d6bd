import { mul, relu, reshape, sub, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

import { checkAggregation, type Aggregation, type AggregationOption } from '../options/aggregation.js';
import { checkClassChoice, classRow, type ClassChoice } from '../options/classes.js';
import { withoutGradient } from '../custom-gradient.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { elementsOf, hideIgnored } from '../inputs/ignored.js';
import { lovaszWeights } from '../pixels/lovasz-weights.js';
import { absolute, classWeightRow, meanOfMeans, pixelSum, present } from '../math.js';
import { probabilitiesOf } from '../statistics/probabilities.js';
import { checkChoice, checkClassWeights } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link lovasz}. */
export interface LovaszOptions extends AggregationOption, ClassChoice {
  /** One ranking for all channels together, in place of one for each. */
  joint: boolean;
  /** A class without labels: not counted (`skip`), or its largest error (`smooth`); `auto`: skip in multiclass mode. */
  absentClass: 'auto' | 'skip' | 'smooth';
  /** Weight of each class in the mean. */
  classWeights: 'uniform' | readonly number[];
}

/**
 * Lovász-Softmax loss in multiclass mode, the Lovász hinge otherwise: the piecewise linear extension of 1 - Jaccard, the
 * mean over images and classes.
 *
 *     Σ_i e_(i) g_i,  e = |y - softmax(z)| or relu(1 - z (2y - 1)), sorted downwards
 *
 * with g the slopes of the Jaccard loss along that order; they carry no gradient. For hard predictions it is 1 - Jaccard.
 *
 * @returns A float32 scalar of at least 0, at most 1 in multiclass mode; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * lovaszLoss(labels, tf.zeros([1, 2, 2])); // → 0.5
 * lovaszLoss(labels, tf.tensor3d([[[-3], [0]]])); // → 1
 * lovasz({ absentClass: 'smooth' }).spec; // → "lovasz(absentClass=smooth)"
 * ```
 *
 * @see Berman, Triki, Blaschko, "The Lovász-Softmax loss", CVPR 2018, arXiv:1705.08790, §3.
 */
export const lovasz: LossFactory<LovaszOptions, 'lovasz'> = /* @__PURE__ */ defineLoss<
  LovaszOptions,
  'lovasz'
>({
  name: 'lovasz',
  summary: 'Lovász-Softmax, or the Lovász hinge of sigmoid channels',
  source: 'Berman et al., arXiv:1705.08790, §3',
  defaults: {
    aggregation: 'perImage',
    absentClass: 'auto',
    joint: false,
    classWeights: 'uniform',
    classes: 'all',
    includeBackground: true,
  },
  presets: { smp: { aggregation: 'perBatch' } },
  check(options, name) {
    checkAggregation(name, options.aggregation);
    checkChoice(name, 'absentClass', options.absentClass, ['auto', 'skip', 'smooth']);
    checkChoice(name, 'joint', options.joint, [true, false]);
    checkClassWeights(name, options.classWeights);
    checkClassChoice(name, options);
    if (options.joint && options.classWeights !== 'uniform')
      throw new RangeError(`${name}: wanted classWeights 'uniform' with joint, got a list`);
  },
  pixels(inputs, options, { activation, classes, name }) {
    const { aggregation, joint, absentClass, classWeights } = options;
    const { target } = inputs;
    const valid = mul(elementsOf(inputs.valid, target), classRow(name, options, classes)) as Tensor3D;
    const errors =
      activation === 'softmax'
        ? absolute(sub(target, probabilitiesOf(inputs, activation)))
        : hinge(hideIgnored(inputs.logits, inputs.valid), target);

    const arrange = (x: Tensor) => rankedColumns(x as Tensor3D, aggregation, joint);
    const [e, y, v] = [arrange(errors), arrange(mul(target, valid)), arrange(valid)];
    const slopes = withoutGradient(e, (given) => lovaszWeights(given as Tensor3D, y, v));
    const costs = pixelSum(mul(mul(e, v), slopes) as Tensor3D);

    let include = present(pixelSum(v));
    const skip = absentClass === 'auto' ? activation === 'softmax' : absentClass === 'skip';
    if (skip) include = mul(include, present(pixelSum(y)));
    return meanOfMeans(costs, mul(include, classWeightRow(name, classWeights, joint ? 1 : classes)));
  },
});

function hinge(z: Tensor3D, y: Tensor3D): Tensor3D {
  return relu(sub(1, mul(z, sub(mul(2, y), 1)))) as Tensor3D;
}

/** `[B, N, K]` as columns of entries that are ranked together, `[G, M, C]`. */
function rankedColumns(x: Tensor3D, aggregation: Aggregation, joint: boolean): Tensor3D {
  const [batch, , classes] = x.shape;
  return reshape(x, [aggregation === 'perImage' ? batch : 1, -1, joint ? 1 : classes]);
}

/**
 * Returns {@link lovasz} of labels and logits.
 *
 * @example
 * ```ts
 * lovaszLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0
 * ```
 */
export const lovaszLoss: LossFunction<LovaszOptions> = /* @__PURE__ */ direct(lovasz);
