import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type * as Kernels from '@segloss/kernels';
import { parseLoss } from '@segloss/losses';
import { backends, maxRelativeError, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { wrongFocalSums } from './checks/focal';
import { wrongRegionStatistics } from './checks/region-statistics';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

suite('where WebAssembly has no SIMD', () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  let kernels: typeof Kernels;

  beforeAll(async () => {
    jest.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    await import('@segloss/kernels/wasm');
    await import('@segloss/kernels/cpu');
    kernels = await import('@segloss/kernels');
    await wasm.use();
  });

  it('says once what is missing and what serves', () => {
    kernels.registerWasmKernels();
    kernels.registerCpuKernels();
    expect(tf.env().get('WASM_HAS_SIMD_SUPPORT')).toBe(false);
    expect(kernels.wasmKernelsSupported()).toBe(false);
    expect(kernels.wasmKernelNames()).toContain('Conv2DBackpropFilter');
    expect(warn.mock.calls).toEqual([[expect.stringContaining('no WebAssembly SIMD')]]);
  });

  it.each(['wasm', 'cpu'])('has right sums of the losses on %s, in 40 random cases', async (backend) => {
    await tf.setBackend(backend);
    expect(tf.getKernel('SeglossRegionStatistics', backend)).toBeDefined();
    expect(await wrongRegionStatistics({ cases: 40, asked: 'all sums' })).toEqual([]);
    expect(await wrongFocalSums(40)).toEqual([]);
    await wasm.use();
  });

  it('has the gradient of a filter, for strides and paddings', () => {
    const random = numbers(2).next;
    for (const [size, filter, stride, pad] of [
      [5, 3, 1, 'same'],
      [5, 3, 1, 'valid'],
      [6, 3, 2, 'same'],
      [7, 3, 2, 'valid'],
      [4, 2, 2, 'same'],
      [3, 1, 1, 'same'],
      [6, 2, 3, 'valid'],
    ] as const) {
      // prettier-ignore
      const x = Float32Array.from({ length: 2 * size * (size + 1) * 3 }, () => random() - 0.5);
      const shape = [2, size, size + 1, 3] as [number, number, number, number];
      const info = tf.backend_util.computeConv2DInfo(shape, [filter, filter, 3, 2], stride, 1, pad);
      const dy = Float32Array.from({ length: 2 * info.outHeight * info.outWidth * 2 }, () => random() - 0.5);
      const wanted = new Float64Array(filter * filter * 6);
      for (let b = 0, from = 0; b < 2; b++)
        for (let i = 0; i < info.outHeight; i++)
          for (let j = 0; j < info.outWidth; j++)
            for (let out = 0; out < 2; out++, from++)
              for (let at = 0; at < filter * filter * 3; at++) {
                const row = i * stride - info.padInfo.top + Math.floor(at / (3 * filter));
                const column = j * stride - info.padInfo.left + (Math.floor(at / 3) % filter);
                if (row < 0 || column < 0 || row >= size || column > size) continue;
                wanted[at * 2 + out]! +=
                  dy[from]! * x[((b * size + row) * (size + 1) + column) * 3 + (at % 3)]!;
              }
      const gradient = tf.tidy(
        () =>
        tf.grad((w) => tf.sum(tf.mul(tf.conv2d(tf.tensor4d(x, shape), w as tf.Tensor4D, stride, pad), tf.tensor4d(dy, info.outShape))))(tf.zeros([filter, filter, 3, 2])).dataSync(), // prettier-ignore
      );
      expect(maxRelativeError(gradient, wanted)).toBeLessThan(2e-6);
    }
  });

  it('gives the gradient of a max-pooling to the largest of a window, though none is positive', () => {
    const x = tf.tensor4d([-4, -1, -3, -2, -5, -6, -9, -8, -7], [1, 3, 3, 1]);
    const pooled = (z: tf.Tensor) => tf.maxPool(z as tf.Tensor4D, 2, 1, 'valid');
    const dy = tf.tensor4d([1, 2, 4, 8], [1, 2, 2, 1]);
    const gradient = tf
      .grad((z) => tf.sum(tf.mul(pooled(z), dy)))(x)
      .dataSync();
    // windows: (-4 -1 -2 -5), (-1 -3 -5 -6), (-2 -5 -9 -8), (-5 -6 -8 -7)
    expect([...gradient]).toEqual([0, 3, 0, 4, 8, 0, 0, 0, 0]);
  });

  it('trains a network', () => {
    const labels = tf.tensor3d([[[0, 1, 1], [0, 1, 0], [1, 1, 0]]], [1, 3, 3], 'int32'); // prettier-ignore
    const images = tf.reshape(tf.cast(labels, 'float32'), [1, 3, 3, 1]) as tf.Tensor4D;
    const filter = tf.variable(tf.zeros([3, 3, 1, 2]));
    const optimizer = tf.train.sgd(1);
    const value = () => parseLoss('ce + dice')(labels, tf.conv2d(images, filter as tf.Tensor4D, 1, 'same'));
    const first = tf.tidy(() => value().dataSync()[0]!);
    for (let step = 0; step < 20; step++) optimizer.minimize(value);
    expect(tf.tidy(() => value().dataSync()[0]!)).toBeLessThan(0.5 * first);
  });

  it('serves the cpu backend where there is no WebAssembly at all', async () => {
    const { cpuKernels } = await import('../src/cpu/kernels');
    const { WebAssembly: real } = globalThis;
    Object.defineProperty(globalThis, 'WebAssembly', { value: undefined, configurable: true });
    try {
      expect(cpuKernels().map(({ kernelName }) => kernelName)).toContain('SeglossFocalSums');
    } finally {
      Object.defineProperty(globalThis, 'WebAssembly', { value: real, configurable: true });
    }
  });
});
