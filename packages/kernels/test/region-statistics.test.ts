import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { parseLoss, regionStatistics } from '@segloss/losses';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { errorOfManyPixels, wrongRegionStatistics } from './checks/region-statistics';
import { makeCase } from './reference';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
const title = 'fused region statistics on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : '');

const CASES = 200;

suite(title, () => {
  beforeAll(async () => {
    await wasm.use();
  });

  it('covers every mode, and labels of both kinds', () => {
    const kinds = new Set(
      Array.from({ length: CASES }, (_, seed) => makeCase(seed)).map(({ mode, soft }) => `${mode} ${soft}`),
    );
    expect([...kinds].sort()).toEqual([
      'binary false',
      'multiclass false',
      'multiclass true',
      'multilabel false',
    ]);
  });

  it.each(['all sums', 'some', 'those of labels'] as const)(
    'agrees with float64 loops in value and gradient, in 200 random cases: %s',
    async (asked) => expect(await wrongRegionStatistics({ cases: CASES, asked })).toEqual([]),
  );

  it.each(['sigmoid', 'softmax'] as const)(
    'agrees with a %s of labels of every mode, in 30 random cases',
    async (activation) =>
      expect(await wrongRegionStatistics({ cases: 30, asked: 'all sums', activation })).toEqual([]),
  );

  // Work is done in parts of 4096 pixels.
  it.each([4095, 4096, 4097, 8199])('agrees for images of %i pixels', async (pixels) =>
    expect(
      await wrongRegionStatistics({ cases: 3, first: pixels, asked: 'some', pixels, classes: 3 }),
    ).toEqual([]),
  );

  // Blocks of more than 48 classes are touched line by line before they are read and written.
  it.each([48, 49, 150])('agrees for %i classes', async (classes) =>
    expect(
      await wrongRegionStatistics({ cases: 6, first: classes, asked: 'all sums', pixels: 83, classes }),
    ).toEqual([]),
  );

  it('takes a mask as labels that are ignored', () => {
    const { next } = numbers(3);
    const [pixels, classes] = [77, 5];
    const labels = Int32Array.from({ length: pixels }, () => Math.floor(next() * classes));
    const mask = Int32Array.from({ length: pixels }, () => Number(next() < 0.7));
    const logits = tf.tensor3d(
      Float32Array.from({ length: pixels * classes }, () => 4 * next() - 2),
      [1, pixels, classes],
    );
    const of = (indices: Int32Array, more: { mask?: tf.Tensor }) => {
      const target = tf.tensor2d(indices, [1, pixels], 'int32');
      const { value, grad } = tf.valueAndGrad((z) => {
        const { count, overlap, logLikelihood } = regionStatistics(target, z as tf.Tensor, {
          statistics: ['count', 'overlap', 'logLikelihood'],
          ...more,
        });
        return tf.sum(tf.add(tf.mul(count, overlap), logLikelihood));
      })(logits);
      return [...value.dataSync(), ...grad.dataSync()];
    };
    const ignored = labels.map((label, i) => (mask[i] ? label : 255));
    expect(of(labels, { mask: tf.tensor2d(mask, [1, pixels], 'int32') })).toEqual(of(ignored, {}));
    expect(of(labels, {})).not.toEqual(of(ignored, {}));
  });

  it('sums 2^22 pixels to a relative error of 2e-6', async () => {
    const { value, gradient } = await errorOfManyPixels(2048, 2);
    expect(value).toBeLessThan(2e-6);
    expect(gradient).toBeLessThan(2e-6);
  });

  it('says NaN where a valid logit is NaN', () => {
    const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
    for (const spec of ['ce', 'dice', 'l1(temperature=10)']) {
      for (const place of [0, 1, 2, 3, 4, 5]) {
        const logits = tf.tensor(
          [0, 1, 2, 3, 4, 5].map((z, i) => (i === place ? NaN : z)),
          [1, 2, 3],
        );
        expect(parseLoss(spec)(labels, logits).dataSync()[0]).toBeNaN();
      }
    }
  });
});
