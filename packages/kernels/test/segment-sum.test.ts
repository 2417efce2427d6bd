import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends } from '@segloss/testing';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

suite('sums over segments on wasm', () => {
  beforeAll(() => wasm.use());

  it('add the rows of each segment, and drop those of none', () => {
    const x = tf.tensor2d([[1, 2], [3, 4], [5, 6], [7, 8]]); // prettier-ignore
    const sums = tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2, -1], 'int32'), 4);
    expect(sums.arraySync()).toEqual([[3, 4], [0, 0], [6, 8], [0, 0]]); // prettier-ignore
  });

  it.each([0, 1, 2])('give tf.gather along axis %i the gradient of its definition', (axis) => {
    const shape: [number, number, number] = [3, 4, 5];
    const indices = [2, 0, 2, 1, 2];
    const out = shape.map((size, i) => (i === axis ? indices.length : size));
    const dy = Float32Array.from({ length: out.reduce((a, b) => a * b) }, (_, i) => Math.sin(i));
    const f = (a: tf.Tensor) => tf.gather(a, tf.tensor1d(indices, 'int32'), axis);
    const gradient = tf.grad(f)(tf.ones(shape), tf.tensor(dy, out)).dataSync();
    const wanted = new Float64Array(60);
    dy.forEach((value, i) => {
      const at = [Math.floor(i / (out[1]! * out[2]!)), Math.floor(i / out[2]!) % out[1]!, i % out[2]!];
      at[axis] = indices[at[axis]!]!;
      wanted[(at[0]! * 4 + at[1]!) * 5 + at[2]!]! += value;
    });
    gradient.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 5));
  });

  it('say what they want', () => {
    const run = (x: tf.Tensor, segmentIds: tf.Tensor) => () =>
      tf.engine().runKernel('UnsortedSegmentSum', { x, segmentIds }, { numSegments: 2 });
    expect(run(tf.ones([2]), tf.ones([2]))).toThrow(/wanted segmentIds to be int32, got float32/);
    expect(run(tf.ones([2], 'int32'), tf.ones([2], 'int32'))).toThrow(/wanted x to be float32/);
    expect(run(tf.ones([2]), tf.ones([3], 'int32'))).toThrow(/got \[3\] for x \[2\]/);
  });
});
