import {
  add,
  cast,
  customGrad,
  div,
  exp,
  fill,
  log,
  maximum,
  mul,
  pad,
  reshape,
  sign,
  square,
  sum,
  tensor2d,
  tile,
  type GradSaveFunc,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { PIXEL_SUM_KERNEL } from './statistics/contract.js';
import { hasFused, runFused } from './statistics/fused.js';

/** Keeps the logarithm of a proportion finite; the value of the reference implementation. */
export const PROPORTION_EPSILON = 1e-10;

/** Keeps a quotient of pixel sums finite; the value of the reference implementation. */
export const QUOTIENT_EPSILON = 1e-7;

const BLOCK = 64;

/**
 * Σ over the pixels of `[B, N, K]`, as `[B, K]`, in float64 where the backend has the kernel, else in blocks of 64: the error grows with
 * log N where that of a running float32 sum grows with N.
 *
 * @example
 * ```ts
 * pixelSum(tf.tensor3d([[[1, 2], [3, 4]]])); // → [[4, 6]]
 * ```
 */
export function pixelSum(x: Tensor3D): Tensor2D {
  return hasFused(PIXEL_SUM_KERNEL) ? fusedPixelSum(x) : sumInBlocks(x);
}

function fusedPixelSum(x: Tensor3D): Tensor2D {
  const [batch, pixels, classes] = x.shape;
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => ({
    value: runFused(PIXEL_SUM_KERNEL, { x: cast(args[0] as Tensor3D, 'float32') }),
    gradFunc: (dy: Tensor) => tile(reshape(dy, [batch, 1, classes]), [1, pixels, 1]),
  }));
  return op(x) as Tensor2D;
}

function sumInBlocks(x: Tensor3D): Tensor2D {
  let partial = x;
  for (;;) {
    const [batch, pixels, classes] = partial.shape;
    if (pixels <= BLOCK) return sum(partial, 1) as Tensor2D;
    const blocks = Math.ceil(pixels / BLOCK);
    const missing = blocks * BLOCK - pixels;
    const padded = missing === 0 ? partial : pad(partial, [[0, 0], [0, missing], [0, 0]]); // prettier-ignore
    partial = sum(reshape(padded, [batch, blocks, BLOCK, classes]), 2) as Tensor3D;
  }
}

/** |x| whose derivative at 0 is 0; that of tf.abs is -1 there. */
export function absolute<T extends Tensor>(x: T): T {
  return mul(x, sign(x)) as T; // tf.sign has derivative 0
}

/** x^γ for x ≥ 0 with a finite slope at 0 for every γ > 0: of exponents other than 1 and 2 below 1e-6 a straight line through 0. */
export function gentlePower<T extends Tensor>(x: T, gamma: number): T {
  if (gamma === 1) return x;
  if (gamma === 2) return square(x);
  return mul(x, exp(mul(gamma - 1, log(maximum(x, 1e-6))))) as T;
}

/** a / b, and 0 where b = 0 (then a = 0 too, in every use). */
export function quotient(a: Tensor, b: Tensor): Tensor {
  return div(a, maximum(b, 1e-30));
}

/** 1 where a group has pixels, 0 where all of them are ignored. Carries no gradient. */
export function present(count: Tensor2D): Tensor2D {
  return sign(count) as Tensor2D;
}

/** Mean of per-group values `[G, K]` over the entries of which `include` is 1, weighted; 0 if there is none. */
export function maskedMean(values: Tensor2D, include: Tensor2D, weights?: Tensor2D): Scalar {
  const weight = weights === undefined ? include : (mul(include, weights) as Tensor2D);
  return quotient(sum(mul(values, weight)), sum(weight)) as Scalar;
}

/**
 * Mean over groups of the weighted mean over a group's classes, `[G, K]` each; groups without weight are not counted. So a
 * batch of images has the mean of what its images have alone.
 */
export function meanOfMeans(values: Tensor2D, weights: Tensor2D): Scalar {
  const weight = sum(weights, -1, true) as Tensor2D;
  return maskedMean(quotient(sum(mul(values, weights), -1, true), weight) as Tensor2D, present(weight));
}

/** Class weights as `[1, K]`. */
export function classWeightRow(
  name: string,
  weights: 'uniform' | readonly number[],
  classes: number,
): Tensor2D {
  if (weights === 'uniform') return fill([1, classes], 1) as Tensor2D;
  if (weights.length !== classes) {
    throw new RangeError(
      `${name}: wanted ${classes} classWeights, one for each class, got ${weights.length}: ${JSON.stringify(weights)}`,
    );
  }
  return tensor2d([...weights], [1, classes]);
}

/** a + b + ... */
export function total(terms: readonly Tensor[]): Tensor {
  return terms.reduce((left, right) => add(left, right));
}
