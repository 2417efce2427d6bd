// A batch of one, one value for each channel, and a batch of none: what the last step of an epoch may bring.
import { beforeAll, describe, expect, it } from '@jest/globals';
import '@tensorflow/tfjs-layers';
import { batchNormOfBatch } from '@segloss/kernels';
import '@segloss/kernels/wasm';
import { backends } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const as4D = (x: tf.Tensor) => x as tf.Tensor4D;
const values = (shape: number[], seed = 1) => tf.randomNormal(shape, 0, 1, 'float32', seed);
const usable = backends.filter(({ missing }) => missing === undefined);

describe.each(usable)('small batches on $name', (backend) => {
  beforeAll(() => backend.use());

  it.each(['linear', 'relu'] as const)(
    'of one value for each channel normalize to the offset: %s',
    (activation) => {
      const [x, dy] = [values([1, 1, 1, 5]), values([1, 1, 1, 5], 2)];
      const scale = tf.tensor1d([1, 2, 3, -1, 0.5]);
      const offset = tf.tensor1d([0.5, 1, 0.25, 2, 1]); // positive: a ReLU changes nothing
      const f = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
        batchNormOfBatch(a, b as tf.Tensor1D, c as tf.Tensor1D, 1e-3, activation).output;
      const { output, mean, variance } = batchNormOfBatch(x, scale, offset, 1e-3, activation);
      expect([...output.dataSync()]).toEqual([...offset.dataSync()]);
      expect([...mean.dataSync()]).toEqual([...x.dataSync()]);
      expect([...variance.dataSync()]).toEqual([0, 0, 0, 0, 0]);
      const [dx, dScale, dOffset] = tf
        .grads(f)([x, scale, offset], dy)
        .map((grad) => grad.dataSync());
      // The output is the offset whatever x and the scale are.
      for (const gradient of [dx!, dScale!])
        for (const each of gradient) expect(Math.abs(each)).toBeLessThan(1e-5);
      expect([...dOffset!]).toEqual([...dy.dataSync()]);
    },
  );

  it('of no image cannot be normalized', () => {
    const one = tf.ones([3]) as tf.Tensor1D;
    expect(() => batchNormOfBatch(tf.zeros([0, 2, 2, 3]), one, one)).toThrow(
      /^batchNormOfBatch: wanted at least one value for each channel, got x \[0,2,2,3\]; leave empty batches out$/,
    );
  });
});

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
suite('kernels on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  // prettier-ignore
  const operations: [string, number[], number[] | undefined, (x: tf.Tensor, w: tf.Tensor) => tf.Tensor][] = [
    ['conv2d', [6, 6, 8], [3, 3, 8, 8], (x, w) => tf.conv2d(as4D(x), as4D(w), 1, 'same')],
    ['conv2d with strides', [6, 6, 3], [3, 3, 3, 8], (x, w) => tf.conv2d(as4D(x), as4D(w), 2, 'same')],
    ['conv2d 1 x 1', [6, 6, 8], [1, 1, 8, 6], (x, w) => tf.conv2d(as4D(x), as4D(w), 1, 'same')],
    ['conv2dTranspose', [3, 3, 8], [2, 2, 4, 8], (x, w) => tf.conv2dTranspose(as4D(x), as4D(w), [x.shape[0]!, 6, 6, 4], 2, 'same')],
    ['depthwiseConv2d', [6, 6, 4], [3, 3, 4, 1], (x, w) => tf.depthwiseConv2d(as4D(x), as4D(w), 1, 'same')],
    ['conv3d', [3, 4, 5, 4], [3, 3, 3, 4, 8], (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'same')],
    ['maxPool', [6, 6, 4], undefined, (x) => tf.maxPool(as4D(x), 2, 2, 'same')],
    ['avgPool', [6, 6, 4], undefined, (x) => tf.avgPool(as4D(x), 2, 2, 'same')],
    ['resizeBilinear', [6, 6, 4], undefined, (x) => tf.image.resizeBilinear(as4D(x), [3, 5])],
    ['relu', [6, 6, 4], undefined, (x) => tf.relu(x)],
  ];

  it.each(operations)(
    '%s of a batch of one is the first of a batch of two, with its gradients',
    (_, shape, filter, f) => {
      const w = values(filter ?? [1], 3);
      const two = values([2, ...shape]);
      const first = tf.slice(two, 0, 1);
      const square = (y: tf.Tensor) => tf.sum(tf.square(y));
      const onFirst = (x: tf.Tensor, ww: tf.Tensor) => square(tf.slice(f(x, ww), 0, 1));
      const onOne = (x: tf.Tensor, ww: tf.Tensor) => square(f(x, ww));
      const close = (a: tf.Tensor, b: tf.Tensor) =>
        expect(tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!).toBeLessThan(
          1e-4 * (1 + tf.max(tf.abs(b)).dataSync()[0]!),
        );
      close(f(first, w), tf.slice(f(two, w), 0, 1));
      close(tf.grad((x) => onOne(x, w))(first), tf.slice(tf.grad((x) => onFirst(x, w))(two), 0, 1));
      if (filter !== undefined)
        close(tf.grad((ww) => onOne(first, ww))(w), tf.grad((ww) => onFirst(two, ww))(w));
    },
  );

  it.each(operations.filter(([, , filter]) => filter !== undefined))(
    '%s of a batch of none gives the filter no gradient',
    (_, shape, filter, f) => {
      const none = tf.zeros([0, ...shape]);
      const dw = tf.grad((w) => tf.sum(tf.square(f(none, w))))(values(filter!, 3));
      expect([...dw.dataSync()].every((each) => each === 0)).toBe(true);
    },
  );
});
