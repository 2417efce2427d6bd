import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

type Shape = readonly number[];

/** Number of the element of a smaller tensor that belongs to element `i` of the larger shape, as NumPy broadcasts. */
function placeOf(i: number, shape: Shape, smaller: Shape): number {
  let [place, step] = [0, 1];
  for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
    const own = smaller[axis - shape.length + smaller.length] ?? 1;
    place += ((rest % shape[axis]!) % own) * step;
    rest = Math.floor(rest / shape[axis]!);
    step *= own;
  }
  return place;
}

const sizeOf = (shape: Shape) => shape.reduce((product, size) => product * size, 1);

/** Both operands, and the shape of the result. */
const SHAPES: readonly (readonly [Shape, Shape, Shape])[] = [
  [[2, 7, 5], [2, 7, 1], [2, 7, 5]], // prettier-ignore
  [[2, 7, 1], [2, 7, 5], [2, 7, 5]], // prettier-ignore
  [[3, 1, 19], [3, 33, 19], [3, 33, 19]], // prettier-ignore
  [[5], [2, 3, 5], [2, 3, 5]],
  [
    [1, 1],
    [1, 301],
    [1, 301],
  ],
  [[4, 1, 3], [1, 6, 1], [4, 6, 3]], // prettier-ignore
  [[3, 4], [3, 4], [3, 4]], // prettier-ignore
  [[], [3, 4], [3, 4]],
];

const OPERATIONS: readonly (readonly [
  string,
  (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  (a: number, b: number) => number,
])[] = [
  // prettier-ignore
  ['equal', tf.equal, (a, b) => Number(a === b)],
  ['notEqual', tf.notEqual, (a, b) => Number(a !== b)],
  ['greater', tf.greater, (a, b) => Number(a > b)],
  ['greaterEqual', tf.greaterEqual, (a, b) => Number(a >= b)],
  ['less', tf.less, (a, b) => Number(a < b)],
  ['lessEqual', tf.lessEqual, (a, b) => Number(a <= b)],
  ['maximum', tf.maximum, Math.max],
  ['minimum', tf.minimum, Math.min],
  ['floorDiv', tf.floorDiv, (a, b) => Math.floor(a / b)],
  ['mod', tf.mod, (a, b) => a - b * Math.floor(a / b)],
  ['pow', tf.pow, (a, b) => a ** b],
  ['atan2', tf.atan2, Math.atan2],
];

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
suite('tensors of different shapes on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  it.each(OPERATIONS)('tf.%s has every element of loops, and leaves no tensor behind', (_, op, wanted) => {
    const { pick } = numbers(7);
    const values = (shape: Shape) => Array.from({ length: sizeOf(shape) }, () => pick([1, 2, 3, 4]));
    const before = tf.memory().numDataBuffers;
    for (const [a, b, shape] of SHAPES) {
      const [left, right] = [values(a), values(b)];
      const result = tf.tidy(() => op(tf.tensor(left, [...a]), tf.tensor(right, [...b])));
      expect(result.shape).toEqual(shape);
      const expected = Array.from({ length: sizeOf(shape) }, (_, i) =>
        Math.fround(wanted(left[placeOf(i, shape, a)]!, right[placeOf(i, shape, b)]!)),
      );
      const got = Array.from(result.dataSync());
      expect(got.every((x, i) => Math.abs(x - expected[i]!) <= 1e-6 * Math.abs(expected[i]!))).toBe(true);
      result.dispose();
    }
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  it('the logical operations broadcast booleans', () => {
    const [a, b] = [tf.tensor([1, 0, 1], [3, 1], 'bool'), tf.tensor([1, 0], [1, 2], 'bool')];
    expect(Array.from(tf.logicalAnd(a, b).dataSync())).toEqual([1, 0, 0, 0, 1, 0]);
    expect(Array.from(tf.logicalOr(a, b).dataSync())).toEqual([1, 1, 1, 0, 1, 1]);
    expect(Array.from(tf.logicalXor(a, b).dataSync())).toEqual([0, 1, 1, 0, 0, 1]);
  });

  it.each(['float32', 'int32', 'bool'] as const)('tf.tile of %s repeats along any axes', (dtype) => {
    const { pick } = numbers(3);
    const cases: readonly (readonly [Shape, Shape])[] = [
      [[4, 1], [1, 19]], // prettier-ignore
      [[4, 1], [1, 3]], // prettier-ignore
      [[1, 7], [33, 1]], // prettier-ignore
      [[2, 3, 5], [3, 2, 4]], // prettier-ignore
      [[2, 1, 3, 1], [1, 5, 2, 6]], // prettier-ignore
      [[6], [1]],
    ];
    for (const [shape, reps] of cases) {
      const values = Array.from({ length: sizeOf(shape) }, () => pick([0, 1]));
      const out = shape.map((size, axis) => size * reps[axis]!);
      const expected = Array.from({ length: sizeOf(out) }, (_, i) => values[placeOf(i, out, shape)]!);
      const tiled = tf.tidy(() => tf.tile(tf.tensor(values, [...shape], dtype), [...reps]));
      expect([tiled.shape, tiled.dtype, Array.from(tiled.dataSync())]).toEqual([out, dtype, expected]);
    }
  });
});
