// What a training step is made of, against plain float64 loops: 3 x 3 convolutions in all three directions, batch normalization
// of a batch, means, ReLU; and the module with fused multiply-adds against the one without.
import { setFlagsFromString } from 'node:v8';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { batchNormOfBatch } from '@segloss/kernels';
import { backends, numbers, tensorLeaks } from '@segloss/testing';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

import { RELAXED_KERNELS_BASE64 } from '../src/generated/kernels-relaxed';
import { KERNELS_BASE64 } from '../src/generated/kernels';
import { type KernelModule } from '../src/wasm/memory/module';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

interface Case {
  batch: number;
  height: number;
  width: number;
  inputs: number;
  outputs: number;
  pad: 'same' | 'valid' | 1 | 2;
}

/** Sums of products in float64, by the definition of a 3 x 3 convolution without stride. */
function reference(one: Case, x: Float32Array, w: Float32Array, dy: (length: number) => Float32Array) {
  const { batch, height, width, inputs, outputs, pad } = one;
  const before = pad === 'same' ? 1 : pad === 'valid' ? 0 : pad;
  const [rows, columns] = [height + 2 * before - 2, width + 2 * before - 2];
  const y = new Float64Array(batch * rows * columns * outputs);
  const g = dy(y.length);
  const [dx, dw] = [new Float64Array(x.length), new Float64Array(w.length)];
  for (let n = 0; n < batch; n++)
    for (let oy = 0; oy < rows; oy++)
      for (let ox = 0; ox < columns; ox++)
        for (let tap = 0; tap < 9; tap++) {
          const [iy, ix] = [oy + Math.floor(tap / 3) - before, ox + (tap % 3) - before];
          if (iy < 0 || ix < 0 || iy >= height || ix >= width) continue;
          for (let ci = 0; ci < inputs; ci++)
            for (let co = 0; co < outputs; co++) {
              const xi = ((n * height + iy) * width + ix) * inputs + ci;
              const wi = (tap * inputs + ci) * outputs + co;
              const yi = ((n * rows + oy) * columns + ox) * outputs + co;
              y[yi]! += x[xi]! * w[wi]!;
              dx[xi]! += g[yi]! * w[wi]!;
              dw[wi]! += g[yi]! * x[xi]!;
            }
        }
  return { y, dx, dw, g, shape: [batch, rows, columns, outputs] as [number, number, number, number] };
}

function apart(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [off, largest] = [0, 1];
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    largest = Math.max(largest, Math.abs(wanted[i]!));
    const each = Math.abs(got[i]! - wanted[i]!);
    off = each > off || Number.isNaN(each) ? each : off;
  }
  return off / largest;
}

suite('a training step on wasm', () => {
  beforeAll(() => wasm.use());

  it('has 3 x 3 convolutions and both their gradients as float64 sums, in 120 shapes', () => {
    const { next: random, pick } = numbers(3);
    const make = (length: number) => Float32Array.from({ length }, () => random() * 2 - 1);
    const wrong: string[] = [];
    for (let i = 0; i < 120; i++) {
      const one: Case = {
        batch: pick([1, 2, 3]),
        height: pick([1, 2, 3, 4, 5, 7, 11, 16, 21]),
        width: pick([1, 2, 3, 4, 5, 7, 13, 16, 23]),
        inputs: pick([8, 12, 16, 20, 24, 32, 3, 9]),
        outputs: pick([8, 12, 16, 20, 24, 32, 40, 10]),
        pad: pick(['same', 'same', 'valid', 1, 2] as const),
      };
      if (one.pad === 'valid' && Math.min(one.height, one.width) < 3) continue;
      const x = make(one.batch * one.height * one.width * one.inputs);
      const w = make(9 * one.inputs * one.outputs);
      const bias = make(one.outputs);
      const { y, dx, dw, g, shape } = reference(one, x, w, make);
      const image = tf.tensor4d(x, [one.batch, one.height, one.width, one.inputs]);
      const filter = tf.tensor4d(w, [3, 3, one.inputs, one.outputs]);
      const rounding = typeof one.pad === 'number' ? ('floor' as const) : undefined;
      const conv = (a: tf.Tensor, b: tf.Tensor) =>
        tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, one.pad, 'NHWC', 1, rounding);
      const grads = tf.grads(conv)([image, filter], tf.tensor4d(g, shape));
      const fused = tf.fused.conv2d({
        x: image,
        filter,
        strides: 1,
        pad: one.pad,
        bias: tf.tensor1d(bias),
        activation: 'relu',
        ...(rounding && { dimRoundingMode: rounding }),
      });
      const activated = y.map((value, at) => Math.max(0, value + bias[at % one.outputs]!));
      const off = {
        forward: apart(conv(image, filter).dataSync(), y),
        'bias and ReLU': apart(fused.dataSync(), activated),
        dx: apart(grads[0]!.dataSync(), dx),
        dw: apart(grads[1]!.dataSync(), dw),
      };
      for (const [name, value] of Object.entries(off)) {
        if (!(value <= 5e-6)) wrong.push(`${JSON.stringify(one)}: ${name} off by ${value}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('shows a NaN of the image in the result', () => {
    const image = tf.tensor4d(new Float32Array(6 * 6 * 8).fill(NaN), [1, 6, 6, 8]);
    const y = tf.fused.conv2d({
      x: image,
      filter: tf.ones([3, 3, 8, 8]),
      strides: 1,
      pad: 'same',
      activation: 'relu',
    });
    expect(y.dataSync()[0]).toBeNaN();
  });

  it.each([
    [2, 3, 5, 'linear'],
    [1, 1, 1, 'linear'],
    [1, 1, 1, 'relu'],
    [3, 7, 8, 'relu'],
    [2, 11, 19, 'linear'],
    [2, 11, 19, 'relu'],
    [2, 97, 8, 'relu'],
  ] as const)(
    'normalizes a batch of %i images, size %i, %i channels, %s as float64 does',
    (batch, size, channels, activation) => {
      // prettier-ignore
      const random = numbers(29).next;
      const rows = batch * size * size;
      const make = (length: number, shift = 0) =>
        Float32Array.from({ length }, () => random() * 2 - 1 + shift);
      const [x, dy, scale, offset] = [
        make(rows * channels, 3),
        make(rows * channels),
        make(channels, 2),
        make(channels),
      ];
      const shape: [number, number, number, number] = [batch, size, size, channels];
      const f = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
        batchNormOfBatch(a, b as tf.Tensor1D, c as tf.Tensor1D, 1e-3, activation).output;
      const given = [tf.tensor4d(x, shape), tf.tensor1d(scale), tf.tensor1d(offset)];
      const [dx, dScale, dOffset] = tf
        .grads(f)(given, tf.tensor4d(dy, shape))
        .map((grad) => grad.dataSync());
      const { output, mean, variance } = batchNormOfBatch(
        tf.tensor4d(x, shape),
        tf.tensor1d(scale),
        tf.tensor1d(offset),
        1e-3,
        activation,
      );
      const wanted = {
        y: new Float64Array(x.length),
        dx: new Float64Array(x.length),
        dScale: new Float64Array(channels),
        dOffset: new Float64Array(channels),
        mean: new Float64Array(channels),
        variance: new Float64Array(channels),
      };
      for (let c = 0; c < channels; c++) {
        const at = Array.from({ length: rows }, (_, r) => r * channels + c);
        const average = (value: (i: number) => number) => at.reduce((sum, i) => sum + value(i), 0) / rows;
        const m = (wanted.mean[c] = average((i) => x[i]!));
        const inverse = 1 / Math.sqrt((wanted.variance[c] = average((i) => (x[i]! - m) ** 2)) + 1e-3);
        const normal = (i: number) => (x[i]! - m) * inverse;
        const y = (i: number) => normal(i) * scale[c]! + offset[c]!;
        const passed = (i: number) => (activation === 'linear' || y(i) > 0 ? dy[i]! : 0);
        const [onOffset, onScale] = [average(passed), average((i) => passed(i) * normal(i))];
        wanted.dOffset[c] = onOffset * rows;
        wanted.dScale[c] = onScale * rows;
        for (const i of at) {
          wanted.y[i] = activation === 'linear' ? y(i) : Math.max(0, y(i));
          wanted.dx[i] = scale[c]! * inverse * (passed(i) - onOffset - normal(i) * onScale);
        }
      }
      expect(apart(output.dataSync(), wanted.y)).toBeLessThan(3e-6);
      expect(apart(mean.dataSync(), wanted.mean)).toBeLessThan(1e-6);
      expect(apart(variance.dataSync(), wanted.variance)).toBeLessThan(1e-6);
      expect(apart(dx!, wanted.dx)).toBeLessThan(1e-5);
      expect(apart(dScale!, wanted.dScale)).toBeLessThan(3e-6);
      expect(apart(dOffset!, wanted.dOffset)).toBeLessThan(3e-6);
    },
  );

  it('normalizes through its mean and variance too, and says what shapes it wants', () => {
    const x = tf.tensor2d([
      [1, 2],
      [4, -1],
      [0, 3],
    ]);
    const scale = tf.ones([2]) as tf.Tensor1D;
    const ours = (a: tf.Tensor) => {
      const { mean, variance } = batchNormOfBatch(a, scale, scale);
      return tf.sum(tf.mul(mean, variance));
    };
    const composed = (a: tf.Tensor) => {
      const { mean, variance } = tf.moments(a, [0]);
      return tf.sum(tf.mul(mean, variance));
    };
    expect(apart(tf.grad(ours)(x).dataSync(), tf.grad(composed)(x).dataSync())).toBeLessThan(1e-5);
    expect(() => batchNormOfBatch(x, scale, scale, 1e-3, 'tanh' as 'relu')).toThrow(
      /activation 'linear' \| 'relu', got "tanh"/,
    );
    expect(() => batchNormOfBatch(x, tf.ones([3]), scale)).toThrow(
      /wanted x \[..., channels\].*got x \[3,2\]/,
    );
  });

  it('averages rows without drift, with the gradient of a mean, and casts and rectifies', () => {
    const x = tf.tensor3d(
      Float32Array.from({ length: 300_000 }, (_, i) => (i % 2 ? 1000.1 : -0.3)),
      [3, 50_000, 2],
    );
    expect(apart(tf.mean(x, [0, 1]).dataSync(), [Math.fround(-0.3), Math.fround(1000.1)])).toBeLessThan(1e-7);
    expect(tf.mean(x, [0, 1], true).shape).toEqual([1, 1, 2]);
    expect([
      ...tf
        .grad((a) => tf.sum(tf.mul(tf.mean(a, 0), tf.tensor1d([2, 8]))))(tf.ones([4, 2]))
        .dataSync(),
    ]).toEqual([0.5, 2, 0.5, 2, 0.5, 2, 0.5, 2]);
    expect([
      ...tf
        .grad((a) => tf.sum(tf.relu(a)))(tf.tensor1d([-1, 0, 2, 3, -4]))
        .dataSync(),
    ]).toEqual([0, 0, 1, 1, 0]);
    expect([...tf.cast(tf.tensor1d([1.9, -1.9]), 'int32').dataSync()]).toEqual([1, -1]);
    const own = tf.tensor1d([5]);
    const same = tf.cast(own, 'float32');
    own.dispose();
    expect(same.dataSync()[0]).toBe(5);
  });

  it('leaves no tensor behind', () => {
    const x = tf.randomNormal([1, 6, 6, 8]);
    const step = (a: tf.Tensor) =>
      tf.sum(
        tf.relu(
          batchNormOfBatch(
            tf.conv2d(a as tf.Tensor4D, tf.ones([3, 3, 8, 8]), 1, 'same'),
            tf.ones([8]),
            tf.ones([8]),
          ).output,
        ),
      );
    expect(tensorLeaks(() => tf.tidy(() => void tf.grad(step)(x)))).toBe(0);
  });
});

describe('the module with fused multiply-adds', () => {
  // Node 20 has relaxed SIMD behind a flag, later ones have it on.
  const flagged = !WebAssembly.validate(Buffer.from(RELAXED_KERNELS_BASE64, 'base64'));
  beforeAll(() => void (flagged && setFlagsFromString('--experimental-wasm-relaxed-simd')));
  afterAll(() => void (flagged && setFlagsFromString('--no-experimental-wasm-relaxed-simd')));

  it('gives what the other gives', () => {
    const bytes = Buffer.from(RELAXED_KERNELS_BASE64, 'base64');
    expect(WebAssembly.validate(bytes)).toBe(true);
    const results = [bytes, Buffer.from(KERNELS_BASE64, 'base64')].map((module) => {
      const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536 });
      const kernels = new WebAssembly.Instance(new WebAssembly.Module(module), { env: { memory } })
        .exports as unknown as KernelModule;
      const [x, w, out, transformed, scratch] = [1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20] as [
        number,
        number,
        number,
        number,
        number,
      ];
      const random = numbers(41).next;
      const image = new Float32Array(memory.buffer, x, 7 * 7 * 8);
      image.set(image.map(() => random() * 2 - 1));
      const filter = new Float32Array(memory.buffer, w, 9 * 8 * 8);
      filter.set(filter.map(() => random() * 2 - 1));
      kernels.transformFilters(4, w, transformed, 1, 8, 8, 0, scratch, 0, 2);
      const sizes = [1, 7, 7, 8, 7, 7, 8, 1, 1] as const;
      const flat = [1, 1, 7, 7, 8, 1, 1, 1, 7, 7, 8, 0, 1, 1] as const;
      kernels.winogradConvolution(4, x, transformed, 0, out, ...flat, -Infinity, scratch, 0, 1);
      const forward = new Float32Array(memory.buffer, out, 7 * 7 * 8).slice();
      kernels.conv2dFilterGradient(x, x, out, 1, ...sizes.slice(0, 7), 3, 3, 1, 1, 1, 1, 1, 1, scratch, 0, 1);
      return [...forward, ...new Float32Array(memory.buffer, out, 9 * 8 * 8)];
    });
    expect(results[0]!.some((value) => value !== 0)).toBe(true);
    expect(apart(results[0]!, results[1]!)).toBeLessThan(1e-6);
  });
});
