import {
  abs,
  add,
  exp,
  log1p,
  minimum,
  mul,
  neg,
  sigmoid,
  sub,
  zerosLike,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { hideIgnored } from '../inputs/ignored.js';
import { composedSlopes, composedSums, onceEach } from './composed.js';
import { type RegionKernelAttributes, type Variable } from './contract.js';

/** log σ(z) = min(z, 0) - log(1 + e^-|z|), finite for every finite z */
export function logSigmoid(z: Tensor3D): Tensor3D {
  return sub(minimum(z, 0), log1p(exp(neg(abs(z))))) as Tensor3D;
}

/** Every requested sum, with s = sigmoid(z): composed operations, any backend. */
export function sigmoidSums(
  logits: Tensor3D,
  y: Tensor3D,
  v: Tensor3D,
  { statistics, temperature }: RegionKernelAttributes,
): Tensor2D[] {
  return composedSums(statistics, { y, v }, variablesOf(hideIgnored(logits, v), temperature));
}

/** The gradient of the logits, given the derivative by each sum, `[B, 1, K]`. */
export function sigmoidSumsGradient(
  logits: Tensor3D,
  y: Tensor3D,
  v: Tensor3D,
  { statistics, temperature }: RegionKernelAttributes,
  factors: readonly Tensor3D[],
): Tensor3D {
  const variables = variablesOf(hideIgnored(logits, v), temperature);
  const { s, c, t, tc } = variables;
  /** The derivative of each variable by the logit. */
  const chain: Readonly<Record<Variable, () => Tensor3D>> = onceEach({
    s: () => mul(s(), c()) as Tensor3D,
    c: () => neg(chain.s()) as Tensor3D,
    logS: c,
    logC: () => neg(s()) as Tensor3D,
    t: () => mul(temperature, mul(t(), tc())) as Tensor3D,
    tc: () => neg(chain.t()) as Tensor3D,
  });
  const parts = composedSlopes(statistics, { y, v }, variables, factors, (variable) => chain[variable]());
  return parts.length === 0
    ? zerosLike(logits)
    : (parts.map(({ slope }) => slope).reduce((left, right) => add(left, right)) as Tensor3D);
}

/** Complements without the cancellation of a difference: 1 - σ(z) = σ(-z). */
function variablesOf(z: Tensor3D, temperature: number): Readonly<Record<Variable, () => Tensor3D>> {
  return onceEach({
    s: () => sigmoid(z),
    c: () => sigmoid(neg(z)) as Tensor3D,
    logS: () => logSigmoid(z),
    logC: () => logSigmoid(neg(z) as Tensor3D),
    t: () => sigmoid(mul(temperature, z)) as Tensor3D,
    tc: () => sigmoid(mul(-temperature, z)) as Tensor3D,
  });
}
