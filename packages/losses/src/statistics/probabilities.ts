import {
  customGrad,
  mul,
  sigmoid,
  softmax,
  type GradSaveFunc,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

import { elementsOf, hideIgnored } from '../inputs/ignored.js';
import { PROBABILITIES_GRADIENT_KERNEL, PROBABILITIES_KERNEL, type Activation } from './contract.js';
import { hasFused, runFused } from './fused.js';
import { type PixelInputs } from '../types.js';

/**
 * Probabilities of the classes, `[B, N, K]`, 0 at ignored pixels: by one fused kernel for the value and one for the gradient where
 * the backend has them.
 */
export function probabilitiesOf(
  { logits, valid }: Pick<PixelInputs, 'logits' | 'valid'>,
  activation: Activation,
): Tensor3D {
  if (activation === 'softmax' && valid.shape[2] === 1 && hasFused(PROBABILITIES_KERNEL)) {
    return fusedSoftmax(logits, valid);
  }
  const z = hideIgnored(logits, valid);
  return mul(elementsOf(valid, logits), activation === 'softmax' ? softmax(z) : sigmoid(z)) as Tensor3D;
}

function fusedSoftmax(logits: Tensor3D, valid: Tensor3D): Tensor3D {
  const op = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [z, save] = args as [Tensor3D, GradSaveFunc];
    const s = runFused<Tensor3D>(PROBABILITIES_KERNEL, { logits: z, valid });
    save([s, valid]);
    return {
      value: s,
      gradFunc: (dy: Tensor, [probability, v]: Tensor[]) =>
        runFused(PROBABILITIES_GRADIENT_KERNEL, { probability: probability!, valid: v!, dy }),
    };
  });
  return op(logits) as Tensor3D;
}
