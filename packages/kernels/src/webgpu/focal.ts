import { FOCAL_SUMS_GRADIENT_KERNEL, FOCAL_SUMS_KERNEL, type FocalKernelAttributes } from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { type PixelTensors } from '../wasm/losses/pixel-kernels.js';
import { float, type WebGPUBackend } from './backend.js';
import { pixelGradient, type Derivatives } from './pixel-gradient.js';
import { pixelSums } from './pixel-sums.js';
import { formOf } from './pixels.js';

const POSITIVE = 'y * exp(uniforms.gamma * logC) * -logS';
const NEGATIVE = '(v - y) * exp(uniforms.gamma * logS) * -logC';

const VALUES = { softmax: [POSITIVE, '0.0'], sigmoid: [POSITIVE, NEGATIVE] };

/** With φ = -c^γ log s: s φ'(s) = c^γ (γ s log s / c - 1), where log s / c tends to -1 at s = 1; a sigmoid has ∂s/∂z = s c. */
const DERIVATIVES: Readonly<Record<'softmax' | 'sigmoid', Derivatives>> = {
  softmax: {
    activation: 'softmax',
    byLogS:
      'dyOf(0, row, k) * y * exp(uniforms.gamma * logC)' +
      ' * (uniforms.gamma * s * select(-1.0, logS / max(c, 1e-30), c > 1e-30) - 1.0)',
  },
  sigmoid: {
    activation: 'sigmoid',
    byLogit:
      'dyOf(0, row, k) * y * exp(uniforms.gamma * logC) * (uniforms.gamma * s * logS - c)' +
      ' - dyOf(1, row, k) * (v - y) * exp(uniforms.gamma * logS) * (uniforms.gamma * c * logC - s)',
  },
};

/** Both sums of the focal losses, `[2, B, K]`. */
export const focalSums: KernelConfig = {
  kernelName: FOCAL_SUMS_KERNEL,
  backendName: 'webgpu',
  kernelFunc({ inputs, attrs, backend }) {
    const { activation, gamma } = attrs as unknown as FocalKernelAttributes;
    const tensors = inputs as unknown as PixelTensors;
    const form = formOf(tensors, activation, false);
    return pixelSums(backend as WebGPUBackend, tensors, form, VALUES[activation], { gamma: float(gamma) });
  },
};

/** The gradient of the logits, `[B, N, K]`, in one pass. */
export const focalSumsGradient: KernelConfig = {
  kernelName: FOCAL_SUMS_GRADIENT_KERNEL,
  backendName: 'webgpu',
  kernelFunc({ inputs, attrs, backend }) {
    const { activation, gamma } = attrs as unknown as FocalKernelAttributes;
    const tensors = inputs as unknown as PixelTensors & { dy: TensorInfo };
    const form = formOf(tensors, activation, false);
    return pixelGradient(backend as WebGPUBackend, tensors, form, DERIVATIVES[activation], {
      gamma: float(gamma),
    });
  },
};
