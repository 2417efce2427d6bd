import { reshape, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

import { withReusedMemory } from '../custom-gradient.js';
import { LABEL_LIKELIHOOD_GRADIENT_KERNEL, LABEL_LIKELIHOOD_KERNEL } from './contract.js';
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
