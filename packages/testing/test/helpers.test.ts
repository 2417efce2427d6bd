import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import {
  allClose,
  backends,
  describeEachBackend,
  finiteDifferenceGradient,
  goldenFile,
  maxRelativeError,
  tensorLeaks,
} from '../src/index.js';

describe('number helpers', () => {
  it('calls numbers close within the tolerance only', () => {
    expect(allClose([1, NaN, Infinity], [1.000001, NaN, Infinity])).toBe(true);
    expect(allClose([1], [1.001])).toBe(false);
    expect(allClose([NaN], [1])).toBe(false);
    expect(() => allClose([1], [1, 2])).toThrow(new RangeError('allClose: wanted 2 numbers, got 1'));
  });

  it('measures an error against the largest expected number, or the floor', () => {
    expect(maxRelativeError([1, 2.2], [1, 2])).toBeCloseTo(0.1);
    expect(maxRelativeError([1e-4], [0])).toBeCloseTo(0.1);
    expect(maxRelativeError([NaN], [0])).toBe(Infinity);
  });

  it('differentiates numerically', () => {
    expect(finiteDifferenceGradient(([x = 0, y = 0]) => x * x * y, [3, 2])).toEqual([12, 9]);
  });
});

describe('tensor leaks', () => {
  it('counts what stays, not the result', async () => {
    expect(tensorLeaks(() => tf.scalar(1))).toBe(0);
    expect(tensorLeaks(() => tf.square(tf.square(tf.scalar(2))))).toBe(2);
    expect(await tensorLeaks(async () => tf.scalar(1))).toBe(0);
  });
});

describe('golden vectors', () => {
  it('are undefined where there is no such file', () => {
    expect(goldenFile('no-such-library')).toBeUndefined();
  });
});

it('tests on cpu and wasm', () => {
  expect(backends.map((backend) => backend.name)).toEqual(['cpu', 'wasm']);
});

describeEachBackend('a convolution', (backend) => {
  it('runs on the backend that was asked for', () => {
    expect(tf.getBackend()).toBe(backend.name);
    const image = tf.ones<tf.Rank.R4>([1, 3, 3, 1]);
    const sums = tf.conv2d(image, tf.ones<tf.Rank.R4>([2, 2, 1, 1]), 1, 'valid');
    expect(Array.from(sums.dataSync())).toEqual([4, 4, 4, 4]);
  });
});
