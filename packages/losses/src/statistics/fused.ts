// Kernels that @segloss/kernels registers under the names of contract.ts.
import {
  engine,
  getBackend,
  getKernel,
  type NamedTensorMap,
  type Tensor,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

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

/** What a kernel returns that may keep a second tensor for its gradient. */
export function asPair<T extends Tensor>(made: T | [T, Tensor3D]): [value: T, kept?: Tensor3D] {
  return Array.isArray(made) ? made : [made];
}
