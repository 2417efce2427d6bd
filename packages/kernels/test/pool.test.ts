import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends, maxRelativeError, numbers, tensorLeaks } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import { eachPlace, samePadding, size } from './convolution.js';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

type Triple = [number, number, number];
type Pad = 'same' | 'valid' | number;

/** Shapes of pooling over three axes, or (`flat`) two: the first is then 1. */
function cases(count: number, flat: boolean) {
  const { pick } = numbers(flat ? 53 : 59);
  const triple = (items: readonly number[]): Triple => [flat ? 1 : pick(items), pick(items), pick(items)];
  const made = [];
  while (made.length < count) {
    const input = triple([1, 2, 3, 4, 5, 7, 8, 13]);
    const filter = triple([1, 2, 2, 3, 5]);
    const stride = triple([1, 2, 2, 3]);
    const padding = pick<Pad>(['same', 'same', 'valid', 1]);
    const beside = typeof padding === 'number' ? padding : 0;
    const pad = input.map((value, axis) =>
      flat && axis === 0 ? 0 : padding === 'same' ? samePadding(value, filter[axis]!, stride[axis]!, 1) : beside,
    ) as Triple; // prettier-ignore
    const output = input.map((value, axis) =>
      padding === 'same' ? Math.ceil(value / stride[axis]!) : Math.floor((value + 2 * pad[axis]! - filter[axis]!) / stride[axis]!) + 1,
    ) as Triple; // prettier-ignore
    // A window beside the image has no largest value and no mean.
    const within = filter.every((taps, axis) => taps > beside || (flat && axis === 0));
    if (within && Math.min(...output) > 0) made.push({ batch: pick([1, 2, 3]), channels: pick([1, 2, 3, 4, 5, 8, 11]), input, filter, stride, padding, pad, output }); // prettier-ignore
  }
  return made;
}

/** Largest values or means of windows, and their gradients, by the definition. */
function pooling(one: ReturnType<typeof cases>[number], x: Float32Array, dy: Float32Array) {
  const { batch, channels, input, filter, stride, pad, output } = one;
  const results = {
    max: new Float64Array(dy.length),
    maxGradient: new Float64Array(x.length),
    mean: new Float64Array(dy.length),
    meanGradient: new Float64Array(x.length),
  };
  for (let n = 0; n < batch; n++)
    eachPlace(output, (o) => {
      for (let c = 0; c < channels; c++) {
        const places: number[] = [];
        eachPlace(filter, (k) => {
          const i = o.map((value, axis) => value * stride[axis]! + k[axis]! - pad[axis]!);
          if (i.some((value, axis) => value < 0 || value >= input[axis]!)) return;
          places.push((((n * input[0] + i[0]!) * input[1] + i[1]!) * input[2] + i[2]!) * channels + c);
        });
        const to = (((n * output[0] + o[0]!) * output[1] + o[1]!) * output[2] + o[2]!) * channels + c;
        const largest = Math.max(...places.map((at) => x[at]!));
        results.max[to] = largest;
        results.maxGradient[places.find((at) => x[at] === largest)!]! += dy[to]!;
        for (const at of places) {
          results.mean[to]! += x[at]! / places.length;
          results.meanGradient[at]! += dy[to]! / places.length;
        }
      }
    });
  return results;
}

function mistakes(flat: boolean, part: number): string[] {
  const random = numbers(61 + part).next;
  return cases(200, flat).filter((_, i) => i % 4 === part).flatMap((one) => {
    const { batch, channels, input, output, filter, stride, padding } = one;
    const from = flat ? 1 : 0;
    const xShape = [batch, ...input.slice(from), channels];
    const yShape = [batch, ...output.slice(from), channels];
    // All below zero, and few different values: with ties.
    const x = Float32Array.from({ length: size(xShape) }, () => Math.floor(random() * 9) / 4 - 3);
    const dy = Float32Array.from({ length: size(yShape) }, () => random() * 2 - 1);
    const wanted = pooling(one, x, dy);
    const rounding = typeof padding === 'number' ? ('floor' as const) : undefined;
    const [k, s] = [filter.slice(from), stride.slice(from)] as [Triple, Triple];
    const operations = (flat ? [tf.maxPool, tf.avgPool] : [tf.maxPool3d, tf.avgPool3d]) as unknown as (typeof tf.maxPool3d)[];
    return operations.flatMap((pool, i) => {
      const errors = tf.tidy(() => {
        const f = (a: tf.Tensor) => pool(a as tf.Tensor5D, k, s, padding, rounding);
        const y = f(tf.tensor(x, xShape));
        if (y.shape.join() !== yShape.join()) return [Infinity];
        const dx = tf.grad(f)(tf.tensor(x, xShape), tf.tensor(dy, yShape));
        return [
          maxRelativeError(y.dataSync(), i === 0 ? wanted.max : wanted.mean),
          maxRelativeError(dx.dataSync(), i === 0 ? wanted.maxGradient : wanted.meanGradient),
        ];
      });
      return Math.max(...errors) < 1e-6 ? [] : [`${i === 0 ? 'max' : 'mean'} ${JSON.stringify(one)}: ${errors}`];
    });
  });
} // prettier-ignore

suite('pooling on wasm', () => {
  beforeAll(() => wasm.use());

  it.each([0, 1, 2, 3])('over three axes and its gradients are those of the definition, part %i of 200 shapes', (part) =>
    expect(mistakes(false, part)).toEqual([])); // prettier-ignore

  it.each([0, 1, 2, 3])('over two axes and its gradients are those of the definition, part %i of 200 shapes', (part) =>
    expect(mistakes(true, part)).toEqual([])); // prettier-ignore

  it('leaves no tensor behind, and says what it wants', () => {
    const x = tf.ones([1, 4, 4, 4, 2]) as tf.Tensor5D;
    expect(tensorLeaks(() => tf.grad((a) => tf.maxPool3d(a as tf.Tensor5D, 2, 2, 'same'))(x))).toBe(0);
    expect(() => tf.maxPool3d(tf.cast(x, 'int32'), 2, 2, 'same')).toThrow(
      /wanted x to be float32, got int32/,
    );
  });
});
