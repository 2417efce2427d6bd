import {
  FOCAL_SUMS_GRADIENT_KERNEL,
  FOCAL_SUMS_KERNEL,
  LABEL_LIKELIHOOD_GRADIENT_KERNEL,
  LABEL_LIKELIHOOD_KERNEL,
  READ_INDICES_KERNEL,
  REGION_STATISTICS_GRADIENT_KERNEL,
  REGION_STATISTICS_KERNEL,
  type FocalKernelAttributes,
  type RegionKernelAttributes,
} from '@segloss/losses';
import { type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { type TensorArrays } from '../arrays.js';
import { focalGradient, focalSums } from './focal.js';
import { labelLikelihood, labelLikelihoodGradient } from './label-likelihood.js';
import { type PixelArrays } from './pixels.js';
import { statisticsGradient, sumStatistics } from './statistics.js';

type ArraysOf = (backend: object) => TensorArrays;
type Tensors = Record<'logits' | 'dy', TensorInfo> &
  Partial<Record<'indices' | 'target' | 'valid', TensorInfo>>;
type Size = [batch: number, pixels: number, classes: number];

/** The sums of the losses and their gradients by loops over typed arrays, for a backend whose tensors can be had so. */
export function plainKernels(backendName: string, arraysOf: ArraysOf): readonly KernelConfig[] {
  const kernel = <A>(
    kernelName: string,
    shapeOf: (size: Size, attributes: A) => readonly number[],
    run: (arrays: PixelArrays, attributes: A, out: Float32Array, dy: Float32Array) => void,
  ): KernelConfig => ({
    kernelName,
    backendName,
    kernelFunc({ inputs, attrs, backend }) {
      const { logits, valid, indices, target, dy } = inputs as Tensors;
      const attributes = attrs as unknown as A;
      const [batch, pixels, classes] = logits.shape as Size;
      const tensors = arraysOf(backend);
      const out = tensors.make(shapeOf([batch, pixels, classes], attributes), 'float32');
      const floats = (tensor: TensorInfo) => tensors.read(tensor) as Float32Array;
      const arrays: PixelArrays = {
        batch,
        pixels,
        classes,
        logits: floats(logits),
        validChannels: indices ? 1 : valid!.shape[2]!,
        ...(valid && { valid: floats(valid) }),
        ...(indices && { indices: tensors.read(indices) as Int32Array }),
        ...(target && { target: floats(target) }),
      };
      run(arrays, attributes, floats(out), dy && floats(dy));
      return out;
    },
  });
  return [
    kernel<RegionKernelAttributes>(
      REGION_STATISTICS_KERNEL,
      ([batch, , classes], { statistics }) => [statistics.length, batch, classes],
      sumStatistics,
    ),
    kernel<RegionKernelAttributes>(
      REGION_STATISTICS_GRADIENT_KERNEL,
      (size) => size,
      (arrays, attributes, out, dy) => statisticsGradient(arrays, attributes, dy, out),
    ),
    kernel<FocalKernelAttributes>(FOCAL_SUMS_KERNEL, ([batch, , classes]) => [2, batch, classes], focalSums),
    kernel<FocalKernelAttributes>(
      FOCAL_SUMS_GRADIENT_KERNEL,
      (size) => size,
      (arrays, attributes, out, dy) => focalGradient(arrays, attributes, dy, out),
    ),
    kernel<object>(
      LABEL_LIKELIHOOD_KERNEL,
      ([batch, pixels]) => [batch, pixels],
      (arrays, _, out) => labelLikelihood(arrays, out),
    ),
    kernel<object>(
      LABEL_LIKELIHOOD_GRADIENT_KERNEL,
      (size) => size,
      (arrays, _, out, dy) => labelLikelihoodGradient(arrays, dy, out),
    ),
    plainReadIndices(backendName, arraysOf),
  ];
}

/** Class indices with -1 at ignored pixels, and the largest index. */
function plainReadIndices(backendName: string, arraysOf: ArraysOf): KernelConfig {
  return {
    kernelName: READ_INDICES_KERNEL,
    backendName,
    kernelFunc({ inputs, attrs, backend }) {
      const { labels } = inputs as { labels: TensorInfo };
      const { ignoreIndex } = attrs as unknown as { ignoreIndex: number };
      const tensors = arraysOf(backend);
      const marked = tensors.make(labels.shape, 'int32');
      const largest = tensors.make([1], 'int32');
      const values = [labels, marked, largest].map((tensor) => tensors.read(tensor));
      const [from, to, most] = values as [Int32Array, Int32Array, Int32Array];
      most[0] = readIndices(from, ignoreIndex, to);
      return [marked, largest];
    },
  };
}

/** Indices with -1 where they are negative or `ignored`; returns the largest index, -1 if there is none. */
function readIndices(labels: Int32Array, ignored: number, marked: Int32Array): number {
  let largest = -1;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    const seen = label >= 0 && label !== ignored;
    marked[i] = seen ? label : -1;
    if (seen && label > largest) largest = label;
  }
  return largest;
}
