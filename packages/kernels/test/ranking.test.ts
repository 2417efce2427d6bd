import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { LOVASZ_WEIGHTS_KERNEL, VALUES_AT_RANKS_KERNEL } from '@segloss/losses';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

/** Numbers with many equal ones, both signs, and both zeros. */
function someValues(length: number, seed: number): Float32Array {
  const { next, pick } = numbers(seed);
  const scale = pick([1e-30, 1, 1e20]);
  return Float32Array.from({ length }, () => pick([0, -0, 0.5, 1, scale * (2 * next() - 1), next()]));
}

suite('ranking on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  it.each([1, 2, 17, 1000])('finds the values at ranks of rows of %i as a sort does', (length) => {
    for (let seed = 1; seed <= 20; seed++) {
      const { next } = numbers(seed);
      const rows = Array.from({ length: 3 }, (_, row) => someValues(length, 10 * seed + row));
      const ranks = rows.map(() => Math.floor(next() * length));
      const values = tf.tensor2d(rows.flatMap((row) => [...row]), [3, length]); // prettier-ignore
      const found = tf.engine().runKernel(VALUES_AT_RANKS_KERNEL, { values, ranks: tf.tensor2d(ranks, [3, 1]) }) as tf.Tensor; // prettier-ignore
      const wanted = rows.map((row, r) => row.slice().sort((a, b) => b - a)[ranks[r]!]! + 0);
      expect([found.shape, Array.from(found.dataSync(), (x) => x + 0)]).toEqual([[3, 1], wanted]);
    }
  });

  it.each([1, 3, 16, 701])(
    'gives %i errors the slopes of the Lovász extension, sorted in float64',
    (length) => {
      for (let seed = 1; seed <= 20; seed++) {
        const [groups, columns] = [2, 3];
        const { next } = numbers(seed);
        const size = groups * length * columns;
        const errors = someValues(size, seed);
        const valid = Float32Array.from({ length: size }, () => Number(next() < 0.8 || seed % 4 === 0));
        const target = valid.map((on) => on * (seed % 3 === 0 ? next() : Number(next() < 0.3)));
        const shape: [number, number, number] = [groups, length, columns];
        const inputs = { errors: tf.tensor3d(errors, shape), target: tf.tensor3d(target, shape), valid: tf.tensor3d(valid, shape) }; // prettier-ignore
        const weights = (tf.engine().runKernel(LOVASZ_WEIGHTS_KERNEL, inputs) as tf.Tensor).dataSync();

        const wanted = new Float64Array(size);
        for (let g = 0; g < groups; g++) {
          for (let c = 0; c < columns; c++) {
            const places = Array.from({ length }, (_, i) => (g * length + i) * columns + c);
            const order = places
              .filter((at) => valid[at]! > 0)
              .sort((a, b) => errors[b]! - errors[a]! || a - b);
            const all = order.reduce((sum, at) => sum + target[at]!, 0);
            let [found, others, before] = [0, 0, 0];
            for (const at of order) {
              found += target[at]!;
              others += 1 - target[at]!;
              const jaccard = 1 - (all - found) / Math.max(all + others, 1e-7);
              wanted[at] = jaccard - before;
              before = jaccard;
            }
          }
        }
        const off = weights.map((weight, i) => Math.abs(weight - wanted[i]!)) as Float32Array;
        expect(Math.max(...off)).toBeLessThan(1e-7);
      }
    },
  );
});
