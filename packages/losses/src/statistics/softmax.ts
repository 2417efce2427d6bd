import {
  add,
  exp,
  logSoftmax,
  mul,
  softmax,
  sub,
  sum,
  zerosLike,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { softmaxLogits } from '../inputs/ignored.js';
import { composedSlopes, composedSums, onceEach } from './composed.js';
import { type RegionKernelAttributes, type Variable } from './contract.js';

/** Every requested sum, with s = softmax(z): composed operations, any backend. */
export function softmaxSums(
  logits: Tensor3D,
  y: Tensor3D,
  v: Tensor3D,
  { statistics, temperature }: RegionKernelAttributes,
): Tensor2D[] {
  const z = softmaxLogits(logits, v);
  const variables = onceEach({
    logS: () => logSoftmax(z) as Tensor3D,
    s: (): Tensor3D => exp(variables.logS()) as Tensor3D,
    t: () => softmax(mul(temperature, z)) as Tensor3D,
  });
  return composedSums(statistics, { y, v }, variables);
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
  const variables = onceEach({
    logS: () => logSoftmax(z) as Tensor3D,
    s: () => softmax(z) as Tensor3D,
    t: () => softmax(mul(temperature, z)) as Tensor3D,
  });
  const slopes = composedSlopes(statistics, { y, v }, variables, factors);
  /** The derivative by a variable, undefined where nothing depends on it. */
  const by = (wanted: Variable) => {
    const parts = slopes.filter(({ variable }) => variable === wanted).map(({ slope }) => slope);
    return parts.length === 0 ? undefined : parts.reduce((left, right) => add(left, right));
  };
  const [onS, onLogS, onT] = [by('s'), by('logS'), by('t')];
  const parts = [
    onT && mul(temperature, throughSoftmax(onT, variables.t())),
    onS && throughSoftmax(onS, variables.s()),
    onLogS && sub(onLogS, mul(variables.s(), sum(onLogS, -1, true))), // ∂ log s_k/∂z_j = δ_jk - s_j
  ].filter((part) => part !== undefined);
  return parts.length === 0
    ? zerosLike(logits)
    : (parts.reduce((left, right) => add(left, right)) as Tensor3D);
}

/** Σ_k u_k ∂s_k/∂z_j = s_j (u_j - Σ_k u_k s_k) */
function throughSoftmax(u: Tensor3D, s: Tensor3D): Tensor3D {
  return mul(s, sub(u, sum(mul(u, s), -1, true))) as Tensor3D;
}
