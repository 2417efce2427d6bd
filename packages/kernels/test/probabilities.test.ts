import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { PIXEL_SUM_KERNEL, PROBABILITIES_GRADIENT_KERNEL, PROBABILITIES_KERNEL } from '@segloss/losses';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { apart } from './checks/region-statistics';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;

suite('probabilities on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  it('are those of float64 loops, with their gradient and sums, in 40 random cases', () => {
    const wrong: string[] = [];
    for (let seed = 1; seed <= 40; seed++) {
      const { next, pick } = numbers(seed);
      const [batch, pixels, classes] = [pick([1, 2]), pick([1, 3, 16, 17, 131, 4100]), pick([2, 3, 4, 19])];
      const length = batch * pixels;
      const shape: [number, number, number] = [batch, pixels, classes];
      const valid = Float32Array.from({ length }, () => Number(next() < 0.8));
      // Not even a NaN at an ignored pixel is seen, in its logits or in what comes back.
      const values = (scale: number) => Float32Array.from({ length: length * classes }, (_, i) => (valid[Math.floor(i / classes)] ? scale * (2 * next() - 1) : NaN)); // prettier-ignore
      const [logits, dy] = [values(pick([0, 1, 20])), values(1)];
      const [s, gradient] = [new Float64Array(length * classes), new Float64Array(length * classes)];
      const sums = new Float64Array(batch * classes);
      for (let i = 0; i < length; i++) {
        if (valid[i] === 0) continue;
        const at = i * classes;
        const z = Array.from(logits.subarray(at, at + classes));
        const e = z.map((x) => Math.exp(x - Math.max(...z)));
        const total = e.reduce((a, b) => a + b);
        const mean = e.reduce((sum, x, k) => sum + (x / total) * dy[at + k]!, 0);
        e.forEach((x, k) => {
          s[at + k] = x / total;
          gradient[at + k] = (x / total) * (dy[at + k]! - mean);
          sums[Math.floor(i / pixels) * classes + k]! += x / total;
        });
      }
      const run = (name: string, inputs: tf.NamedTensorMap) => tf.engine().runKernel(name, inputs) as tf.Tensor; // prettier-ignore
      const [got, back, added] = tf.tidy(() => {
        const on = tf.tensor3d(valid, [batch, pixels, 1]);
        const probability = run(PROBABILITIES_KERNEL, { logits: tf.tensor3d(logits, shape), valid: on });
        const ofLogits = run(PROBABILITIES_GRADIENT_KERNEL, { probability, valid: on, dy: tf.tensor3d(dy, shape) }); // prettier-ignore
        const total = run(PIXEL_SUM_KERNEL, { x: probability });
        return [probability.dataSync(), ofLogits.dataSync(), total.dataSync()] as const;
      });
      const off = [apart(got, s, 1), apart(back, gradient, 1), apart(added, sums, pixels)];
      if (!(Math.max(...off) < 1e-6)) wrong.push(`${seed}: [${shape}] off by ${off}`);
    }
    expect(wrong).toEqual([]);
  });
});
