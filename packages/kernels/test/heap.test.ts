import { freemem } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { parseLoss } from '@segloss/losses';
import { backends } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const GIB = 2 ** 30;
const wasm = backends.find(({ name }) => name === 'wasm')!;
const missing = wasm.missing ?? (freemem() < 7 * GIB ? 'less than 7 GiB of free memory' : undefined);
const suite = missing === undefined ? describe : describe.skip;

suite('a wasm heap of more than 2 GiB' + (missing ? ` (skipped: ${missing})` : ''), () => {
  /** A tensor of what lies in the heap, zeros where it is new: nothing is written, so that the machine need not have the memory. */
  const unwritten = (shape: number[], dtype: 'float32') => {
    const backend = tf.backend() as unknown as { makeOutput(shape: number[], dtype: string): tf.TensorInfo };
    return tf.engine().makeTensorFromTensorInfo(backend.makeOutput(shape, dtype));
  };
  const fillers: tf.Tensor[] = [];
  const take = (bytes: number) => void fillers.push(unwritten([bytes / 4], 'float32'));
  const offsetOf = (tensor: tf.Tensor) =>
    (tf.backend() as unknown as { getMemoryOffset(id: tf.DataId): number }).getMemoryOffset(tensor.dataId);

  beforeAll(async () => {
    await wasm.use();
  });
  afterAll(() => tf.dispose(fillers));

  const labels = () =>
    tf.tensor3d(
      Int32Array.from({ length: 600 }, (_, i) => (i * 7) % 3),
      [2, 20, 15],
      'int32',
    );
  const values = (shape: number[]) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 0.7)),
      shape,
    );
  const specs = [
    'ce',
    'ce + l1(temperature=10)',
    'dice(squared=true)',
    'focal',
    'focal(activation=sigmoid)',
    'lovasz',
    'topk',
  ];

  /** Every kind of kernel that keeps scratch memory: losses, convolutions, normalization, pooling, resizing, reductions. */
  const results = (): number[][] => {
    const y = labels();
    const ofLosses = specs.map((spec) => {
      const loss = parseLoss(spec);
      return () => tf.grad((z: tf.Tensor) => loss(y, z))(values([2, 20, 15, 3]));
    });
    const image = () => values([2, 12, 12, 8]) as tf.Tensor4D;
    const through = (f: (x: tf.Tensor4D) => tf.Tensor) => () =>
      tf.grad((x) => tf.sum(tf.square(f(x as tf.Tensor4D))))(image());
    const filter = (shape: number[]) => values(shape) as tf.Tensor4D;
    const operations = [
      ...ofLosses,
      ...[3, 1].flatMap((size) => [1, 2].map((stride) => through((x) => tf.conv2d(x, filter([size, size, 8, 8]), stride, 'same')))), // prettier-ignore
      () =>
        tf.grad((w) => tf.sum(tf.square(tf.conv2d(image(), w as tf.Tensor4D, 1, 'same'))))(
          filter([3, 3, 8, 8]),
        ),
      through((x) => tf.depthwiseConv2d(x, filter([3, 3, 8, 1]), 1, 'same')),
      through((x) =>
        tf.batchNorm(x, tf.mean(x, [0, 1, 2]) as tf.Tensor1D, tf.ones([8]), tf.zeros([8]), tf.ones([8])),
      ),
      through((x) => tf.maxPool(x, 2, 2, 'same')),
      through((x) => tf.avgPool(x, 2, 2, 'same')),
      through((x) => tf.image.resizeBilinear(x, [7, 9])),
      through((x) => tf.relu(tf.concat([x, x], 3))),
      through((x) => tf.conv3d(tf.reshape(x, [2, 3, 4, 12, 8]) as tf.Tensor5D, values([3, 3, 3, 8, 4]) as tf.Tensor5D, 1, 'same')), // prettier-ignore
    ];
    return operations.map((operation) => [...tf.tidy(operation).dataSync()]);
  };

  it('gives the numbers of a small one, and says where 4 GiB end', () => {
    const small = tf.tidy(results);
    for (let taken = 0; taken < 2; taken += 0.25) take(0.25 * GIB);
    // Then the gaps below, so that even small tensors lie high.
    for (const size of [2 ** 24, 2 ** 20, 2 ** 16, 2 ** 12, 2 ** 8, 2 ** 4]) {
      do take(size);
      while (offsetOf(fillers.at(-1)!) < 2 * GIB);
    }
    const high = values([16]);
    expect(offsetOf(high)).toBeGreaterThan(2 * GIB);
    expect(tf.tidy(results)).toEqual(small);
    expect(high.dataSync()[1]).toBeCloseTo(Math.sin(0.7), 6);

    const takeAll = () => {
      for (;;) take(0.25 * GIB);
    };
    expect(takeAll).toThrow(/wanted 256\.0 MiB more, but its memory is full.*4 GiB.*use smaller batches/);
    expect(fillers.length).toBeGreaterThanOrEqual(14);
    high.dispose();
  });
});
