import { add, concat, mul, sub, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { gentlePower } from '../math.js';
import { checkNumber } from '../options/checks.js';
import { type LossContext, type LossFactory, type RegionStatistics, type StatisticName } from '../types.js';
import { withBackground } from '../families/generalized-dice-score.js';
import {
  checkRegionScoreOptions,
  complement,
  meanScoreCost,
  REGION_SCORE_DEFAULTS,
  regionScoreStatistics,
  tverskyScore,
  type RegionScoreOptions,
} from '../families/region-score.js';

/** Options of {@link asymmetricFocalTversky}. */
export interface AsymmetricFocalTverskyOptions extends RegionScoreOptions {
  /** Weight δ of false negatives against 1 - δ of false positives, 0 to 1. */
  delta: number;
  /** The foreground loss is raised to 1 - γ; from 0 to below 1. */
  gamma: number;
}

/**
 * Asymmetric focal Tversky loss: the Tversky loss of the background, and that of the foreground classes to the power
 * 1 - γ, which raises the gradient of classes that are nearly right; the mean over images and classes. One sigmoid channel
 * counts as background and foreground; the channels of multilabel mode are all foreground.
 *
 *     TI = (overlap + ε) / (overlap + δ FN + (1 - δ) FP + ε)          1 - TI_0 and (1 - TI_k)^(1-γ)
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * asymmetricFocalTverskyLoss(labels, tf.zeros([1, 2, 2]), { smooth: 0 }); // → 0.6704
 * ```
 *
 * @see Yeung et al., "Unified focal loss", Computerized Medical Imaging and Graphics 2022, arXiv:2102.04525, §3.
 */
export const asymmetricFocalTversky: LossFactory<AsymmetricFocalTverskyOptions, 'asymmetric-focal-tversky'> =
  /* @__PURE__ */ defineLoss<AsymmetricFocalTverskyOptions, 'asymmetric-focal-tversky'>({
    name: 'asymmetric-focal-tversky',
    summary: 'Tversky on the background, its power on the foreground',
    source: 'Yeung et al., arXiv:2102.04525, §3',
    classesDiffer: true,
    defaults: { delta: 0.7, gamma: 0.75, ...REGION_SCORE_DEFAULTS },
    presets: { monai: { smooth: 1e-7 } },
    check(options, name) {
      checkNumber(name, 'delta', options.delta, 0, 1);
      checkNumber(name, 'gamma', options.gamma, 0, 0.99);
      checkRegionScoreOptions(options, name);
      if (options.softLabels !== 'product')
        throw new RangeError(`${name}: wanted softLabels 'product', got ${options.softLabels}`);
      if (options.squared) throw new RangeError(`${name}: wanted squared false, got ${options.squared}`);
      if (options.aggregation === 'micro') {
        throw new RangeError(
          `${name}: wanted aggregation perImage | perBatch, got "micro": the background is treated differently`,
        );
      }
    },
    statistics(options, { mode }): readonly StatisticName[] {
      const plain = [...new Set<StatisticName>([...regionScoreStatistics(options), 'target', 'predicted'])];
      return mode === 'binary' ? [...plain, 'predictedComplement'] : plain;
    },
    compute(statistics, options, context) {
      const { delta, gamma } = options;
      const twoClasses = context.mode === 'binary';
      const sums = twoClasses ? bothClasses(statistics) : statistics;
      const of: LossContext = twoClasses ? { ...context, classes: 2 } : context;
      const background = tensor2d(
        Array.from({ length: of.classes }, (_, k) => (k === 0 && of.mode !== 'multilabel' ? 1 : 0)),
        [1, of.classes],
      );
      const cost = (score: Tensor2D) => {
        const loss = complement(score);
        return add(mul(background, loss), mul(sub(1, background), gentlePower(loss, 1 - gamma))) as Tensor2D;
      };
      return meanScoreCost(sums, options, of, tverskyScore(1 - delta, delta), cost);
    },
  });

function bothClasses(statistics: RegionStatistics): RegionStatistics {
  const count = concat([statistics.count, statistics.count], 1) as Tensor2D;
  return { ...statistics, ...withBackground(statistics), count };
}

/**
 * Returns {@link asymmetricFocalTversky} of labels and logits.
 *
 * @example
 * ```ts
 * asymmetricFocalTverskyLoss(tf.zeros([1, 4], 'int32'), tf.fill([1, 4, 1], -20)); // → 0.0000
 * ```
 */
export const asymmetricFocalTverskyLoss: LossFunction<AsymmetricFocalTverskyOptions> =
  /* @__PURE__ */ direct(asymmetricFocalTversky);
