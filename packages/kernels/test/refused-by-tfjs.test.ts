// What tfjs's wasm kernels refuse and ours take: channels first, any bias, products of integers, einsum; and what they do wrong: clipping hides NaN, bool keeps a byte.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import '@tensorflow/tfjs-layers'; // registers the gradients
import '@segloss/kernels/wasm';
import { backends, maxRelativeError, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { convolution, samePadding, size } from './convolution.js';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

/** [batch, pixels, channels] as [batch, channels, pixels]. */
function channelsFirst(values: ArrayLike<number>, batch: number, channels: number): Float32Array {
  const pixels = values.length / batch / channels;
  return Float32Array.from(values, (_, i) => {
    const [b, c, p] = [Math.floor(i / pixels / channels), Math.floor(i / pixels) % channels, i % pixels];
    return values[(b * pixels + p) * channels + c]!;
  });
}

suite('operations that tfjs refuses on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());
  let buffers = 0;
  beforeEach(() => {
    buffers = tf.memory().numDataBuffers;
    tf.engine().startScope();
  });
  afterEach(() => {
    tf.engine().endScope();
    expect(tf.memory().numDataBuffers).toBe(buffers);
  });

  it.each([
    ['of many channels', [2, 9, 11, 8], [3, 3, 8, 12], 1, 'same'],
    ['with strides', [2, 9, 11, 3], [3, 2, 3, 5], 2, 'same'],
    ['without padding', [1, 6, 7, 4], [2, 3, 4, 2], 1, 'valid'],
    ['with padding for each side', [1, 6, 7, 2], [3, 3, 2, 3], 1, [2, 1, 0, 2]],
  ] as const)(
    'conv2d with channels first, %s, and its gradients are those of float64 sums',
    (_, shape, filter, stride, pad) => {
      const [batch, height, width, inputs] = shape;
      const outputs = filter[3];
      const [top, bottom, left, right] = typeof pad === 'string' ? [0, 0, 0, 0] : pad;
      const before = (axis: 0 | 1) =>
        pad === 'same' ? samePadding(shape[axis + 1]!, filter[axis]!, stride, 1) : [top, left][axis]!;
      const outputOf = (n: number, taps: number, sides: number) =>
        pad === 'same' ? Math.ceil(n / stride) : Math.floor((n + sides - taps) / stride) + 1;
      const output = [1, outputOf(height, filter[0], top + bottom), outputOf(width, filter[1], left + right)] as const; // prettier-ignore
      const { next } = numbers(11);
      const make = (length: number) => Float32Array.from({ length }, () => 2 * next() - 1);
      const [x, w, dy] = [
        make(size(shape)),
        make(size(filter)),
        make(batch * size(output) * outputs),
      ] as const;
      const wanted = convolution(
        {
          ...{ batch, inputs, output, outputs, dilation: [1, 1, 1] },
          ...{ input: [1, height, width], filter: [1, filter[0], filter[1]], stride: [1, stride, stride] },
          pad: [0, before(0), before(1)],
        },
        x,
        w,
        dy,
      );
      const sides = typeof pad === 'string' ? pad : ([[0, 0], [0, 0], [top, bottom], [left, right]] as tf.backend_util.ExplicitPadding); // prettier-ignore
      const f = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, sides, 'NCHW');
      const given = [
        tf.tensor(channelsFirst(x, batch, inputs), [batch, inputs, height, width]),
        tf.tensor(w, [...filter]),
      ] as const;
      const y = f(...given);
      expect(y.shape).toEqual([batch, outputs, output[1], output[2]]);
      const [dx, dw] = tf.grads(f)([...given], tf.tensor(channelsFirst(dy, batch, outputs), y.shape)) as [tf.Tensor, tf.Tensor]; // prettier-ignore
      expect(maxRelativeError(y.dataSync(), channelsFirst(wanted.y, batch, outputs))).toBeLessThan(5e-6);
      expect(maxRelativeError(dx.dataSync(), channelsFirst(wanted.dx, batch, inputs))).toBeLessThan(5e-6);
      expect(maxRelativeError(dw.dataSync(), wanted.dw)).toBeLessThan(5e-6);
    },
  );

  // The filter is the identity: what is left are bias and activation. A row for each pixel of two channels.
  const x = () => tf.tensor4d([1, -2, 3, 4, -5, 6, 7, -8], [1, 2, 2, 2]);
  const identity = () => tf.tensor4d([1, 0, 0, 1], [1, 1, 2, 2]);
  const fused = (more: Partial<Parameters<typeof tf.fused.conv2d>[0]>) =>
    Array.from(tf.fused.conv2d({ x: x(), filter: identity(), strides: 1, pad: 0, ...more }).dataSync());

  it.each([
    ['a number', () => tf.scalar(1), [2, -1, 4, 5, -4, 7, 8, -7]],
    [
      'one for each channel, of rank 4',
      () => tf.tensor4d([1, 10], [1, 1, 1, 2]),
      [2, 8, 4, 14, -4, 16, 8, 2],
    ],
    ['one for each row', () => tf.tensor3d([1, 2], [2, 1, 1]), [2, -1, 4, 5, -3, 8, 9, -6]],
  ])('fused conv2d takes as its bias %s', (_, bias, sums) => {
    expect(fused({ bias: bias() })).toEqual(sums);
    expect(fused({ bias: bias(), activation: 'relu' })).toEqual(sums.map((sum) => Math.max(0, sum)));
    const leaky = sums.map((sum) => (sum < 0 ? 0.25 * sum : sum));
    expect(fused({ bias: bias(), activation: 'leakyrelu', leakyreluAlpha: 0.25 })).toEqual(leaky);
    const weights = tf.tensor3d([0.25], [1, 1, 1]);
    expect(fused({ bias: bias(), activation: 'prelu', preluActivationWeights: weights })).toEqual(leaky);
  });

  it('fused conv2d with channels first takes a bias and PReLU weights of the channels', () => {
    const first = tf.transpose(x(), [0, 3, 1, 2]); // 1 3 -5 7, -2 4 6 -8
    const got = fused({
      ...{ x: first as tf.Tensor4D, dataFormat: 'NCHW', bias: tf.tensor1d([1, 10]) },
      ...{ activation: 'prelu', preluActivationWeights: tf.tensor1d([0.5, 2]) },
    });
    expect(got).toEqual([2, 4, -2, 8, 8, 14, 16, 2]);
  });

  it('fused depthwiseConv2d and matMul take any bias', () => {
    const depthwise = tf.fused.depthwiseConv2d({ x: x(), filter: tf.ones([1, 1, 2, 1]), strides: 1, pad: 0, bias: tf.scalar(1) }); // prettier-ignore
    expect(Array.from(depthwise.dataSync())).toEqual([2, -1, 4, 5, -4, 7, 8, -7]);
    const [a, b] = [tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1, 0], [0, 1]])]; // prettier-ignore
    const product = tf.fused.matMul({ a, b, bias: tf.tensor2d([[1, -1], [-9, 0]]), activation: 'relu' }); // prettier-ignore
    expect(product.arraySync()).toEqual([[2, 1], [0, 4]]); // prettier-ignore
  });

  it('matMul of integers is exact, transposed and repeated along leading axes', () => {
    const a = tf.tensor([1, 2, 3, 4, 5, 6, -1, -2, -3, -4, -5, 16777217], [2, 2, 3], 'int32');
    const b = tf.tensor([1, 0, 2, 1, 0, 1], [1, 3, 2], 'int32');
    const wanted = [[[5, 5], [14, 11]], [[-5, -5], [-14, 16777212]]]; // prettier-ignore
    const product = tf.matMul(a, b);
    expect(product.dtype).toBe('int32');
    expect(product.arraySync()).toEqual(wanted);
    const [aT, bT] = [tf.transpose(a, [0, 2, 1]), tf.transpose(b, [0, 2, 1])];
    expect(tf.matMul(aT, bT, true, true).arraySync()).toEqual(wanted);
    expect(tf.matMul(aT, b, true).arraySync()).toEqual(wanted);
    expect(tf.matMul(a, bT, false, true).arraySync()).toEqual(wanted);
  });

  it('confusionMatrix counts', () => {
    const matrix = tf.math.confusionMatrix(tf.tensor1d([0, 1, 1, 2, 1], 'int32'), tf.tensor1d([0, 2, 1, 2, 1], 'int32'), 3); // prettier-ignore
    expect(matrix.arraySync()).toEqual([[1, 0, 0], [0, 2, 1], [0, 0, 1]]); // prettier-ignore
  });

  const m = () => tf.tensor2d([[1, 2, 3], [4, 5, 6]]); // prettier-ignore
  it.each<[string, () => tf.Tensor[], unknown]>([
    ['ij,jk->ik', () => [m(), tf.tensor2d([[1, 0], [0, 1], [1, 1]])], [[4, 5], [10, 11]]], // prettier-ignore
    ['ij,kj->ki', () => [m(), tf.tensor2d([[1, 10, 100]])], [[321, 654]]],
    ['ij->ji', () => [m()], [[1, 4], [2, 5], [3, 6]]], // prettier-ignore
    ['ij->', () => [m()], 21],
    ['i,j->ji', () => [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])], [[3, 6], [4, 8]]], // prettier-ignore
    ['bqc,bkc->bqk', () => [tf.tensor3d([[[1, 2]], [[3, 4]]]), tf.tensor3d([[[1, 1], [0, 1]], [[2, 0], [1, -1]]])], [[[3, 2]], [[6, -1]]]], // prettier-ignore
  ])('einsum %s', (equation, tensors, wanted) => {
    expect(tf.einsum(equation, ...tensors()).arraySync()).toEqual(wanted);
  });

  it('casts to bool give 0 and 1', () => {
    const [numbers, integers] = [
      tf.tensor1d([0, 3, 256, 0.5, -1, NaN]),
      tf.tensor1d([0, 255, 256, -512], 'int32'),
    ];
    const ones = (x: tf.Tensor) => Array.from(tf.cast(tf.cast(x, 'bool'), 'float32').dataSync());
    expect(ones(numbers)).toEqual([0, 1, 1, 1, 1, 1]);
    expect(ones(integers)).toEqual([0, 1, 1, 1]);
  });

  it('clipByValue leaves NaN, wherever it stands', () => {
    for (const length of [1, 4, 7, 65539]) {
      const values = Float32Array.from({ length }, (_, i) => [-3, NaN, 0.5, 9][i % 4]!);
      const clipped = tf.clipByValue(tf.tensor1d(values), -1, 2).dataSync();
      expect(clipped.every((value, i) => Object.is(value, [-1, NaN, 0.5, 2][i % 4]))).toBe(true);
    }
    expect(Array.from(tf.clipByValue(tf.tensor1d([-3, 1, 9], 'int32'), -1, 2).dataSync())).toEqual([
      -1, 1, 2,
    ]);
  });
});
