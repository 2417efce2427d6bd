import { reshape, sum, unstack, type Scalar, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

import { withReusedMemory } from '../custom-gradient.js';
import { quotient } from '../math.js';
import {
  LABEL_COSTS_GRADIENT_KERNEL,
  LABEL_COSTS_KERNEL,
  LABEL_LIKELIHOOD_GRADIENT_KERNEL,
  LABEL_LIKELIHOOD_KERNEL,
  type LabelCost,
} from './contract.js';
import { asPair, hasFused, runFused } from './fused.js';
import { type PixelInputs } from '../types.js';

/**
 * log s of each pixel's label, s = softmax(z), `[B, N, 1]`, 0 at ignored pixels: by one fused kernel for the value and one for the
 * gradient. undefined where the backend has none, or labels are not class indices.
 */
export function labelLogLikelihood(inputs: PixelInputs): Tensor3D | undefined {
  const { logits, indices } = inputs;
  if (indices === undefined || !hasFused(LABEL_LIKELIHOOD_KERNEL)) return undefined;
  const logS = withReusedMemory(
    logits,
    [indices],
    (z, keep) => asPair(runFused(LABEL_LIKELIHOOD_KERNEL, { logits: z, indices }, { keep })),
    (dy: Tensor, kept, z, labels) =>
      runFused(LABEL_LIKELIHOOD_GRADIENT_KERNEL, { logits: z, indices: labels, dy, ...(kept && { kept }) }),
  );
  return reshape(logS, [...indices.shape, 1]) as Tensor3D;
}

/**
 * The mean of a cost of the labels' probabilities over the pixels that count, 0 if none does: by one fused kernel for the value and one for the
 * gradient, which make no other tensor of all pixels. undefined where {@link labelLogLikelihood} is.
 */
export function meanLabelCost(inputs: PixelInputs, cost: LabelCost, parameter: number): Scalar | undefined {
  const { logits, indices } = inputs;
  if (indices === undefined || !hasFused(LABEL_COSTS_KERNEL)) return undefined;
  const attributes = { cost, parameter };
  const sums = withReusedMemory(
    logits,
    [indices],
    (z, keep) =>
      asPair<Tensor>(runFused(LABEL_COSTS_KERNEL, { logits: z, indices }, { ...attributes, keep })),
    (dy, kept, z, labels) =>
      runFused(
        LABEL_COSTS_GRADIENT_KERNEL,
        { logits: z, indices: labels, dy, ...(kept && { kept }) },
        attributes,
      ),
  );
  const [costs, counts] = unstack(sums, 0) as [Tensor, Tensor];
  return quotient(sum(costs), sum(counts)) as Scalar;
}
