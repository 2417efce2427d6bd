import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends, finiteDifferenceGradient, maxRelativeError, numbers, tensorLeaks } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { samePadding, size } from './convolution.js';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

type Pair = [number, number];

function cases(count: number) {
  const { pick } = numbers(83);
  const pair = (items: readonly number[]): Pair => [pick(items), pick(items)];
  const made = [];
  while (made.length < count) {
    const [input, filter] = [pair([1, 2, 3, 5, 8, 13]), pair([1, 2, 3, 5])];
    const dilated = pick([false, true]);
    const [stride, dilation]: [Pair, Pair] = dilated ? [[1, 1], pair([1, 2, 3])] : [pair([1, 2, 3]), [1, 1]];
    const padding = pick(['same', 'valid'] as const);
    const reach = filter.map((taps, axis) => (taps - 1) * dilation[axis]! + 1);
    if (padding === 'valid' && reach.some((value, axis) => value > input[axis]!)) continue;
    const pad = input.map((value, axis) => padding === 'same' ? samePadding(value, filter[axis]!, stride[axis]!, dilation[axis]!) : 0) as Pair; // prettier-ignore
    const output = input.map((value, axis) => padding === 'same' ? Math.ceil(value / stride[axis]!) : Math.ceil((value - reach[axis]! + 1) / stride[axis]!)) as Pair; // prettier-ignore
    made.push({ batch: pick([1, 2, 3]), channels: pick([1, 2, 3, 4, 5, 8, 11]), input, filter, stride, dilation, padding, pad, output }); // prettier-ignore
  }
  return made;
}

/** Largest sums and where each came from, in float32 as the sums themselves are. */
function reference(
  one: ReturnType<typeof cases>[number],
  x: Float32Array,
  w: Float32Array,
  dy: Float32Array,
) {
  const { batch, channels, input, filter, stride, dilation, pad, output } = one;
  const y = new Float64Array(dy.length);
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  for (let n = 0; n < batch; n++)
    for (let oy = 0; oy < output[0]; oy++)
      for (let ox = 0; ox < output[1]; ox++)
        for (let c = 0; c < channels; c++) {
          let [best, bestX, bestW] = [-Infinity, -1, -1];
          for (let ky = 0; ky < filter[0]; ky++)
            for (let kx = 0; kx < filter[1]; kx++) {
              const iy = oy * stride[0] + ky * dilation[0] - pad[0];
              const ix = ox * stride[1] + kx * dilation[1] - pad[1];
              if (iy < 0 || ix < 0 || iy >= input[0] || ix >= input[1]) continue;
              const xi = ((n * input[0] + iy) * input[1] + ix) * channels + c;
              const wi = (ky * filter[1] + kx) * channels + c;
              const sum = Math.fround(x[xi]! + w[wi]!);
              if (sum > best) [best, bestX, bestW] = [sum, xi, wi];
            }
          const yi = ((n * output[0] + oy) * output[1] + ox) * channels + c;
          y[yi] = best;
          dx[bestX]! += dy[yi]!;
          dw[bestW]! += dy[yi]!;
        }
  return { y, dx, dw };
}

suite('grayscale dilation on wasm', () => {
  beforeAll(() => wasm.use());

  it.each([false, true])('and both gradients are those of the definition, 200 shapes (ties: %s)', (ties) => {
    const random = numbers(89).next;
    const make = (shape: readonly number[]) =>
      Float32Array.from(
        { length: size(shape) },
        () => (ties ? Math.floor(random() * 5) / 4 : random() * 2) - 3,
      );
    const wrong: string[] = [];
    for (const one of cases(200)) {
      const xShape = [one.batch, ...one.input, one.channels];
      const wShape = [...one.filter, one.channels];
      const yShape = [one.batch, ...one.output, one.channels];
      const [x, w, dy] = [make(xShape), make(wShape), make(yShape)];
      const wanted = reference(one, x!, w!, dy!);
      const errors = tf.tidy(() => {
        const f = (a: tf.Tensor, b: tf.Tensor) =>
          tf.dilation2d(a as tf.Tensor4D, b as tf.Tensor3D, one.stride, one.padding, one.dilation);
        const [xs, ws] = [tf.tensor(x!, xShape), tf.tensor(w!, wShape)];
        const [dx, dw] = tf.grads(f)([xs, ws], tf.tensor(dy!, yShape));
        return [
          maxRelativeError(f(xs, ws).dataSync(), wanted.y),
          maxRelativeError(dx!.dataSync(), wanted.dx),
          maxRelativeError(dw!.dataSync(), wanted.dw),
        ];
      });
      if (!(Math.max(...errors) < 1e-6)) wrong.push(`${JSON.stringify(one)}: ${errors}`);
    }
    expect(wrong).toEqual([]);
  });

  it('has the gradient of finite differences where no sums are near each other', () => {
    const x = Float32Array.from({ length: 4 * 5 }, (_, i) => ((i * 7) % 20) / 4);
    const w = tf.tensor3d([0, 0.1, 0, 0.05], [2, 2, 1]);
    const f = (xs: tf.Tensor) =>
      tf.sum(
        tf.square(tf.dilation2d(tf.reshape(xs, [1, 4, 5, 1]) as tf.Tensor4D, w, 1, 'same')),
      ) as tf.Scalar;
    const wanted = finiteDifferenceGradient((at) => tf.tidy(() => f(tf.tensor1d(at)).dataSync()[0]!), x);
    expect(maxRelativeError(tf.grad(f)(tf.tensor1d(x)).dataSync(), wanted)).toBeLessThan(1e-3);
  });

  it('leaves no tensor behind, and says what it wants', () => {
    const [x, w] = [tf.ones([1, 4, 4, 2]), tf.ones([2, 2, 2])] as [tf.Tensor4D, tf.Tensor3D];
    const run = () =>
      tf.grads((a, b) => tf.dilation2d(a as tf.Tensor4D, b as tf.Tensor3D, 1, 'same'))([x, w]);
    expect(tensorLeaks(run)).toBe(0);
    const ints = [tf.cast(x, 'int32'), tf.cast(w, 'int32')] as [tf.Tensor4D, tf.Tensor3D];
    expect(() => tf.dilation2d(...ints, 1, 'same')).toThrow(/wanted x to be float32, got int32/);
  });
});
