import {
  add,
  exp,
  logSoftmax,
  maximum,
  mul,
  neg,
  sub,
  sum,
  tensor1d,
  type Scalar,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { hideIgnored } from '../inputs/read.js';
import { classWeightRow, pixelSum, quotient } from '../math.js';
import { logSigmoid } from '../statistics/sigmoid.js';
import { type Activation, type PixelInputs } from '../types.js';

/** What each element costs, and which count: `[B, N, E]`, an element for each pixel (softmax) or channel (sigmoid). */
export interface ElementCosts {
  readonly costs: Tensor3D;
  readonly valid: Tensor3D;
}

/** Cost of a label whose predicted probability has the logarithm `logS`. */
export type LikelihoodCost = (logS: Tensor3D) => Tensor;

/**
 * Σ_k y_k φ(log s_k) of every pixel (softmax), or y φ(log s) + (1 - y) φ(log(1 - s)) of every channel (sigmoid). Pixels
 * that are ignored cost 0. Another φ may serve the background: class 0, or y = 0 of a channel.
 */
export function likelihoodCosts(
  { logits, target, valid, classes }: PixelInputs,
  activation: Activation,
  phi: LikelihoodCost,
  background: LikelihoodCost = phi,
): ElementCosts {
  const z = hideIgnored(logits, valid);
  if (activation === 'softmax') {
    const logS = logSoftmax(z) as Tensor3D;
    const first = tensor1d(Array.from({ length: classes }, (_, k) => (k === 0 ? 1 : 0)));
    const each =
      background === phi ? phi(logS) : add(mul(first, background(logS)), mul(sub(1, first), phi(logS)));
    return { costs: sum(mul(target, each), -1, true) as Tensor3D, valid };
  }
  const counts = elementsOf(valid, target);
  const costs = add(
    mul(target, phi(logSigmoid(z))),
    mul(sub(counts, target), background(logSigmoid(neg(z) as Tensor3D))),
  ) as Tensor3D;
  return { costs, valid: counts };
}

/** -log s */
export const negativeLog: LikelihoodCost = (logS) => neg(logS);

/** Probability of the label itself, and whether the element counts. */
export function labelProbability(inputs: PixelInputs, activation: Activation): ElementCosts {
  return likelihoodCosts(inputs, activation, (logS) => exp(logS));
}

/** Mean over the elements that count; 0 if none does. */
export function meanOfElements({ costs, valid }: ElementCosts): Scalar {
  return quotient(sum(pixelSum(costs)), sum(pixelSum(valid))) as Scalar;
}

/** The costs times the weight of each element's class: that of its label (softmax) or of its channel (sigmoid). */
export function weighByClass(
  { costs, valid }: ElementCosts,
  { target, classes }: PixelInputs,
  weights: 'uniform' | readonly number[],
  name: string,
): ElementCosts {
  if (weights === 'uniform') return { costs, valid };
  const row = classWeightRow(name, weights, classes);
  const perElement = valid.shape[2] === classes ? row : sum(mul(target, row), -1, true);
  return { costs: mul(costs, perElement) as Tensor3D, valid };
}

/** Σ w ℓ / Σ w over the elements that count, with the weight of each element's class. */
export function weightedMeanOfElements(
  elements: ElementCosts,
  inputs: PixelInputs,
  weights: readonly number[],
  name: string,
): Scalar {
  const { costs } = weighByClass(elements, inputs, weights, name);
  const ones = { costs: elements.valid, valid: elements.valid };
  return meanOfElements({ costs, valid: weighByClass(ones, inputs, weights, name).costs });
}

/** `valid` for every channel, `[B, N, K]`. */
export function elementsOf(valid: Tensor3D, target: Tensor3D): Tensor3D {
  return maximum(valid, mul(target, 0)) as Tensor3D;
}
