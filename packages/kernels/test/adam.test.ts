// Adam's update against a plain float64 loop, on every backend: the fused kernel on wasm, tfjs's own operations elsewhere.
import { describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { adam } from '@segloss/kernels';
import { backends, numbers, tensorLeaks } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

for (const backend of backends) {
  const suite = backend.missing === undefined ? describe : describe.skip;
  suite(`Adam on ${backend.name}`, () => {
    it.each([[1], [3], [7], [70_001]])('moves %i values as float64 does, five steps', async (length) => {
      await backend.use();
      const random = numbers(length).next;
      const start = Float32Array.from({ length }, () => random() * 2 - 1);
      const variable = tf.variable(tf.tensor1d(start));
      const optimizer = adam(0.01, 0.8, 0.95);
      const [value, m, v] = [Float64Array.from(start), new Float64Array(length), new Float64Array(length)];
      for (let step = 1; step <= 5; step++) {
        const gradient = Float32Array.from({ length }, () => random() - 0.3);
        optimizer.applyGradients({ [variable.name]: tf.tensor1d(gradient) as unknown as tf.Variable });
        gradient.forEach((g, i) => {
          m[i] = 0.8 * m[i]! + 0.2 * g;
          v[i] = 0.95 * v[i]! + 0.05 * g * g;
          value[i]! -= (0.01 * (m[i]! / (1 - 0.8 ** step))) / (Math.sqrt(v[i]! / (1 - 0.95 ** step)) + 1e-7);
        });
      }
      const off = (variable.dataSync() as Float32Array).reduce(
        (most, got, i) => Math.max(most, Math.abs(got - value[i]!)),
        0,
      );
      expect(off).toBeLessThan(1e-6);
      variable.dispose();
      optimizer.dispose();
    });

    it('keeps its moments in the weights that tfjs saves, and leaves no tensor behind', async () => {
      await backend.use();
      const variable = tf.variable(tf.tensor1d([1, 2, 3]));
      const optimizer = adam();
      const step = () =>
        void optimizer.minimize(() => tf.sum(tf.square(variable)) as tf.Scalar, false, [variable]);
      step();
      expect(tensorLeaks(step)).toBe(0);
      const [, m, v] = await optimizer.getWeights();
      expect(m!.name).toBe(`${variable.name}/m`);
      expect(v!.tensor.shape).toEqual([3]);
      expect(v!.tensor.dataSync()[2]!).toBeCloseTo(36 * (1 - 0.999 ** 2), 3);
    });
  });
}
