import { add, mul, sigmoid, softmax, square, sub, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

import { defineLoss, direct, type LossFunction } from '../define.js';
import { elementsOf, hideIgnored } from '../inputs/ignored.js';
import { likelihoodCosts, meanOfElements, negativeLog } from '../pixels/likelihood.js';
import { absolute, quotient } from '../math.js';
import { windowSum } from '../pixels/neighbors.js';
import { checkChoice, checkNumber } from '../options/checks.js';
import { type LossFactory } from '../types.js';

/** Options of {@link nacl}. */
export interface NaclOptions {
  /** Weight α ≥ 0 of the neighbor term. */
  alpha: number;
  /** Width of the window in pixels, odd, from 3 (`mean` only). */
  kernelSize: number;
  /** Average of the labels in a box, or under a Gaussian out to 4 σ. */
  kernel: 'mean' | 'gaussian';
  /** Width σ > 0 of the Gaussian in pixels. */
  sigma: number;
  /** Absolute (`l1`) or squared (`l2`) difference. */
  distance: 'l1' | 'l2';
  /** What is compared with the neighbors' labels: the `logits`, as in the paper, or the `probabilities`. */
  compared: 'logits' | 'probabilities';
  /** Weights beyond the border and at ignored pixels: lost (`kernel`, as in the paper), or spread over the others (`inside`). */
  divisor: 'kernel' | 'inside';
}

/**
 * Neighbor-aware calibration loss: cross-entropy, and the logits held near the average label u of the neighborhood, so
 * that the network is less certain near borders; the mean over valid pixels and channels.
 *
 *     CE + α mean_ik |u_ik - z_ik|
 *
 * @returns A float32 scalar of at least 0; 0 for a batch without valid pixels. Ignored pixels have no label in u.
 * @throws {TypeError} If logits are not float32 or an option is unknown. @throws {RangeError} If shapes, label values
 *   or options do not fit.
 *
 * @example
 * ```ts
 * const labels = tf.tensor2d([[0, 1, 1]], [1, 3], 'int32');
 * naclLoss(labels, tf.zeros([1, 3, 1]), { alpha: 1 }); // → 1.2487
 * ```
 *
 * @see Murugesan et al., "Trust your neighbours: penalty-based constraints for model calibration", MICCAI 2023,
 *   arXiv:2303.06268, §2.
 */
export const nacl: LossFactory<NaclOptions, 'nacl'> = /* @__PURE__ */ defineLoss<NaclOptions, 'nacl'>({
  name: 'nacl',
  summary: 'cross-entropy with logits pulled towards the labels nearby',
  source: 'Murugesan et al., arXiv:2303.06268, §2',
  spatial: true,
  defaults: {
    alpha: 0.1,
    kernelSize: 3,
    kernel: 'mean',
    sigma: 1,
    distance: 'l1',
    compared: 'logits',
    divisor: 'kernel',
  },
  presets: { monai: {} },
  check(options, name) {
    checkNumber(name, 'alpha', options.alpha);
    checkNumber(name, 'kernelSize', options.kernelSize, 3);
    if (options.kernelSize % 2 !== 1)
      throw new RangeError(`${name}: wanted kernelSize to be odd, got ${options.kernelSize}`);
    checkChoice(name, 'kernel', options.kernel, ['mean', 'gaussian']);
    checkNumber(name, 'sigma', options.sigma, 0.01);
    checkChoice(name, 'distance', options.distance, ['l1', 'l2']);
    checkChoice(name, 'compared', options.compared, ['logits', 'probabilities']);
    checkChoice(name, 'divisor', options.divisor, ['kernel', 'inside']);
  },
  pixels(inputs, { alpha, kernelSize, kernel, sigma, distance, compared, divisor }, { activation }) {
    const { target, valid, space } = inputs;
    const counts = elementsOf(valid, target);
    const weights =
      kernel === 'mean' ? Array<number>(kernelSize).fill(1 / kernelSize) : gaussianWeights(sigma);
    const around = windowSum(target, space, weights);
    const u = divisor === 'kernel' ? around : quotient(around, windowSum(counts, space, weights));
    const z = hideIgnored(inputs.logits, valid);
    const x: Tensor = compared === 'logits' ? z : activation === 'softmax' ? softmax(z) : sigmoid(z);
    const difference = sub(u, x) as Tensor3D;
    const apart = distance === 'l1' ? absolute(difference) : square(difference);
    const smoothness = meanOfElements({ costs: mul(counts, apart) as Tensor3D, valid: counts });
    return add(meanOfElements(likelihoodCosts(inputs, activation, negativeLog)), mul(alpha, smoothness));
  },
});

/** Share of a normal distribution over each pixel, out to 4 σ. */
function gaussianWeights(sigma: number): number[] {
  const half = Math.floor(Math.max(4 * sigma, 0.5) + 0.5);
  const below = (x: number) => errorFunction(x / (Math.SQRT2 * sigma)) / 2;
  return Array.from({ length: 2 * half + 1 }, (_, i) => below(i - half + 0.5) - below(i - half - 0.5));
}

/** erf by its power series, exact to 1e-9 up to 4 and ±1 beyond. */
function errorFunction(x: number): number {
  if (Math.abs(x) > 4) return Math.sign(x);
  let power = x;
  let sum = x;
  for (let n = 1; n < 100; n++) {
    power *= (-x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/**
 * Returns {@link nacl} of labels and logits.
 *
 * @example
 * ```ts
 * naclLoss(tf.ones([1, 1], 'int32'), tf.zeros([1, 1, 1]), { alpha: 0 }); // → 0.6931
 * ```
 */
export const naclLoss: LossFunction<NaclOptions> = /* @__PURE__ */ direct(nacl);
