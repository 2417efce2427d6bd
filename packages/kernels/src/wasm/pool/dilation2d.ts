import {
  backend_util,
  util,
  type Dilation2DAttrs,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { everySide } from '../conv/conv-info.js';
import { sumOverRows } from '../conv/partial-sums.js';
import { runParts } from '../threads/parts.js';
import { pointer, requireFloat, type WasmBackend } from '../memory/tensors.js';

type Info = backend_util.Conv2DInfo;
type Arguments = Parameters<KernelFunc>[0];

/** tf.dilation2d; tfjs 4.22's wasm kernel is wrong in some elements. */
export const dilation2D: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc(args) {
    const { x, filter } = args.inputs as Record<string, TensorInfo>;
    const info = dilationInfo('Dilation2D', args);
    const wasm = args.backend as WasmBackend;
    const out = wasm.makeOutput(info.outShape, 'float32');
    const pointers = [x!, filter!, out].map((tensor) => pointer(wasm, tensor));
    runParts(wasm, 'dilation2d', [...pointers, ...geometry(info)], {
      parts: info.batchSize * info.outHeight,
    });
    return out;
  },
};

/** tf.grad of dilation2d by its input: dy at the first largest sum of each window. */
export const dilation2DBackpropInput: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc(args) {
    const { x, filter, dy } = args.inputs as Record<string, TensorInfo>;
    const info = dilationInfo('Dilation2DBackpropInput', args);
    const wasm = args.backend as WasmBackend;
    const out = wasm.makeOutput(x!.shape, 'float32');
    const pointers = [x!, filter!, dy!, out].map((tensor) => pointer(wasm, tensor));
    runParts(wasm, 'dilation2dInputGradient', [...pointers, ...geometry(info)], { parts: info.batchSize });
    return out;
  },
};

/** tf.grad of dilation2d by its filter, likewise. */
export const dilation2DBackpropFilter: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc(args) {
    const { x, filter, dy } = args.inputs as Record<string, TensorInfo>;
    const info = dilationInfo('Dilation2DBackpropFilter', args);
    const wasm = args.backend as WasmBackend;
    const out = wasm.makeOutput(filter!.shape, 'float32');
    const pointers = [x!, filter!, dy!].map((tensor) => pointer(wasm, tensor));
    sumOverRows(wasm, out, info.batchSize * info.outHeight, (partial, rowsPerPart, parts) =>
      runParts(wasm, 'dilation2dFilterGradient', [...pointers, partial, ...geometry(info), rowsPerPart], {
        parts,
        scratch: util.sizeFromShape(out.shape) * 4,
      }),
    );
    return out;
  },
};

function dilationInfo(kernel: string, { inputs, attrs }: Arguments): Info {
  const tensors = inputs as Record<string, TensorInfo>;
  requireFloat(kernel, tensors);
  const { strides, pad, dilations } = attrs as unknown as Dilation2DAttrs;
  return backend_util.computeDilation2DInfo(
    tensors['x']!.shape as [number, number, number, number],
    tensors['filter']!.shape as [number, number, number],
    strides,
    everySide(pad) as typeof pad,
    'NHWC',
    dilations,
  );
}

/** The numbers that the kernels take, in their order. */
function geometry(info: Info): number[] {
  return [
    ...[info.batchSize, info.inHeight, info.inWidth, info.inChannels, info.outHeight, info.outWidth],
    ...[info.filterHeight, info.filterWidth, info.strideHeight, info.strideWidth],
    ...[info.dilationHeight, info.dilationWidth, info.padInfo.top, info.padInfo.left],
  ];
}
