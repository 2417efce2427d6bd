// Kernels that @segloss/kernels registers under the names of contract.ts.
import { engine, getBackend, getKernel, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';

/** Whether the backend of now has the kernel. */
export function hasFused(name: string): boolean {
  return getKernel(name, getBackend()) !== undefined;
}

/** Runs a kernel. */
export function runFused<T extends Tensor | Tensor[] = Tensor>(
  name: string,
  inputs: object,
  attributes: object = {},
): T {
  return engine().runKernel(name, inputs as NamedTensorMap, attributes as never) as unknown as T;
}
