import {
  backend_util,
  util,
  type KernelConfig,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { withoutNegatives } from '../conv/conv3d.js';
import { type KernelModule } from '../memory/module.js';
import { everySide } from '../conv/conv-info.js';
import { runParts } from '../threads/parts.js';
import { floats, pointer, requireFloat, type WasmBackend } from '../memory/tensors.js';

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
export const maxPool3D: Override = { kernelFunc: (args) => forward('MaxPool3D', 'maxPool', args) };

/** tf.avgPool3d; tfjs 4.22's is wrong with padding 'same' where a stride is larger than the filter. */
export const averagePool3D: Override = { kernelFunc: (args) => forward('AvgPool3D', 'averagePool', args) };

/** tf.grad of maxPool3d and of maxPool; tfjs 4.22's wasm kernels are wrong likewise. */
export const maxPool3DGrad: Override = {
  kernelFunc: (args) => gradient('MaxPool3DGrad', 'maxPoolGradient', ['dy', 'input'], args),
};
export const maxPoolGrad: Override = {
  kernelFunc: (args) => gradient('MaxPoolGrad', 'maxPoolGradient', ['dy', 'input'], args),
};

/** tf.grad of avgPool3d and of avgPool; tfjs 4.22's divide by the whole window at the border too, on cpu as on wasm. */
export const averagePool3DGrad: Override = {
  kernelFunc: (args) => gradient('AvgPool3DGrad', 'averagePoolGradient', ['dy'], args),
};
export const averagePoolGrad: Override = {
  kernelFunc: (args) => gradient('AvgPoolGrad', 'averagePoolGradient', ['dy'], args),
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
  const { outShape, rows, numbers } = poolInfo(x.shape, attrs as unknown as Attributes);
  const wasm = backend as WasmBackend;
  const out = wasm.makeOutput(outShape, 'float32');
  runParts(wasm, kernel, [pointer(wasm, x), pointer(wasm, out), ...numbers], { parts: rows });
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
  const { rows, rowsPerPart, numbers } = poolInfo(x.shape, attrs as unknown as Attributes);
  const wasm = backend as WasmBackend;
  const out = wasm.makeOutput(x.shape, 'float32');
  floats(wasm, pointer(wasm, out), util.sizeFromShape(x.shape)).fill(0);
  const pointers = [...taken.map((key) => inputs[key] as TensorInfo), out].map((tensor) =>
    pointer(wasm, tensor),
  );
  runParts(wasm, kernel, [...pointers, ...numbers, rowsPerPart], { parts: rows / rowsPerPart });
  return out;
}

interface PoolInfo {
  readonly outShape: number[];
  /** Rows of all outputs. */
  readonly rows: number;
  /** The number of rows in a group whose windows overlap with none of the next group: of a row, of a slice, or of an image. */
  readonly rowsPerPart: number;
  /** What the kernels take, in their order. */
  readonly numbers: number[];
}

/** Sizes of 3-D pooling, or of 2-D pooling as one slice. */
function poolInfo(shape: number[], { filterSize, strides, pad, dimRoundingMode }: Attributes): PoolInfo {
  if (shape.length === 5) {
    const info = backend_util.computePool3DInfo(
      shape as Shape5,
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    return sizesOf({ ...info, padInfo: withoutNegatives(info.padInfo) });
  }
  const [filter, stride] = [filterSize, strides] as unknown as [[number, number], [number, number]];
  const sides = everySide(pad) as number;
  const info = backend_util.computePool2DInfo(shape as Shape4, filter, stride, 1, sides, dimRoundingMode);
  const flat = { inDepth: 1, outDepth: 1, filterDepth: 1, strideDepth: 1 };
  return sizesOf({ ...info, ...flat, padInfo: { ...info.padInfo, front: 0 } });
}

type Used =
  `${'in' | 'out' | 'filter' | 'stride'}${'Depth' | 'Height' | 'Width'}` | 'batchSize' | 'inChannels';

type Sizes = Pick<backend_util.Conv3DInfo, Used> & {
  readonly outShape: number[];
  readonly padInfo: { readonly front: number; readonly top: number; readonly left: number };
};

function sizesOf(info: Sizes): PoolInfo {
  const { batchSize, outDepth, outHeight, outShape } = info;
  const { front, top, left } = info.padInfo;
  const acrossSlices = info.filterDepth > info.strideDepth;
  const acrossRows = info.filterHeight > info.strideHeight;
  return {
    outShape,
    rows: batchSize * outDepth * outHeight,
    rowsPerPart: acrossSlices ? outDepth * outHeight : acrossRows ? outHeight : 1,
    numbers: [
      ...[batchSize, info.inDepth, info.inHeight, info.inWidth, info.inChannels],
      ...[outDepth, outHeight, info.outWidth],
      ...[info.filterDepth, info.filterHeight, info.filterWidth],
      ...[info.strideDepth, info.strideHeight, info.strideWidth, front, top, left],
    ],
  };
}
