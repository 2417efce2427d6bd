import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends, describeEachBackend, maxRelativeError, numbers, tensorLeaks } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
const random = numbers(97).next;
const make = (shape: number[]) => tf.tidy(() => tf.tensor(Array.from({ length: shape.reduce((a, b) => a * b) }, () => random() - 0.5), shape)); // prettier-ignore

describeEachBackend('gradients that tfjs-core lacks', () => {
  it.each([
    [2, 'NHWC', [2, 3, 4, 12], [2, 6, 8, 3]],
    [3, 'NHWC', [1, 2, 1, 9], [1, 6, 3, 1]],
  ] as const)(
    'depthToSpace by %i, %s: each value of dy at the place it came from',
    (block, format, from, to) => {
      const f = (x: tf.Tensor) => tf.depthToSpace(x as tf.Tensor4D, block, format);
      const [x, dy] = [make([...from]), make([...to])];
      const dx = tf.grad(f)(x, dy);
      expect(dx.shape).toEqual([...from]);
      // A permutation: its adjoint is its inverse.
      expect(Array.from(f(dx).dataSync())).toEqual(Array.from(dy.dataSync()));
    },
  );
});

suite('gradients that tfjs-core lacks, on wasm alone', () => {
  beforeAll(() => wasm.use());

  it('depthToSpace, channels first, likewise (tfjs has that layout on wasm alone)', () => {
    const f = (x: tf.Tensor) => tf.depthToSpace(x as tf.Tensor4D, 2, 'NCHW');
    const dy = make([2, 2, 6, 4]);
    const dx = tf.grad(f)(make([2, 8, 3, 2]), dy);
    expect(Array.from(f(dx).dataSync())).toEqual(Array.from(dy.dataSync()));
  });

  const shapes = [
    [[2, 3, 4], [4]],
    [[3, 1], [2, 3, 5]],
    [[2, 3], []],
    [[2, 3], [2, 3]],
  ] as const; // prettier-ignore
  const operations = {
    maximum: { f: tf.maximum, slopes: (a: number, b: number) => (a >= b ? [1, 0] : [0, 1]) },
    minimum: { f: tf.minimum, slopes: (a: number, b: number) => (a <= b ? [1, 0] : [0, 1]) },
    squaredDifference: {
      f: tf.squaredDifference,
      slopes: (a: number, b: number) => [2 * (a - b), 2 * (b - a)],
    },
  };

  it.each(Object.keys(operations) as (keyof typeof operations)[])(
    '%s adds up what one value was used for',
    (name) => {
      const { f, slopes } = operations[name];
      for (const [aShape, bShape] of shapes) {
        const [a, b] = [make([...aShape]), bShape.length === 0 ? tf.scalar(0.1) : make([...bShape])];
        const dy = make(f(a, b).shape);
        const grads = tf.grads((x, y) => f(x, y))([a, b], dy);
        const wide = [a, b].map((t) => tf.broadcastTo(t, dy.shape).dataSync());
        [a, b].forEach((t, operand) => {
          // Where each value of the result came from, by broadcasting the indices themselves.
          const sizes = t.shape.length === 0 ? 1 : t.size;
          const origin = tf.broadcastTo(tf.reshape(tf.range(0, sizes), t.shape), dy.shape).dataSync();
          const wanted = new Float64Array(sizes);
          dy.dataSync().forEach(
            (g, i) => (wanted[origin[i]!]! += g * slopes(wide[0]![i]!, wide[1]![i]!)[operand]!),
          );
          expect(grads[operand]!.shape).toEqual(t.shape);
          expect(maxRelativeError(grads[operand]!.dataSync(), wanted)).toBeLessThan(1e-6);
        });
      }
    },
  );

  it('leave no tensor behind', () => {
    const [a, b] = [make([2, 3]), make([3])];
    expect(tensorLeaks(() => tf.grads((x, y) => tf.maximum(x, y))([a, b]))).toBe(0);
  });
});
