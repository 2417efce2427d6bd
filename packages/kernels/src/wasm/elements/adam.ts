import { util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { kernelsOf } from '../memory/module.js';
import { runParts } from '../threads/parts.js';
import { pointer, requireFloat, type WasmBackend } from '../memory/tensors.js';

/** A variable and its two moments after a step of Adam. */
export const ADAM_UPDATE = 'SeglossAdamUpdate';

/** The numbers that {@link adamUpdate} takes along with the tensors. */
export interface AdamAttributes {
  beta1: number;
  beta2: number;
  /** Learning rate / (1 - β₁ᵗ). */
  rate: number;
  /** 1 / (1 - β₂ᵗ). */
  correction: number;
  epsilon: number;
}

export const adamUpdate: KernelConfig = {
  kernelName: ADAM_UPDATE,
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { value, m, v, gradient } = inputs as Record<'value' | 'm' | 'v' | 'gradient', TensorInfo>;
    const { beta1, beta2, rate, correction, epsilon } = attrs as unknown as AdamAttributes;
    requireFloat(ADAM_UPDATE, { value, m, v, gradient });
    const wasm = backend as WasmBackend;
    const results = [0, 1, 2].map(() => wasm.makeOutput(value.shape, 'float32'));
    const length = util.sizeFromShape(value.shape);
    const pointers = [value, m, v, gradient, ...results].map((tensor) => pointer(wasm, tensor));
    const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, rate, correction, epsilon];
    runParts(wasm, 'adamUpdate', [...pointers, length, ...numbers], {
      parts: kernelsOf(wasm).adamParts(length),
    });
    return results;
  },
};
