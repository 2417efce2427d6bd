import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseLoss } from '@segloss/losses';
import { backends, finiteDifferenceGradient, maxRelativeError, numbers, tensorLeaks } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { cpuArrays } from '../src/cpu/arrays';
import { cpuKernels } from '../src/cpu/kernels';
import { plainKernels } from '../src/cpu/plain/kernels';
import { wrongFocalSums } from './checks/focal';
import { wrongRegionStatistics } from './checks/region-statistics';

const KINDS = [
  ['by WebAssembly', cpuKernels],
  ['by plain loops', () => plainKernels('cpu', cpuArrays)],
] as const;

describe.each(KINDS)('the sums of the losses on the cpu backend, %s', (_, kernels) => {
  beforeAll(async () => {
    await backends.find(({ name }) => name === 'cpu')!.use();
    kernels().forEach((kernel) => tf.registerKernel(kernel));
  });
  afterAll(() => {
    kernels().forEach(({ kernelName }) => tf.unregisterKernel(kernelName, 'cpu'));
  });

  it.each(['all sums', 'some'] as const)(
    'agree with float64 loops in value and gradient, in 40 random cases: %s',
    async (asked) => expect(await wrongRegionStatistics({ cases: 40, asked })).toEqual([]),
  );

  it.each(['sigmoid', 'softmax'] as const)(
    'agree with a %s of labels of every mode, in 30 random cases',
    async (activation) =>
      expect(await wrongRegionStatistics({ cases: 30, asked: 'all sums', activation })).toEqual([]),
  );

  it('agree where an image has many more pixels than are taken at a time', async () => {
    const check = { cases: 1, asked: 'all sums' } as const;
    expect(await wrongRegionStatistics({ ...check, first: 300, pixels: 3001 })).toEqual([]);
    expect(await wrongRegionStatistics({ ...check, first: 301, pixels: 5003 })).toEqual([]);
  });

  it('are those of plain float64 loops for focal losses, in 40 cases', async () =>
    expect(await wrongFocalSums(40)).toEqual([]));

  it('have the gradient of finite differences', () => {
    const random = numbers(3).next;
    const labels = tf.tensor2d([[0, 2, 255, 1]], [1, 4], 'int32');
    const logits = Array.from({ length: 12 }, () => 4 * random() - 2);
    for (const spec of [
      'ce + l1(temperature=3)',
      'dice(squared=true)',
      'focal',
      'focal(activation=sigmoid)',
    ]) {
      const loss = parseLoss(spec);
      const value = (z: number[]) => tf.tidy(() => loss(labels, tf.tensor(z, [1, 4, 3])).dataSync()[0]!);
      const gradient = tf.tidy(() =>
        tf
          .grad((z) => loss(labels, z))(tf.tensor(logits, [1, 4, 3]))
          .dataSync(),
      );
      expect(maxRelativeError(gradient, finiteDifferenceGradient(value, logits))).toBeLessThan(2e-3);
    }
  });

  it('sum 2^18 pixels to a relative error of 1e-6', () => {
    const [pixels, classes] = [2 ** 18, 2];
    const logits = Float32Array.from({ length: pixels * classes }, (_, i) => 3 * Math.sin(i * 0.37));
    let wanted = 0;
    for (let i = 0; i < pixels; i++) {
      const gap = logits[2 * i + 1 - (i % 2)]! - logits[2 * i + (i % 2)]!; // the other score less the label's
      wanted += Math.max(gap, 0) + Math.log1p(Math.exp(-Math.abs(gap)));
    }
    const labels = tf.tensor2d(
      Int32Array.from({ length: pixels }, (_, i) => i % 2),
      [1, pixels],
      'int32',
    );
    const value = tf.tidy(
      () => parseLoss('ce')(labels, tf.tensor(logits, [1, pixels, classes])).dataSync()[0]!,
    );
    expect(Math.abs(value / (wanted / pixels) - 1)).toBeLessThan(1e-6);
  });

  it('are finite for the largest logits, and say NaN where a valid logit is NaN', () => {
    const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
    const loss = (z: number[]) => parseLoss('ce + dice')(labels, tf.tensor(z, [1, 2, 2])).dataSync()[0]!;
    expect(loss([1e4, -1e4, 3e4, 4e4])).toBeCloseTo(0, 6);
    expect(loss([-1e4, 1e4, 0, 0])).toBeGreaterThan(9e3);
    expect(loss([0, NaN, 0, 0])).toBeNaN();
  });

  it('read one-hot labels that tf.oneHot gave as integers', () => {
    const labels = tf.oneHot(tf.tensor2d([[0, 1]], [1, 2], 'int32'), 2);
    expect(parseLoss('ce')(labels, tf.zeros([1, 2, 2])).dataSync()[0]).toBeCloseTo(Math.LN2, 6);
  });

  it('leave no tensor behind', () => {
    const labels = tf.zeros([2, 9], 'int32');
    const logits = tf.randomNormal([2, 9, 3]);
    const step = (spec: string) => tf.tidy(() => void tf.grad((z) => parseLoss(spec)(labels, z))(logits));
    expect(tensorLeaks(() => ['ce + l1', 'focal'].forEach(step))).toBe(0);
  });
});
