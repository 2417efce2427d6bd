import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { focalLoss } from '@segloss/losses';
import { backends, tensorLeaks } from '@segloss/testing';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

import { wrongFocalSums } from './checks/focal';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

suite('the focal sums on wasm', () => {
  beforeAll(() => wasm.use());

  it('and their gradient are those of plain float64 loops, in 200 cases', async () =>
    expect(await wrongFocalSums(200)).toEqual([]));

  it('let nothing through from ignored pixels, not even NaN', () => {
    const logits = tf.tensor3d([
      [
        [NaN, NaN],
        [1, 2],
      ],
    ]);
    const labels = tf.tensor2d([[255, 1]], [1, 2], 'int32');
    for (const activation of ['sigmoid', 'softmax'] as const) {
      const gradient = tf
        .grad((z) => focalLoss(labels, z, { activation }))(logits)
        .dataSync();
      expect([...gradient.slice(0, 2)].map(Math.abs)).toEqual([0, 0]);
      expect(gradient[2]).not.toBe(0);
    }
  });

  it('leave no tensor behind', () => {
    const labels = tf.zeros([2, 9], 'int32');
    const logits = tf.randomNormal([2, 9, 3]);
    expect(tensorLeaks(() => tf.tidy(() => void tf.grad((z) => focalLoss(labels, z))(logits)))).toBe(0);
  });
});
