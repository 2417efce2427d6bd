import {
  add,
  concat,
  div,
  exp,
  logSoftmax,
  matMul,
  mul,
  neg,
  reshape,
  sub,
  sum,
  tensor2d,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { aggregate, checkAggregation, type AggregationOption } from '../options/aggregation.js';
import { defineLoss, direct, type LossFunction } from '../define.js';
import { hideIgnored } from '../inputs/ignored.js';
import { maskedMean, pixelSum, present } from '../math.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { logSigmoid } from '../statistics/sigmoid.js';
import { type LossContext, type LossFactory, type PixelInputs } from '../types.js';

/** Options of {@link wassersteinDice}. */
export interface WassersteinDiceOptions extends AggregationOption {
  /**
   * How far apart two classes are, K x K numbers of at least 0 with 0 on the diagonal; they are divided by the largest.
   * `uniform`: 1 for any two classes.
   */
  distanceMatrix: 'uniform' | readonly (readonly number[])[];
  /** Weight of a pixel by its label: 0 for the background and 1 (`default`), or 1 / (T + 1) as in generalized Dice (`gdl`). */
  weighting: 'default' | 'gdl';
  /** ε, added to numerator and denominator. */
  smooth: number;
  /** Another ε for the denominator; `same` as in the numerator. */
  smoothDenominator: 'same' | number;
}

/**
 * Generalized Wasserstein Dice loss, the mean over images: confusing classes that lie close costs less.
 *
 *     δ_i = Σ_k M(y_i, k) s_ik
 *     default: 1 - (2 Σ α_y (1 - δ) + ε) / (2 Σ α_y (1 - δ) + Σ δ + ε)
 *     gdl:     1 - (2 Σ α_y (1 - δ) + ε) / (Σ α_y (2 - δ) + ε)
 *
 * One sigmoid channel has two classes, background and foreground; multilabel channels are not exclusive and are refused.
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values,
 *   options or the mode do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * wassersteinDiceLoss(labels, tf.zeros([1, 2, 2])); // → 0.5
 * const distanceMatrix = [[0, 1, 1], [1, 0, 0.5], [1, 0.5, 0]];
 * wassersteinDiceLoss(labels, tf.zeros([1, 2, 3]), { distanceMatrix }); // → 0.5385
 * ```
 *
 * @see Fidon et al., "Generalised Wasserstein Dice score for imbalanced multi-class segmentation", 2017, arXiv:1707.00478,
 *   §3; Tilborghs et al., 2020 (`gdl`).
 */
export const wassersteinDice: LossFactory<WassersteinDiceOptions, 'wasserstein-dice'> =
  /* @__PURE__ */ defineLoss<WassersteinDiceOptions, 'wasserstein-dice'>({
    name: 'wasserstein-dice',
    summary: 'Dice in which confusing similar classes costs less',
    source: 'Fidon et al., arXiv:1707.00478, §3',
    classesDiffer: true,
    modes: ['binary', 'multiclass'],
    defaults: {
      distanceMatrix: 'uniform',
      weighting: 'default',
      smooth: 1e-5,
      smoothDenominator: 'same',
      aggregation: 'perImage',
    },
    presets: { monai: {} },
    check({ distanceMatrix, weighting, smooth, smoothDenominator, aggregation }, name) {
      if (distanceMatrix !== 'uniform') checkMatrix(name, distanceMatrix);
      checkChoice(name, 'weighting', weighting, ['default', 'gdl']);
      checkNumber(name, 'smooth', smooth, 1e-30);
      if (smoothDenominator !== 'same') checkNumber(name, 'smoothDenominator', smoothDenominator, 1e-30);
      checkAggregation(name, aggregation);
    },
    pixels(inputs, { distanceMatrix, weighting, smooth, smoothDenominator, aggregation }, context) {
      const { s, y } = classPixels(inputs, context);
      const { valid } = inputs;
      const classes = y.shape[2];
      const far = matrixOf(context.name, distanceMatrix, classes);
      const reach = reshape(matMul(reshape(y, [-1, classes]), far), y.shape);
      const error = sum(mul(reach, s), -1, true) as Tensor3D;
      const byClass = aggregate(
        {
          count: pixelSum(valid),
          target: pixelSum(y),
          right: pixelSum(mul(y, sub(1, error)) as Tensor3D),
          wrong: pixelSum(mul(y, error) as Tensor3D),
        },
        aggregation,
      );
      const foreground = tensor2d(
        Array.from({ length: classes }, (_, k) => (k === 0 ? 0 : 1)),
        [1, classes],
      );
      const weight = weighting === 'default' ? foreground : div(1, add(byClass.target, 1));
      const over = (x: Tensor) => sum(x, -1, true);
      const right = over(mul(weight, byClass.right));
      const below =
        weighting === 'default'
          ? add(mul(2, right), over(byClass.wrong))
          : over(mul(weight, add(mul(2, byClass.right), byClass.wrong))); // 2 - δ = 2 (1 - δ) + δ
      const score = div(
        add(mul(2, right), smooth),
        add(below, smoothDenominator === 'same' ? smooth : smoothDenominator),
      );
      return maskedMean(sub(1, score) as Tensor2D, present(byClass.count));
    },
  });

/** Probabilities and labels of exclusive classes; a sigmoid channel becomes two. */
function classPixels({ logits, target, valid }: PixelInputs, { mode }: LossContext) {
  const z = hideIgnored(logits, valid);
  if (mode === 'multiclass') return { s: exp(logSoftmax(z)) as Tensor3D, y: target };
  const s = concat([exp(logSigmoid(neg(z) as Tensor3D)), exp(logSigmoid(z))], 2) as Tensor3D;
  return { s, y: concat([sub(valid, target), target], 2) as Tensor3D };
}

function checkMatrix(name: string, matrix: readonly (readonly number[])[]): void {
  const right =
    Array.isArray(matrix) &&
    matrix.every(
      (row, i) =>
        Array.isArray(row) &&
        row.length === matrix.length &&
        row.every((distance, j) => Number.isFinite(distance) && distance >= 0 && (i !== j || distance === 0)),
    ) &&
    matrix.flat().some((distance) => distance > 0);
  if (!right) {
    throw new RangeError(
      `${name}: wanted distanceMatrix to be K rows of K numbers of at least 0, 0 on the diagonal, got ${JSON.stringify(matrix)}`,
    );
  }
}

function matrixOf(name: string, given: WassersteinDiceOptions['distanceMatrix'], classes: number): Tensor2D {
  const matrix =
    given === 'uniform'
      ? Array.from({ length: classes }, (_, i) =>
          Array.from({ length: classes }, (_, j) => (i === j ? 0 : 1)),
        )
      : given;
  if (matrix.length !== classes) {
    throw new RangeError(
      `${name}: wanted a distanceMatrix of ${classes} x ${classes} for ${classes} classes, got ${matrix.length} rows`,
    );
  }
  const flat = matrix.flat();
  const largest = flat.reduce((most, distance) => Math.max(most, distance), -Infinity);
  return tensor2d(
    flat.map((distance) => distance / largest),
    [classes, classes],
  );
}

/**
 * Returns {@link wassersteinDice} of labels and logits.
 *
 * @example
 * ```ts
 * wassersteinDiceLoss(tf.tensor2d([[0, 1]], [1, 2], 'int32'), tf.tensor3d([[[-20], [20]]])); // → 0.0000
 * ```
 */
export const wassersteinDiceLoss: LossFunction<WassersteinDiceOptions> =
  /* @__PURE__ */ direct(wassersteinDice);
