import { backend_util, type KernelFunc } from '@tensorflow/tfjs-core';

type Shape4 = [number, number, number, number];

/** Attributes of the kernels of 2-D convolutions. */
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

export type Padding = Parameters<typeof backend_util.computeConv2DInfo>[4];

/**
 * A number as padding as the same number on every side. tfjs 4.22 derives the width of the output from the filter's height and
 * the vertical stride where padding is a number, and its wasm kernels then write past their output.
 */
export function everySide(pad: Padding): Padding {
  return typeof pad === 'number' ? [[0, 0], [pad, pad], [pad, pad], [0, 0]] : pad; // prettier-ignore
}

/** The arguments of a 2-D convolution with its padding as numbers: XNNPACK's own "same" is wrong where a stride is larger than the filter. */
export function withSidesOf(
  { padInfo }: backend_util.Conv2DInfo,
  args: Parameters<KernelFunc>[0],
): Parameters<KernelFunc>[0] {
  const { top, bottom, left, right } = padInfo;
  return { ...args, attrs: { ...args.attrs, pad: [[0, 0], [top, bottom], [left, right], [0, 0]] } }; // prettier-ignore
}
