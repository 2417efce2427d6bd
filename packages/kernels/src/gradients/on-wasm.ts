import {
  getBackend,
  getGradient,
  registerGradient,
  type GradConfig,
  type Tensor,
} from '@tensorflow/tfjs-core';

type GradFunc = GradConfig['gradFunc'];

const ours = new WeakSet<GradConfig>();

/**
 * Puts our gradient of an operation before tfjs's, on the wasm backend only. tfjs keeps one gradient for all backends,
 * registered when tfjs-layers or tfjs is imported, which may be after us: so kernels call this whenever they run.
 * `make` gets the gradient that it replaces, for the cases that it leaves to it.
 */
export function useGradient(
  kernelName: string,
  make: (original: GradFunc) => GradFunc,
  saves: Partial<Pick<GradConfig, 'inputsToSave' | 'outputsToSave' | 'saveAllInputs'>> = {},
): void {
  const original = getGradient(kernelName);
  if (original === undefined || ours.has(original)) return;
  const replaced = make(original.gradFunc);
  const config: GradConfig = {
    ...original,
    ...saves,
    gradFunc: (dy, saved, attrs) =>
      (getBackend() === 'wasm' ? replaced : original.gradFunc)(dy, saved, attrs),
  };
  ours.add(config);
  registerGradient(config);
}

/** The values by name that tfjs wants of a gradient, from as many tensors. */
export function byName(names: readonly string[], gradients: readonly Tensor[]): Record<string, () => Tensor> {
  return Object.fromEntries(names.map((name, i) => [name, () => gradients[i]!]));
}
