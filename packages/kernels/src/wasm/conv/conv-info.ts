import { backend_util } from '@tensorflow/tfjs-core';

import { everySide, type Padding } from './padding.js';

type Shape4 = [number, number, number, number];

/** What the kernels of 2-D convolutions are told. */
export interface ConvAttributes {
  strides: [number, number] | number;
  pad: Padding;
  dataFormat?: 'NHWC' | 'NCHW';
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  dilations?: [number, number] | number | null;
}

/** Sizes of a 2-D convolution, which may be depthwise. */
export function convInfo(
  kernel: string,
  inputShape: number[],
  filterShape: number[],
  { strides, pad, dataFormat = 'NHWC', dimRoundingMode, dilations }: ConvAttributes,
  depthwise = false,
): backend_util.Conv2DInfo {
  if (dataFormat !== 'NHWC') {
    throw new RangeError(`${kernel}: wanted dataFormat NHWC on the wasm backend, got ${dataFormat}`);
  }
  return backend_util.computeConv2DInfo(
    inputShape as Shape4,
    filterShape as Shape4,
    strides,
    dilations ?? 1,
    everySide(pad),
    dimRoundingMode,
    depthwise,
  );
}
