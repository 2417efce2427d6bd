// What training needs and tfjs's wasm backend lacks or has wrong, where there is no SIMD: composed of the kernels that it has.
import {
  backend_util,
  conv2d,
  pad,
  slice,
  tidy,
  transpose,
  type Conv2DBackpropFilterAttrs,
  type KernelConfig,
  type MaxPoolGradAttrs,
  type Tensor4D,
  type TensorInfo,
} from '@tensorflow/tfjs-core';

import { wasmArrays } from '../cpu/arrays.js';
import { plainKernels } from '../cpu/plain/kernels.js';
import { unsortedSegmentSum } from './elements/segment-sum.js';

type Shape4D = [number, number, number, number];

/** The gradient of a filter: the image, its channels as batch, convolved with the gradient of the output, its batch as channels. */
const composedFilterGradient: KernelConfig = {
  kernelName: 'Conv2DBackpropFilter',
  backendName: 'wasm',
  kernelFunc({ inputs, attrs }) {
    const { x, dy } = inputs as unknown as { x: Tensor4D; dy: Tensor4D };
    const {
      strides,
      pad: padding,
      dimRoundingMode,
      filterShape,
    } = attrs as unknown as Conv2DBackpropFilterAttrs;
    const info = backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, padding, dimRoundingMode);
    const { filterHeight, filterWidth, strideHeight, strideWidth, inChannels, outChannels } = info;
    const { top, left } = info.padInfo;
    // Only so far as windows reach: the filter is then as large as the result.
    const bottom = Math.max(0, filterHeight + (info.outHeight - 1) * strideHeight - info.inHeight - top);
    const right = Math.max(0, filterWidth + (info.outWidth - 1) * strideWidth - info.inWidth - left);
    return tidy(() => {
      const padded = pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]); // prettier-ignore
      const images = transpose(padded, [3, 1, 2, 0]);
      const filters = transpose(dy, [1, 2, 0, 3]);
      const dilations: [number, number] = [strideHeight, strideWidth];
      const gradient = conv2d(images, filters, 1, 'valid', 'NHWC', dilations);
      const size: Shape4D = [inChannels, filterHeight, filterWidth, outChannels];
      return transpose(slice(gradient, [0, 0, 0, 0], size), [1, 2, 0, 3]);
    });
  },
};

/** The gradient of max-pooling: each window gives its derivative to the first of its largest elements. */
const plainMaxPoolGrad: Pick<KernelConfig, 'kernelFunc'> = {
  kernelFunc({ inputs, attrs, backend }) {
    const { dy, input: x } = inputs as { dy: TensorInfo; input: TensorInfo };
    const { filterSize, strides, pad: padding, dimRoundingMode } = attrs as unknown as MaxPoolGradAttrs;
    const info = backend_util.computePool2DInfo(
      x.shape as Shape4D,
      filterSize,
      strides,
      1,
      padding,
      dimRoundingMode,
    );
    const { inHeight, inWidth, inChannels, outHeight, outWidth } = info;
    const tensors = wasmArrays(backend);
    const out = tensors.make(x.shape, 'float32');
    const [values, derivatives, gradient] = [x, dy, out].map((tensor) => tensors.read(tensor)) as [Float32Array, Float32Array, Float32Array]; // prettier-ignore
    gradient.fill(0);
    const { top, left } = info.padInfo;
    for (let window = 0; window < derivatives.length; window++) {
      const c = window % inChannels;
      const j = Math.floor(window / inChannels) % outWidth;
      const i = Math.floor(window / (inChannels * outWidth)) % outHeight;
      const b = Math.floor(window / (inChannels * outWidth * outHeight));
      const [row, column] = [i * info.strideHeight - top, j * info.strideWidth - left];
      const [endRow, endColumn] = [row + info.filterHeight, column + info.filterWidth];
      let largest = -1;
      for (let y = Math.max(0, row); y < Math.min(inHeight, endRow); y++) {
        for (let x = Math.max(0, column); x < Math.min(inWidth, endColumn); x++) {
          const at = ((b * inHeight + y) * inWidth + x) * inChannels + c;
          if (largest < 0 || values[at]! > values[largest]!) largest = at;
        }
      }
      gradient[largest]! += derivatives[window]!;
    }
    return out;
  },
};

/** What the wasm backend gets where WebAssembly has no SIMD: enough to train with right gradients. */
export const ADDED_WITHOUT_SIMD = [
  composedFilterGradient,
  unsortedSegmentSum,
  ...plainKernels('wasm', wasmArrays),
];

/** What replaces a kernel that tfjs has. */
export const OVERRIDES_WITHOUT_SIMD = { MaxPoolGrad: () => plainMaxPoolGrad };
