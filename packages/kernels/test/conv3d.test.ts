import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends, finiteDifferenceGradient, maxRelativeError, numbers, tensorLeaks } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { convolution, samePadding, size, type Sizes } from './convolution.js';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

type Triple = [number, number, number];
type Case = Sizes & { padding: 'same' | 'valid' };

function cases(count: number): Case[] {
  const { pick } = numbers(31);
  const triple = (items: readonly number[]): Triple => [pick(items), pick(items), pick(items)];
  const made: Case[] = [];
  while (made.length < count) {
    const [stride, dilation] = pick([0, 0, 1, 2]) === 2 ? [[1, 1, 1] as Triple, triple([1, 2, 3])] : [triple([1, 1, 2, 3]), [1, 1, 1] as Triple]; // prettier-ignore
    const input = triple([1, 2, 3, 4, 5, 7, 8, 11]);
    const filter = triple([1, 2, 3, 3, 5]);
    const padding = pick(['same', 'same', 'valid'] as const);
    const reach = filter.map((taps, axis) => (taps - 1) * dilation[axis]! + 1);
    if (padding === 'valid' && reach.some((value, axis) => value > input[axis]!)) continue;
    const output = input.map((value, axis) =>
      padding === 'same' ? Math.ceil(value / stride[axis]!) : Math.ceil((value - reach[axis]! + 1) / stride[axis]!),
    ) as Triple; // prettier-ignore
    const pad = input.map((value, axis) =>
      padding === 'same' ? samePadding(value, filter[axis]!, stride[axis]!, dilation[axis]!) : 0,
    ) as Triple;
    const batch = pick([1, 1, 2, 3]);
    const one = { batch, input, filter, output, stride, dilation, pad, padding, inputs: pick([1, 2, 3, 4, 5, 8, 11]), outputs: pick([1, 2, 3, 4, 7, 8, 13]) }; // prettier-ignore
    if (batch * size(output) * size(filter) * one.inputs * one.outputs < 4e6) made.push(one);
  }
  return made;
}

suite('3-D convolutions on wasm', () => {
  beforeAll(() => wasm.use());

  it.each([0, 1, 2, 3])('are sums of products, and so are both gradients, part %i of 400 shapes', (part) => {
    const random = numbers(17 + part).next;
    const make = (length: number) => Float32Array.from({ length }, () => random() * 2 - 1);
    const wrong: string[] = [];
    for (const one of cases(400).filter((_, i) => i % 4 === part)) {
      const xShape = [one.batch, ...one.input, one.inputs];
      const wShape = [...one.filter, one.inputs, one.outputs];
      const yShape = [one.batch, ...one.output, one.outputs];
      const [x, w, dy] = [make(size(xShape)), make(size(wShape)), make(size(yShape))] as const;
      const wanted = convolution(one, x, w, dy);
      tf.tidy(() => {
        const f = (a: tf.Tensor, b: tf.Tensor) =>
          tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, one.stride as Triple, one.padding, 'NDHWC', one.dilation as Triple); // prettier-ignore
        const [xs, ws] = [tf.tensor(x, xShape), tf.tensor(w, wShape)] as const;
        const y = f(xs, ws);
        expect(y.shape).toEqual(yShape);
        const [dx, dw] = tf.grads(f)([xs, ws], tf.tensor(dy, yShape)) as [tf.Tensor, tf.Tensor];
        const errors = [
          maxRelativeError(y.dataSync(), wanted.y),
          maxRelativeError(dx.dataSync(), wanted.dx),
          maxRelativeError(dw.dataSync(), wanted.dw),
        ];
        if (!(Math.max(...errors) < 2e-6)) wrong.push(`${JSON.stringify(one)}: ${errors}`);
      });
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    [2, 2, 'same'],
    [2, 2, 'valid'],
    [3, 2, 'same'],
    [3, 1, 'valid'],
  ] as const)(
    'give conv3dTranspose %i, stride %i, %s and its gradients as the adjoint of conv3d',
    (filter, stride, pad) => {
      const random = numbers(3).next;
      const shape: [number, number, number, number, number] = [2, 4, 6, 5, 3];
      const out = shape.map((value, axis) =>
      axis === 0 || axis === 4 ? value : pad === 'same' ? value * stride : (value - 1) * stride + filter,
    ) as typeof shape; // prettier-ignore
      out[4] = 2;
      const make = <R extends tf.Rank>(sizes: readonly number[]) =>
      tf.tensor(Array.from({ length: size(sizes) }, () => random() - 0.5), sizes as tf.ShapeMap[R]); // prettier-ignore
      const [y, w, x] = [make<tf.Rank.R5>(shape), make<tf.Rank.R5>([filter, filter, filter, 2, 3]), make<tf.Rank.R5>(out)]; // prettier-ignore
      const up = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv3dTranspose(a as tf.Tensor5D, b as tf.Tensor5D, out, stride, pad);
      const down = tf.conv3d(x, w, stride, pad);
      const product = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b));
      expect(product(up(y, w), x).dataSync()[0]).toBeCloseTo(product(y, down).dataSync()[0]!, 4);
      const [dy, dw] = tf.grads((a, b) => product(up(a, b), x))([y, w]) as [tf.Tensor, tf.Tensor];
      expect(maxRelativeError(dy.dataSync(), down.dataSync())).toBeLessThan(1e-6);
      const direct = tf.grad((b) => product(tf.conv3d(x, b as tf.Tensor5D, stride, pad), y))(w);
      expect(maxRelativeError(dw.dataSync(), direct.dataSync())).toBeLessThan(1e-6);
    },
  );

  it('have the gradient of finite differences, end to end', () => {
    const random = numbers(9).next;
    const x = Float32Array.from({ length: 3 * 4 * 3 * 2 }, () => random() - 0.5);
    const w = tf.tensor5d(Array.from({ length: 27 * 2 * 2 }, () => random() - 0.5), [3, 3, 3, 2, 2]); // prettier-ignore
    const f = (xs: tf.Tensor) => {
      const h = tf.conv3d(tf.reshape(xs, [1, 3, 4, 3, 2]) as tf.Tensor5D, w, 1, 'same');
      return tf.sum(tf.square(tf.conv3d(h, w, 2, 'same'))) as tf.Scalar;
    };
    const gradient = tf.grad(f)(tf.tensor1d(x)).dataSync();
    const wanted = finiteDifferenceGradient((at) => tf.tidy(() => f(tf.tensor1d(at)).dataSync()[0]!), x);
    expect(maxRelativeError(gradient, wanted)).toBeLessThan(1e-3);
  });

  it('leave no tensor behind, and say what they want', () => {
    const [x, w] = [tf.ones([1, 3, 3, 3, 2]), tf.ones([2, 2, 2, 2, 2])] as [tf.Tensor5D, tf.Tensor5D];
    const run = () => tf.grads((a, b) => tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 2, 'same'))([x, w]);
    expect(tensorLeaks(run)).toBe(0);
    expect(() => tf.conv3d(tf.cast(x, 'int32'), w, 1, 'same')).toThrow(/wanted x to be float32, got int32/);
  });
});
