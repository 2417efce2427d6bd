import { util, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';

import { floats, memoryOf, pointer, requireFloat, type WasmBackend } from '../memory/tensors.js';

/** tf.unsortedSegmentSum, the gradient of tf.gather; tfjs's wasm backend has no such kernel. Adds in float64. */
export const unsortedSegmentSum: KernelConfig = {
  kernelName: 'UnsortedSegmentSum',
  backendName: 'wasm',
  kernelFunc({ inputs, attrs, backend }) {
    const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo };
    const { numSegments } = attrs as unknown as { numSegments: number };
    requireFloat('UnsortedSegmentSum', { x });
    if (segmentIds.dtype !== 'int32') {
      throw new TypeError(
        `UnsortedSegmentSum: wanted segmentIds to be int32, got ${segmentIds.dtype}; use tf.cast`,
      );
    }
    const rank = segmentIds.shape.length;
    if (segmentIds.shape.some((size, axis) => size !== x.shape[axis])) {
      throw new RangeError(
        `UnsortedSegmentSum: wanted segmentIds with the first sizes of x, got [${segmentIds.shape}] for x [${x.shape}]`,
      );
    }
    const wasm = backend as WasmBackend;
    const inner = x.shape.slice(rank);
    const width = util.sizeFromShape(inner);
    const out = wasm.makeOutput([numSegments, ...inner], 'float32');
    const count = util.sizeFromShape(segmentIds.shape);
    const ids = new Int32Array(memoryOf(wasm).buffer, pointer(wasm, segmentIds), count);
    const values = floats(wasm, pointer(wasm, x), count * width);
    const sums = new Float64Array(numSegments * width);
    ids.forEach((id, i) => {
      if (id < 0 || id >= numSegments) return; // as on tfjs's other backends: dropped
      for (let j = 0; j < width; j++) sums[id * width + j]! += values[i * width + j]!;
    });
    floats(wasm, pointer(wasm, out), sums.length).set(sums);
    return out;
  },
};
