import {
  add,
  exp,
  logSoftmax,
  mul,
  sign,
  softmax,
  sub,
  sum,
  zerosLike,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { softmaxLogits } from '../inputs/read.js';
import { type RegionKernelAttributes } from './region.js';
import { sharedSum } from './shared.js';

/** Every sum that is asked for, with s = softmax(z): composed operations, any backend. */
export function softmaxSums(
  logits: Tensor3D,
  y: Tensor3D,
  v: Tensor3D,
  { statistics, temperature }: RegionKernelAttributes,
): Tensor2D[] {
  const z = softmaxLogits(logits, v);
  const logS = logSoftmax(z) as Tensor3D;
  const probabilities = {
    s: exp(logS) as Tensor3D,
    logS: () => logS,
    tempered: () => softmax(mul(temperature, z)) as Tensor3D,
  };
  return statistics.map((name) => {
    const value = sharedSum(name, y, v, probabilities);
    if (value === undefined) throw new RangeError(`softmax has no statistic "${name}"`);
    return value;
  });
}

/** The gradient of the logits, given the derivative by each sum, `[B, 1, K]`. */
export function softmaxSumsGradient(
  logits: Tensor3D,
  y: Tensor3D,
  v: Tensor3D,
  { statistics, temperature }: RegionKernelAttributes,
  factors: readonly Tensor3D[],
): Tensor3D {
  const z = softmaxLogits(logits, v);
  const s = softmax(z) as Tensor3D;
  let onS: Tensor3D | undefined; // derivative by s
  let onLogS: Tensor3D | undefined; // derivative by log s
  let gradient: Tensor3D | undefined;
  const plus = (left: Tensor3D | undefined, right: Tensor3D) =>
    left ? (add(left, right) as Tensor3D) : right;

  statistics.forEach((name, i) => {
    const factor = factors[i]!;
    if (name === 'predicted') onS = plus(onS, mul(v, factor));
    else if (name === 'predictedSquares') onS = plus(onS, mul(mul(v, factor), mul(2, s)));
    else if (name === 'overlap') onS = plus(onS, mul(y, factor));
    else if (name === 'overlapSquares') onS = plus(onS, mul(mul(y, factor), mul(2, s)));
    else if (name === 'difference') onS = plus(onS, mul(mul(v, factor), sign(sub(s, y))));
    else if (name === 'logLikelihood') onLogS = plus(onLogS, mul(y, factor));
    else if (name === 'logSum') onLogS = plus(onLogS, mul(v, factor));
    else if (name === 'tempered') {
      const sharp = softmax(mul(temperature, z)) as Tensor3D;
      gradient = plus(gradient, mul(temperature, throughSoftmax(mul(v, factor), sharp)));
    }
  });
  if (onS) gradient = plus(gradient, throughSoftmax(onS, s));
  if (onLogS) gradient = plus(gradient, sub(onLogS, mul(s, sum(onLogS, -1, true)))); // ∂ log s_k/∂z_j = δ_jk - s_j
  return gradient ?? zerosLike(logits);
}

/** Σ_k u_k ∂s_k/∂z_j = s_j (u_j - Σ_k u_k s_k) */
function throughSoftmax(u: Tensor3D, s: Tensor3D): Tensor3D {
  return mul(s, sub(u, sum(mul(u, s), -1, true))) as Tensor3D;
}
