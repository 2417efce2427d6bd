import { backend_util, type KernelConfig, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';

import { Steps } from '../memory/run.js';
import { type WasmBackend } from '../memory/tensors.js';

/** tf.einsum, which tfjs's wasm backend lacks: the product of all operands, each with the axes of the equation, summed over those that are not kept. */
export const einsum: KernelConfig = {
  kernelName: 'Einsum',
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const tensors = Object.values(inputs) as TensorInfo[];
    const { equation } = attrs as unknown as { equation: string };
    const { allDims, summedDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
    backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as Tensor[]);
    const steps = new Steps(backend as WasmBackend);
    // The axes of the result come first in the equation's, the summed ones last.
    const spread = tensors.map((x, i) => {
      const own = idDims[i]!;
      const perm = own.map((_, axis) => axis).sort((a, b) => own[a]! - own[b]!);
      const turned = steps.run('Transpose', { x }, { perm });
      const shape = allDims.map((_, dim) => (own.includes(dim) ? x.shape[own.indexOf(dim)]! : 1));
      return { ...turned, shape };
    });
    const product = spread.reduce((a, b) => steps.run('Multiply', { a, b }));
    if (summedDims.length === 0) return steps.end(product);
    return steps.end(steps.run('Sum', { x: product }, { axis: summedDims, keepDims: false }));
  },
};
