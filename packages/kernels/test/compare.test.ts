import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

type Compared = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
const COMPARISONS: readonly (readonly [string, Compared, (a: number, b: number) => boolean])[] = [
  ['equal', tf.equal, (a, b) => a === b],
  ['notEqual', tf.notEqual, (a, b) => a !== b],
  ['less', tf.less, (a, b) => a < b],
  ['lessEqual', tf.lessEqual, (a, b) => a <= b],
  ['greater', tf.greater, (a, b) => a > b],
  ['greaterEqual', tf.greaterEqual, (a, b) => a >= b],
];

const LENGTHS = [1, 3, 8, 15, 16, 17, 47, 65_536, 65_555];

/** Few different values, so that many are equal; float32 ones with infinities, NaN and both zeros. */
function valuesOf(length: number, dtype: 'float32' | 'int32', seed: number): number[] {
  const { pick } = numbers(seed);
  const whole = [-2_147_483_648, -2, -1, 0, 1, 2, 16_777_217, 2_147_483_647];
  const some = dtype === 'int32' ? whole : [-Infinity, -1.5, -0, 0, 0.25, 1e-40, 3, Infinity, NaN];
  return Array.from({ length }, () => pick(some));
}

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
suite('comparisons on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  it.each(COMPARISONS)(
    '%s agrees with JavaScript, for two tensors and for a tensor and a number',
    (_, op, wanted) => {
      const wrong: string[] = [];
      for (const dtype of ['float32', 'int32'] as const) {
        for (const [i, length] of LENGTHS.entries()) {
          for (const [sizeA, sizeB] of [
            [length, length],
            [length, 1],
            [1, length],
          ] as const) {
            // prettier-ignore
            const [x, y] = [valuesOf(sizeA, dtype, i + 1), valuesOf(sizeB, dtype, i + 101)].map((values) =>
            dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values),
          ) as [Float32Array | Int32Array, Float32Array | Int32Array];
            const got = tf.tidy(() => {
              const [a, b] = [x, y].map((values) => tf.tensor2d(values, [1, values.length], dtype)) as [tf.Tensor, tf.Tensor]; // prettier-ignore
              const out = op(a, b);
              expect([out.dtype, out.shape]).toEqual(['bool', [1, length]]);
              return out.dataSync();
            });
            const differs = got.findIndex(
              (value, j) => value !== Number(wanted(x[sizeA === 1 ? 0 : j]!, y[sizeB === 1 ? 0 : j]!)),
            );
            if (differs >= 0) wrong.push(`${dtype} ${sizeA} and ${sizeB}: at ${differs}`);
          }
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it.each(LENGTHS)('where chooses each of %i elements', (length) => {
    for (const dtype of ['float32', 'int32'] as const) {
      const [t, e] = [valuesOf(length, dtype, 5), valuesOf(length, dtype, 6)];
      const condition = Array.from({ length }, (_, i) => (i * 7) % 3 === 0);
      const chosen = tf.tidy(() => tf.where(tf.tensor1d(condition, 'bool'), tf.tensor1d(t, dtype), tf.tensor1d(e, dtype)).dataSync()); // prettier-ignore
      const wanted = tf.tidy(() => tf.tensor1d(condition.map((on, i) => (on ? t[i]! : e[i]!)), dtype).dataSync()); // prettier-ignore
      expect(chosen).toEqual(wanted);
    }
  });

  it('a condition of one number for each row still chooses rows', () => {
    const rows = tf.tidy(() =>
      tf.where(tf.tensor2d([[1], [0]], [2, 1], 'bool'), tf.ones([2, 3]), tf.zeros([2, 3])).arraySync(),
    );
    expect(rows).toEqual([
      [1, 1, 1],
      [0, 0, 0],
    ]);
  });
});
