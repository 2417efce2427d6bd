import {
  backend_util,
  util,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { withoutNegatives } from './conv3d.js';
import { type KernelModule } from './module.js';
import { everySide } from './padding.js';
import { runParts } from './parts.js';
import { floats, pointer, requireFloat, type WasmBackend } from './tensors.js';

type Override = Pick<KernelConfig, 'kernelFunc'>;
type Arguments = Parameters<KernelFunc>[0];
type Shape4 = [number, number, number, number];
type Shape5 = [number, ...Shape4];

interface Attributes {
  filterSize: [number, number, number] | number;
  strides: [number, number, number] | number;
  pad: 'same' | 'valid' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** tf.maxPool3d; tfjs 4.22's wasm kernel is wrong where the largest value of a window is not positive. */
export const maxPool3D: Override = { kernelFunc: (args) => forward('MaxPool3D', 'maxPool3d', args) };

/** tf.avgPool3d; tfjs 4.22's is wrong with padding 'same' where a stride is larger than the filter. */
export const averagePool3D: Override = {
  kernelFunc: (args) => forward('AvgPool3D', 'averagePool3d', args),
};

/** tf.grad of maxPool3d; tfjs 4.22's wasm kernel is wrong likewise. */
export const maxPool3DGrad: Override = {
  kernelFunc: (args) => gradient('MaxPool3DGrad', 'maxPool3dGradient', ['dy', 'input'], args),
};

/** tf.grad of avgPool3d and of avgPool; tfjs 4.22's divide by the whole window at the border too, on every backend. */
export const averagePool3DGrad: Override = {
  kernelFunc: (args) => gradient('AvgPool3DGrad', 'averagePool3dGradient', ['dy'], args),
};
export const averagePoolGrad: Override = {
  kernelFunc: (args) => gradient('AvgPoolGrad', 'averagePool3dGradient', ['dy'], args),
};

/** 2-D pooling by tfjs's XNNPACK, with the padding of every side: see {@link everySide}. */
export function pool2D(original: KernelFunc): Override {
  return {
    kernelFunc(args) {
      const { pad } = args.attrs as unknown as Attributes;
      return original({ ...args, attrs: { ...args.attrs, pad: everySide(pad) as number } });
    },
  };
}

function forward(
  name: string,
  kernel: keyof KernelModule,
  { inputs, attrs, backend }: Arguments,
): TensorInfo {
  const { x } = inputs as { x: TensorInfo };
  requireFloat(name, { x });
  const { outShape, ...sizes } = poolInfo(x.shape, attrs as unknown as Attributes);
  const wasm = backend as WasmBackend;
  const out = wasm.makeOutput(outShape, 'float32');
  runParts(wasm, kernel, [pointer(wasm, x), pointer(wasm, out), ...sizes.numbers], {
    parts: sizes.batch * sizes.outDepth * sizes.outHeight,
  });
  return out;
}

/** The kernel takes the tensors of these names and the one that it fills. */
function gradient(
  name: string,
  kernel: keyof KernelModule,
  taken: readonly ('dy' | 'input')[],
  { inputs, attrs, backend }: Arguments,
): TensorInfo {
  const { dy, input: x } = inputs as { dy: TensorInfo; input: TensorInfo };
  requireFloat(name, { dy, input: x });
  const { batch, outDepth, slicesOverlap, numbers } = poolInfo(x.shape, attrs as unknown as Attributes);
  const wasm = backend as WasmBackend;
  const out = wasm.makeOutput(x.shape, 'float32');
  floats(wasm, pointer(wasm, out), util.sizeFromShape(x.shape)).fill(0);
  // Windows that do not overlap can be done slice by slice, others image by image.
  const slicesPerPart = slicesOverlap ? outDepth : 1;
  const pointers = [...taken.map((key) => inputs[key] as TensorInfo), out].map((tensor) =>
    pointer(wasm, tensor),
  );
  runParts(wasm, kernel, [...pointers, ...numbers, slicesPerPart], {
    parts: (batch * outDepth) / slicesPerPart,
  });
  return out;
}

/** Sizes of 3-D pooling, or of 2-D pooling as one slice; `numbers` are what the kernels take, in their order. */
function poolInfo(shape: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes) {
  if (shape.length === 4) {
    const [filter, stride] = [filterSize, strides] as unknown as [[number, number], [number, number]];
    const sides = everySide(pad) as number;
    const info = backend_util.computePool2DInfo(shape as Shape4, filter, stride, 1, sides, dimRoundingMode);
    return {
      ...{ outShape: info.outShape, batch: info.batchSize, outDepth: 1, outHeight: info.outHeight },
      slicesOverlap: false,
      numbers: [
        ...[
          info.batchSize,
          1,
          info.inHeight,
          info.inWidth,
          info.inChannels,
          1,
          info.outHeight,
          info.outWidth,
        ],
        ...[1, info.filterHeight, info.filterWidth, 1, info.strideHeight, info.strideWidth],
        ...[0, info.padInfo.top, info.padInfo.left],
      ],
    };
  }
  const info = backend_util.computePool3DInfo(shape as Shape5, filterSize, strides, 1, pad, dimRoundingMode);
  const { front, top, left } = withoutNegatives(info.padInfo);
  return {
    ...{ outShape: info.outShape, batch: info.batchSize, outDepth: info.outDepth, outHeight: info.outHeight },
    slicesOverlap: info.filterDepth > info.strideDepth,
    numbers: [
      ...[info.batchSize, info.inDepth, info.inHeight, info.inWidth, info.inChannels],
      ...[info.outDepth, info.outHeight, info.outWidth],
      ...[info.filterDepth, info.filterHeight, info.filterWidth],
      ...[info.strideDepth, info.strideHeight, info.strideWidth, front, top, left],
    ],
  };
}
