import { type KernelConfig, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';

import { type TensorArrays } from '../arrays.js';
import { bilinearTable, nearestTable, type ResizeOptions } from '../../wasm/pool/resize.js';

type ArraysOf = (backend: object) => TensorArrays;
type Shape = [batch: number, height: number, width: number, channels: number];

/** For a place of the larger axis, the places of the other that it is made of, and how much of each. */
type Axis = (i: number) => readonly (readonly [place: number, share: number])[];

/**
 * The gradients of tf.image.resizeBilinear and resizeNearestNeighbor by loops over typed arrays. Those of tfjs 4.22's cpu backend are
 * wrong: bilinear resizing exchanges height and width, nearest neighbors mix up the images of a batch, and both ignore half-pixel
 * centers.
 */
export function plainResizeGradients(backendName: string, arraysOf: ArraysOf): readonly KernelConfig[] {
  const kernel = (kernelName: string, axis: typeof bilinearAxis): KernelConfig => ({
    kernelName,
    backendName,
    kernelFunc: (args) => gradient(args, arraysOf, axis),
  });
  return [kernel('ResizeBilinearGrad', bilinearAxis), kernel('ResizeNearestNeighborGrad', nearestAxis)];
}

function bilinearAxis(from: number, to: number, options: ResizeOptions): Axis {
  const { lower, upper, weight } = bilinearTable(from, to, options);
  return (i) => [
    [lower[i]!, 1 - weight[i]!],
    [upper[i]!, weight[i]!],
  ];
}

function nearestAxis(from: number, to: number, options: ResizeOptions): Axis {
  const places = nearestTable(from, to, options);
  return (i) => [[places[i]!, 1]];
}

/** Gives every value of dy to the values of the image that it was made of. */
function gradient(
  { inputs, attrs, backend }: Parameters<KernelFunc>[0],
  arraysOf: ArraysOf,
  axis: typeof bilinearAxis,
): TensorInfo {
  const { images, dy } = inputs as { images: TensorInfo; dy: TensorInfo };
  const options = attrs as unknown as ResizeOptions;
  const [batch, height, width, channels] = images.shape as Shape;
  const [, outHeight, outWidth] = dy.shape as Shape;
  const [rows, columns] = [axis(height, outHeight, options), axis(width, outWidth, options)];
  const tensors = arraysOf(backend);
  const from = tensors.read(dy);
  const sums = new Float64Array(batch * height * width * channels);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < outHeight; i++) {
      for (const [row, ofRow] of rows(i)) {
        for (let j = 0; j < outWidth; j++) {
          const source = ((b * outHeight + i) * outWidth + j) * channels;
          for (const [column, ofColumn] of columns(j)) {
            const target = ((b * height + row) * width + column) * channels;
            const share = ofRow * ofColumn;
            for (let c = 0; c < channels; c++) sums[target + c]! += share * from[source + c]!;
          }
        }
      }
    }
  }
  const out = tensors.make(images.shape, 'float32');
  tensors.read(out).set(sums);
  return out;
}
