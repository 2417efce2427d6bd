import { type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { pixelSum } from '../math.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { binGaps } from '../pixels/bin-gaps.js';
import { maskedProbabilities } from '../pixels/spatial.js';
import { type LossFactory } from '../types.js';
import { checkRegionMeanOptions, meanOfGroups, REGION_MEAN_DEFAULTS } from '../families/region-score.js';
import { type AbsentClass } from '../families/region-score.js';
import { type ClassChoice } from '../options/classes.js';

/** Options of {@link averageCalibrationError}. */
export interface AverageCalibrationErrorOptions extends ClassChoice {
  /** `hard`: each probability in one bin; `soft`: shared between the two nearest bin centers, which is differentiable. */
  binning: 'hard' | 'soft';
  /** Number of bins of equal width from 0 to 1. */
  bins: number;
  /** The weight in pixels below which a bin is empty (`soft` only); a bin without any weight is empty at 0 too. */
  emptyWeight: number;
  /** What a class without labels in an image costs; see {@link AbsentClass}. */
  absentClass: AbsentClass;
  /** Weight of each class in the mean. */
  classWeights: 'uniform' | readonly number[];
}

/**
 * Marginal L1 average calibration error (mL1-ACE): in each bin of predicted probabilities, how far their mean lies from the share of
 * pixels that are of the class; the mean over the filled bins, then over classes and images. Add it to a loss that matches pixels, as in
 * `dice + ce + l1-ace`.
 *
 *     (1/M) Σ_m | mean_{i in bin m} s_i - mean_{i in bin m} y_i |
 *
 * Hard bins are (low, high], and which bin a pixel is in carries no gradient.
 *
 * @returns A float32 scalar from 0 to 1; 0 for a batch without valid pixels.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1, 1, 1]], [1, 4], 'int32');
 * averageCalibrationErrorLoss(labels, tf.zeros([1, 4, 1])); // → 0.2500
 * averageCalibrationError({ binning: 'soft' }).spec; // → "l1-ace(binning=soft)"
 * ```
 *
 * @see Barfoot et al., "Average calibration error: a differentiable loss for improved reliability in image segmentation", MICCAI 2024,
 *   arXiv:2403.06759, §2 (hard), and "Average calibration losses for reliable uncertainty in medical image segmentation", 2025,
 *   arXiv:2506.03942 (soft).
 */
export const averageCalibrationError: LossFactory<AverageCalibrationErrorOptions, 'l1-ace'> =
  /* @__PURE__ */ defineLoss<AverageCalibrationErrorOptions, 'l1-ace'>({
    name: 'l1-ace',
    summary: 'average calibration error over bins of probabilities',
    source: 'Barfoot et al., arXiv:2403.06759, §2',
    fullName: 'average-calibration-error',
    aliases: ['ml1-ace', 'ace'],
    defaults: {
      binning: 'hard',
      bins: 20,
      emptyWeight: 0.01,
      absentClass: 'skip',
      classWeights: 'uniform',
      classes: 'all',
      includeBackground: true,
    },
    gradientCheck: { tolerance: 0.05, jumps: true },
    check(options, name) {
      checkChoice(name, 'binning', options.binning, ['hard', 'soft']);
      checkNumber(name, 'bins', options.bins, 1, 1000);
      if (!Number.isInteger(options.bins))
        throw new RangeError(`${name}: wanted bins to be an integer, got ${options.bins}`);
      checkNumber(name, 'emptyWeight', options.emptyWeight);
      checkRegionMeanOptions({ ...REGION_MEAN_DEFAULTS, ...options }, name);
    },
    pixels(inputs, options, context) {
      const { target } = inputs;
      const { s, counts } = maskedProbabilities(inputs, context);
      const gaps = binGaps(s, target, counts as Tensor3D, options);
      const sums = { count: pixelSum(counts), target: pixelSum(target), predicted: pixelSum(s) };
      return meanOfGroups(gaps, sums, { ...REGION_MEAN_DEFAULTS, ...options }, context);
    },
  });

/**
 * {@link averageCalibrationError} of labels and logits.
 *
 * @example
 * ```ts
 * averageCalibrationErrorLoss(tf.ones([1, 2], 'int32'), tf.zeros([1, 2, 1]), { binning: 'soft' }); // → 0.5000
 * ```
 */
export const averageCalibrationErrorLoss: LossFunction<AverageCalibrationErrorOptions> =
  /* @__PURE__ */ direct(averageCalibrationError);
