import {
  add,
  cast,
  equal,
  exp,
  gather,
  logSoftmax,
  maximum,
  mul,
  neg,
  reshape,
  sub,
  sum,
  tensor1d,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { withoutGradient } from '../custom-gradient.js';
import { elementsOf, hideIgnored } from '../inputs/ignored.js';
import { classWeightRow, pixelSum, quotient } from '../math.js';
import { type LabelCost } from '../statistics/contract.js';
import { labelLogLikelihood, meanLabelCost } from '../statistics/label.js';
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
  inputs: PixelInputs,
  activation: Activation,
  phi: LikelihoodCost,
  background: LikelihoodCost = phi,
): ElementCosts {
  if (activation === 'softmax') return labelCosts(inputs, phi, background);
  const { logits, target, valid } = inputs;
  const z = hideIgnored(logits, valid);
  const counts = elementsOf(valid, target);
  const costs = add(
    mul(target, phi(logSigmoid(z))),
    mul(sub(counts, target), background(logSigmoid(neg(z) as Tensor3D))),
  ) as Tensor3D;
  return { costs, valid: counts };
}

/** With a softmax: of the label alone where it is an index and the backend has the kernel, else of every class. */
function labelCosts(inputs: PixelInputs, phi: LikelihoodCost, background: LikelihoodCost): ElementCosts {
  const { valid, indices } = inputs;
  const ofLabel = labelLogLikelihood(inputs);
  if (ofLabel !== undefined) {
    const isBackground = () => reshape(cast(equal(indices!, 0), 'float32'), valid.shape);
    return { costs: mul(valid, ofEither(ofLabel, isBackground, phi, background)) as Tensor3D, valid };
  }
  const { logits, target, classes } = inputs;
  const logS = logSoftmax(hideIgnored(logits, valid)) as Tensor3D;
  const isBackground = () => tensor1d(Array.from({ length: classes }, (_, k) => (k === 0 ? 1 : 0)));
  return {
    costs: sum(mul(target, ofEither(logS, isBackground, phi, background)), -1, true) as Tensor3D,
    valid,
  };
}

function ofEither(
  logS: Tensor3D,
  isBackground: () => Tensor,
  phi: LikelihoodCost,
  background: LikelihoodCost,
): Tensor {
  if (background === phi) return phi(logS);
  const first = isBackground();
  return add(mul(first, background(logS)), mul(sub(1, first), phi(logS)));
}

/**
 * The mean over the elements that count of what `phi` makes of the logarithm of each label's probability, as {@link likelihoodCosts}; of class indices
 * by the fused kernel of the same `cost`, where the backend has it.
 */
export function meanLikelihoodCost(
  inputs: PixelInputs,
  activation: Activation,
  [cost, parameter]: readonly [LabelCost, number],
  phi: LikelihoodCost,
): Scalar {
  const fused = activation === 'softmax' ? meanLabelCost(inputs, cost, parameter) : undefined;
  return fused ?? meanOfElements(likelihoodCosts(inputs, activation, phi));
}

/** -log s */
export const negativeLog: LikelihoodCost = (logS) => neg(logS);

/** Probability of the label itself, and whether the element counts. */
function labelProbability(inputs: PixelInputs, activation: Activation): ElementCosts {
  return likelihoodCosts(inputs, activation, (logS) => exp(logS));
}

/**
 * What `use` makes of the probabilities of the labels, as a constant: no gradient flows back. `elements` are the negative
 * log-likelihoods of the same inputs.
 */
export function fromLabelProbability(
  inputs: PixelInputs,
  activation: Activation,
  { costs }: ElementCosts,
  use: (probability: Tensor3D) => Tensor3D,
): Tensor3D {
  if (activation === 'softmax' && inputs.indices !== undefined)
    return withoutGradient(costs, (cost) => use(exp(neg(cost)) as Tensor3D));
  return withoutGradient(inputs.logits, (logits) =>
    use(labelProbability(withLogits(inputs, logits), activation).costs),
  );
}

/** The same labels with other logits. What `inputs` makes only on demand is still made only then. */
export function withLogits(inputs: PixelInputs, logits: Tensor): PixelInputs {
  return Object.create(inputs, { logits: { value: logits, enumerable: true } }) as PixelInputs;
}

/** Mean over the elements that count; 0 if none does. */
export function meanOfElements({ costs, valid }: ElementCosts): Scalar {
  return quotient(sum(pixelSum(costs)), sum(pixelSum(valid))) as Scalar;
}

/** The costs times the weight of each element's class: that of its label (softmax) or of its channel (sigmoid). */
export function weighByClass(
  { costs, valid }: ElementCosts,
  inputs: PixelInputs,
  weights: 'uniform' | readonly number[],
  name: string,
): ElementCosts {
  if (weights === 'uniform') return { costs, valid };
  const { classes, indices } = inputs;
  const row = classWeightRow(name, weights, classes);
  const ofLabels = () =>
    indices === undefined
      ? sum(mul(inputs.target, row), -1, true)
      : reshape(gather(reshape(row, [classes]), cast(maximum(indices, 0), 'int32') as Tensor2D), valid.shape); // ignored pixels cost 0
  const perElement = valid.shape[2] === classes ? row : ofLabels();
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
