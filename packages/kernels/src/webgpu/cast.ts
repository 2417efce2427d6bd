import { util, type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

import { integer, runShader, THREADS, type WebGPUBackend } from './backend.js';

/**
 * Integers and booleans to float32. tfjs leaves them integers and only calls them float32, so that programs which trust the type do not
 * compile (Transpose is one), and what they should have written is left as it was.
 */
export function cast(original: KernelFunc): Pick<KernelConfig, 'kernelFunc'> {
  return {
    kernelFunc(args) {
      const { x } = args.inputs as { x: TensorInfo };
      const { dtype } = args.attrs as unknown as { dtype: string };
      if (dtype !== 'float32' || (x.dtype !== 'int32' && x.dtype !== 'bool')) return original(args);
      const backend = args.backend as WebGPUBackend;
      if (backend.shouldExecuteOnCPU([x]))
        return backend.makeTensorInfo(x.shape, 'float32', Float32Array.from(backend.readSync(x.dataId) as Int32Array)); // prettier-ignore
      const length = util.sizeFromShape(x.shape);
      const shader = {
        key: 'cast',
        code: () =>
          'fn main(index : i32) { if (index < uniforms.length) { result[index] = f32(x[index]); } }',
        inputs: { x },
        uniforms: { length: integer(length) },
        workgroups: Math.ceil(length / THREADS),
      };
      return runShader(backend, shader, x.shape);
    },
  };
}
