import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends, finiteDifferenceGradient, maxRelativeError, numbers, tensorLeaks } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { convolution, size } from './convolution.js';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]];

/** Shapes of a convolution of two axes; `depthwise` ones have a filter for each channel. */
function cases(count: number, seed: number, depthwise: boolean) {
  const { pick } = numbers(seed);
  const made = [];
  while (made.length < count) {
    const xShape = [pick([1, 2, 3]), pick([1, 2, 3, 5, 8, 11, 16]), pick([1, 2, 3, 4, 7, 8, 13]), pick([1, 2, 3, 4, 5, 8, 16, 19, 24])] as [number, number, number, number]; // prettier-ignore
    const kernel: [number, number] = [pick([1, 2, 3, 3, 5]), pick([1, 2, 3, 3, 5])];
    const dilated = pick([false, true]);
    const stride: [number, number] = dilated ? [1, 1] : [pick([1, 1, 2, 3]), pick([1, 1, 2, 3])];
    const dilation: [number, number] = dilated ? [pick([1, 2, 3, 6]), pick([2, 3])] : [1, 1];
    const pad = pick<Pad>(['same', 'same', 'valid', 1, 2, [[0, 0], [1, 0], [2, 3], [0, 0]]]); // prettier-ignore
    const outputs = pick([1, 2, 3, 4, 8, 11]);
    const filterShape = [...kernel, xShape[3], depthwise ? pick([1, 1, 2, 3]) : outputs] as [number, number, number, number]; // prettier-ignore
    const rounding = typeof pad === 'string' ? undefined : ('floor' as const);
    // With a number as padding tfjs derives the width of the output from the filter's height; so it is spelled out here.
    const sides = typeof pad === 'number' ? ([[0, 0], [pad, pad], [pad, pad], [0, 0]] as Pad) : pad; // prettier-ignore
    const info = tf.backend_util.computeConv2DInfo(
      xShape,
      filterShape,
      stride,
      dilation,
      sides,
      rounding,
      depthwise,
    );
    if (info.outHeight > 0 && info.outWidth > 0) made.push({ xShape, filterShape, stride, dilation, pad, rounding, info }); // prettier-ignore
  }
  return made;
}

type Operation = typeof tf.depthwiseConv2d;

/** Shapes where the operation or one of its gradients is not the float64 sum. */
function mistakes(shapes: ReturnType<typeof cases>, operation: Operation, seed: number, depthwise: boolean) {
  const random = numbers(seed).next;
  const make = (shape: readonly number[]) =>
    Float32Array.from({ length: size(shape) }, () => random() * 2 - 1);
  return shapes.flatMap(({ xShape, filterShape, stride, dilation, pad, rounding, info }) => {
    const [x, w, dy] = [make(xShape), make(filterShape), make(info.outShape)];
    const wanted = convolution(
      {
        batch: info.batchSize,
        input: [1, info.inHeight, info.inWidth],
        inputs: info.inChannels,
        output: [1, info.outHeight, info.outWidth],
        outputs: info.outChannels,
        filter: [1, info.filterHeight, info.filterWidth],
        stride: [1, ...stride],
        dilation: [1, ...dilation],
        pad: [0, info.padInfo.top, info.padInfo.left],
        ...(depthwise ? { multiplier: filterShape[3] } : {}),
      },
      x!,
      w!,
      dy!,
    );
    const errors = tf.tidy(() => {
      const f = (a: tf.Tensor, b: tf.Tensor) =>
        operation(a as tf.Tensor4D, b as tf.Tensor4D, stride, pad as number, 'NHWC', dilation, rounding);
      const [xs, ws] = [tf.tensor(x!, xShape), tf.tensor(w!, filterShape)];
      const [dx, dw] = tf.grads(f)([xs, ws], tf.tensor(dy!, info.outShape));
      return [
        maxRelativeError(f(xs, ws).dataSync(), wanted.y),
        maxRelativeError(dx!.dataSync(), wanted.dx),
        maxRelativeError(dw!.dataSync(), wanted.dw),
      ];
    });
    return Math.max(...errors) < 2e-6 ? [] : [`${JSON.stringify({ xShape, filterShape, stride, dilation, pad })}: ${errors}`]; // prettier-ignore
  });
}

suite('depthwise and dilated convolutions on wasm', () => {
  beforeAll(() => wasm.use());

  it.each([0, 1, 2, 3])(
    'depthwiseConv2d and both gradients are sums of products, part %i of 300 shapes',
    (part) => {
      const shapes = cases(300, 41, true).filter((_, i) => i % 4 === part);
      expect(mistakes(shapes, tf.depthwiseConv2d, 5 + part, true)).toEqual([]);
    },
  );

  it.each([0, 1, 2, 3])(
    'conv2d and both gradients are sums of products, dilated or not, part %i of 300 shapes',
    (part) => {
      const shapes = cases(300, 43, false).filter((_, i) => i % 4 === part);
      expect(mistakes(shapes, tf.conv2d as unknown as Operation, 7 + part, false)).toEqual([]);
    },
  );

  it('separableConv2d with dilation has the gradient of finite differences', () => {
    const random = numbers(9).next;
    const make = <R extends tf.Rank>(shape: tf.ShapeMap[R]) =>
      tf.tensor(Array.from({ length: size(shape) }, () => random() - 0.5), shape); // prettier-ignore
    const x = Float32Array.from({ length: 5 * 6 * 2 }, () => random() - 0.5);
    const [depthwise, pointwise] = [make<tf.Rank.R4>([3, 3, 2, 2]), make<tf.Rank.R4>([1, 1, 4, 3])];
    const f = (xs: tf.Tensor) => {
      const image = tf.reshape(xs, [1, 5, 6, 2]) as tf.Tensor4D;
      return tf.sum(tf.square(tf.separableConv2d(image, depthwise, pointwise, 1, 'same', 2))) as tf.Scalar;
    };
    const gradient = tf.grad(f)(tf.tensor1d(x)).dataSync();
    const wanted = finiteDifferenceGradient((at) => tf.tidy(() => f(tf.tensor1d(at)).dataSync()[0]!), x);
    expect(maxRelativeError(gradient, wanted)).toBeLessThan(1e-3);
  });

  it('leave no tensor behind, and other backends keep their gradient', async () => {
    const [x, w] = [tf.ones([1, 5, 5, 2]), tf.ones([3, 3, 2, 1])] as [tf.Tensor4D, tf.Tensor4D];
    const run = () =>
      tf.grads((a, b) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same', 'NHWC', 2))([
        x,
        w,
      ]);
    expect(tensorLeaks(run)).toBe(0);
    await tf.setBackend('cpu');
    expect(run).toThrow(/dilation rates greater than 1/);
    await wasm.use();
  });
});
