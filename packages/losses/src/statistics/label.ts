import { reshape, type Tensor, type Tensor3D } from '@tensorflow/tfjs-core';

import { withGradient } from '../custom-gradient.js';
import { LABEL_LIKELIHOOD_GRADIENT_KERNEL, LABEL_LIKELIHOOD_KERNEL } from './contract.js';
import { hasFused, runFused } from './fused.js';
import { type PixelInputs } from '../types.js';

/**
 * log s of each pixel's label, s = softmax(z), `[B, N, 1]`, 0 at ignored pixels: by one fused kernel for the value and one for the
 * gradient. undefined where the backend has none, or labels are not class indices.
 */
export function labelLogLikelihood(inputs: PixelInputs): Tensor3D | undefined {
  const { logits, indices } = inputs;
  if (indices === undefined || !hasFused(LABEL_LIKELIHOOD_KERNEL)) return undefined;
  const logS: Tensor = withGradient(
    logits,
    [indices],
    (z) => runFused(LABEL_LIKELIHOOD_KERNEL, { logits: z, indices }),
    (dy, z, labels) => runFused(LABEL_LIKELIHOOD_GRADIENT_KERNEL, { logits: z, indices: labels, dy }),
  );
  return reshape(logS, [...indices.shape, 1]) as Tensor3D;
}
