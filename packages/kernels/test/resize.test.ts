import { expect, it } from '@jest/globals';
import '@segloss/kernels/cpu';
import '@segloss/kernels/wasm';
import {
  describeEachBackend,
  finiteDifferenceGradient,
  maxRelativeError,
  numbers,
  tensorLeaks,
} from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

type Convention = 'plain' | 'alignCorners' | 'halfPixelCenters';
const conventions: readonly Convention[] = ['plain', 'alignCorners', 'halfPixelCenters'];

interface Case {
  batch: number;
  from: [number, number];
  to: [number, number];
  channels: number;
}

function cases(count: number, seed: number): Case[] {
  const { pick } = numbers(seed);
  const sizes = [1, 2, 3, 4, 5, 7, 8, 13, 16, 21, 37];
  return Array.from({ length: count }, () => ({
    batch: pick([1, 2, 3]),
    from: [pick(sizes), pick(sizes)],
    to: [pick(sizes), pick(sizes)],
    channels: pick([1, 2, 3, 4, 5, 8, 19]),
  }));
}

/** Where place i of `to` lies among `from`; of nearest neighbors half a place further with half-pixel centers. */
function place(i: number, from: number, to: number, convention: Convention, nearest: boolean): number {
  if (convention === 'alignCorners' && to > 1) return (i * (from - 1)) / (to - 1);
  if (convention === 'halfPixelCenters') return ((i + 0.5) * from) / to - (nearest ? 0 : 0.5);
  return (i * from) / to;
}

/** The weights of `from` values in each of `to`: a matrix. */
function weights(from: number, to: number, convention: Convention, nearest: boolean): Float64Array[] {
  const clamp = (i: number) => Math.min(from - 1, Math.max(0, i));
  return Array.from({ length: to }, (_, i) => {
    const row = new Float64Array(from);
    const at = place(i, from, to, convention, nearest);
    const below = Math.floor(at);
    if (nearest) row[clamp(convention === 'alignCorners' ? Math.floor(at + 0.5) : below)] = 1;
    else {
      row[clamp(below)]! += 1 - (at - below);
      row[clamp(below + 1)]! += at - below;
    }
    return row;
  });
}

/** y = rows x columns, for each image and channel, and the transpose of that. */
function reference(one: Case, convention: Convention, nearest: boolean, x: Float32Array, dy: Float32Array) {
  const { batch, from, to, channels } = one;
  const rows = weights(from[0], to[0], convention, nearest);
  const columns = weights(from[1], to[1], convention, nearest);
  const y = new Float64Array(dy.length);
  const dx = new Float64Array(x.length);
  for (let n = 0; n < batch; n++)
    for (let oy = 0; oy < to[0]; oy++)
      for (let iy = 0; iy < from[0]; iy++) {
        if (rows[oy]![iy] === 0) continue;
        for (let ox = 0; ox < to[1]; ox++)
          for (let ix = 0; ix < from[1]; ix++) {
            const weight = rows[oy]![iy]! * columns[ox]![ix]!;
            if (weight === 0) continue;
            for (let c = 0; c < channels; c++) {
              const at = ((n * from[0] + iy) * from[1] + ix) * channels + c;
              const out = ((n * to[0] + oy) * to[1] + ox) * channels + c;
              y[out]! += weight * x[at]!;
              dx[at]! += weight * dy[out]!;
            }
          }
      }
  return { y, dx };
}

describeEachBackend('resizing', () => {
  const kinds = conventions.flatMap((convention) => [
    { convention, nearest: false, name: 'resizeBilinear' },
    { convention, nearest: true, name: 'resizeNearestNeighbor' },
  ]);

  it.each(kinds)('$name, $convention, and its gradient are those of the definition, 100 shapes', (kind) => {
    const { convention, nearest } = kind;
    const random = numbers(71).next;
    const resize = nearest ? tf.image.resizeNearestNeighbor : tf.image.resizeBilinear;
    const wrong: string[] = [];
    for (const one of cases(100, 73)) {
      const { batch, from, to, channels } = one;
      const x = Float32Array.from({ length: batch * from[0] * from[1] * channels }, () => random() * 2 - 1);
      const dy = Float32Array.from({ length: batch * to[0] * to[1] * channels }, () => random() * 2 - 1);
      const wanted = reference(one, convention, nearest, x, dy);
      const errors = tf.tidy(() => {
        const f = (a: tf.Tensor) => resize(a as tf.Tensor4D, to, convention === 'alignCorners', convention === 'halfPixelCenters'); // prettier-ignore
        const images = tf.tensor(x, [batch, ...from, channels]);
        const dx = tf.grad(f)(images, tf.tensor(dy, [batch, ...to, channels]));
        return [maxRelativeError(f(images).dataSync(), wanted.y), maxRelativeError(dx.dataSync(), wanted.dx)];
      });
      if (!(Math.max(...errors) < 2e-6)) wrong.push(`${JSON.stringify(one)}: ${errors}`);
    }
    expect(wrong).toEqual([]);
  });

  it('resizeBilinear has the gradient of finite differences, with half-pixel centers', () => {
    const random = numbers(79).next;
    const x = Float32Array.from({ length: 5 * 4 * 2 }, () => random() - 0.5);
    const f = (xs: tf.Tensor) => {
      const image = tf.reshape(xs, [1, 5, 4, 2]) as tf.Tensor4D;
      return tf.sum(tf.square(tf.image.resizeBilinear(image, [9, 7], false, true))) as tf.Scalar;
    };
    const wanted = finiteDifferenceGradient((at) => tf.tidy(() => f(tf.tensor1d(at)).dataSync()[0]!), x);
    expect(maxRelativeError(tf.grad(f)(tf.tensor1d(x)).dataSync(), wanted)).toBeLessThan(1e-3);
  });

  it('nearest neighbors of class indices are class indices', () => {
    const labels = tf.tensor4d([0, 1, 255, 3], [1, 2, 2, 1], 'int32');
    const larger = tf.image.resizeNearestNeighbor(labels, [4, 4]);
    expect(larger.dtype).toBe('int32');
    expect(Array.from(larger.dataSync())).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 255, 255, 3, 3, 255, 255, 3, 3]);
  });

  it('leaves no tensor behind', () => {
    const x = tf.ones([1, 4, 4, 2]) as tf.Tensor4D;
    for (const resize of [tf.image.resizeBilinear, tf.image.resizeNearestNeighbor])
      expect(tensorLeaks(() => tf.grad((a) => resize(a as tf.Tensor4D, [7, 7], false, true))(x))).toBe(0);
  });
});
