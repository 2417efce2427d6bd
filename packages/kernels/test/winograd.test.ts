import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends, maxRelativeError, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { convolution, samePadding, size, type Sizes } from './convolution.js';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

const ONES = [1, 1, 1] as const;
type Triple = readonly [number, number, number];

/** A convolution with 3 x 3 taps in a plane, and `taps` in depth. */
function sizes(
  batch: number,
  input: Triple,
  taps: number,
  [inputs, outputs]: readonly [number, number],
  padding: 'same' | 'valid',
): Sizes & { padding: 'same' | 'valid' } {
  const filter = [taps, 3, 3] as const;
  const alongAxes = (f: (axis: 0 | 1 | 2) => number): Triple => [f(0), f(1), f(2)];
  const same = padding === 'same';
  const output = alongAxes((axis) => (same ? input[axis] : input[axis] - filter[axis] + 1));
  const pad = alongAxes((axis) => (same ? samePadding(input[axis], filter[axis], 1, 1) : 0));
  return { batch, input, inputs, output, outputs, filter, stride: ONES, dilation: ONES, pad, padding };
}

/** The largest errors of a convolution and of both its gradients against float64 sums. */
function errorsOf(one: ReturnType<typeof sizes>, random: () => number): number[] {
  const make = (length: number) => Float32Array.from({ length }, () => random() * 2 - 1);
  const flat = one.filter[0] === 1 && one.input[0] === 1;
  const spatial = (triple: Triple) => (flat ? triple.slice(1) : triple);
  const xShape = [one.batch, ...spatial(one.input), one.inputs];
  const wShape = [...spatial(one.filter), one.inputs, one.outputs];
  const yShape = [one.batch, ...spatial(one.output), one.outputs];
  const [x, w, dy] = [make(size(xShape)), make(size(wShape)), make(size(yShape))] as const;
  const wanted = convolution(one, x, w, dy);
  return tf.tidy(() => {
    const f = (a: tf.Tensor, b: tf.Tensor) =>
      flat
        ? tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, one.padding)
        : tf.conv3d(a as tf.Tensor5D, b as tf.Tensor5D, 1, one.padding);
    const given = [tf.tensor(x, xShape), tf.tensor(w, wShape)];
    const [dx, dw] = tf.grads(f)(given, tf.tensor(dy, yShape)) as [tf.Tensor, tf.Tensor];
    const y = f(given[0]!, given[1]!);
    return [
      maxRelativeError(y.dataSync(), wanted.y),
      maxRelativeError(dx.dataSync(), wanted.dx),
      maxRelativeError(dw.dataSync(), wanted.dw),
    ];
  });
}

suite("convolutions and gradients by Winograd's algorithm on wasm", () => {
  beforeAll(() => wasm.use());

  it.each([0, 1, 2, 3])('are those of float64 sums, part %i of 160 shapes of planes and volumes', (part) => {
    const { pick, next } = numbers(43 + part);
    const wrong: string[] = [];
    for (let made = 0; made < 40;) {
      const [depth, taps] = pick([[1, 1], [1, 3], [2, 2], [3, 3], [5, 3], [9, 3], [4, 1], [7, 5]] as const); // prettier-ignore
      const input = [depth, pick([1, 2, 3, 4, 5, 7, 8, 11, 18]), pick([1, 3, 4, 6, 9, 14, 21])] as const;
      const channels = [pick([8, 12, 16, 20, 36]), pick([8, 12, 16, 28])] as const;
      const padding = pick(['same', 'same', 'valid'] as const);
      if (padding === 'valid' && (depth < taps || Math.min(input[1], input[2]) < 3)) continue;
      const one = sizes(pick([1, 2, 3]), input, taps, channels, padding);
      if (one.batch * size(one.output) * size(one.filter) * one.inputs * one.outputs > 1e7) continue;
      made++;
      const errors = errorsOf(one, next);
      if (!(Math.max(...errors) < 5e-6)) wrong.push(`${JSON.stringify(one)}: ${errors}`);
    }
    expect(wrong).toEqual([]);
  });

  // Beyond 4 MiB of transformed tiles the gradient of the filter is a sum over blocks of tiles.
  it.each([
    ['a plane', sizes(1, [1, 170, 170], 1, [8, 20], 'same')],
    ['a volume', sizes(1, [5, 112, 112], 3, [8, 8], 'same')],
  ])('are those of float64 sums where there are many tiles: %s', (_, one) => {
    expect(Math.max(...errorsOf(one, numbers(5).next))).toBeLessThan(5e-6);
  });
});
