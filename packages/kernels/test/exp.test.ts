import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
suite('tf.exp on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  const expOf = (x: Float32Array) => tf.tidy(() => tf.exp(tf.tensor1d(x)).dataSync() as Float32Array);

  it('agrees with Math.exp to 1.3e-7, from the smallest to the largest numbers', () => {
    const { next } = numbers(7);
    const x = Float32Array.from({ length: 70_001 }, (_, i) =>
      i % 2 ? -87.3 + 175.9 * next() : (2 * next() - 1) * 2 ** (i % 8),
    );
    const wrong = Array.from(expOf(x)).flatMap((value, i) => {
      const wanted = Math.exp(x[i]!);
      // Below 2^-126 numbers have fewer digits.
      return wanted > 3.4028235e38 || Math.abs(value - wanted) <= 1.3e-7 * wanted + 2 ** -149
        ? []
        : [[x[i], value, wanted]];
    });
    expect(wrong).toEqual([]);
  });

  it('keeps NaN, infinities, zeros and what is too large or too small', () => {
    const x = [NaN, Infinity, -Infinity, 0, -0, 88.8, 1000, -103, -105, -1000];
    expect(Array.from(expOf(Float32Array.from(x)))).toEqual(
      [NaN, Infinity, 0, 1, 1, Infinity, Infinity, 2 ** -149, 0, 0], // prettier-ignore
    );
  });

  it.each([1, 3, 4, 5, 65_535, 65_537])('of %i numbers leaves none out', (length) => {
    const x = Float32Array.from({ length }, (_, i) => Math.log(1 + (i % 50)));
    expect(Array.from(expOf(x), (value, i) => Math.abs(value - 1 - (i % 50)) < 1e-4).every(Boolean)).toBe(
      true,
    );
  });
});
