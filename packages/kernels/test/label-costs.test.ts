import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { LABEL_COSTS_GRADIENT_KERNEL, LABEL_COSTS_KERNEL, parseLoss, type LabelCost } from '@segloss/losses';
import { backends, numbers, tensorLeaks } from '@segloss/testing';
import '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';

import { apart } from './checks/region-statistics';

interface Formula {
  readonly parameters: readonly number[];
  readonly value: (logS: number, p: number) => number;
  /** By log s. */
  readonly slope: (logS: number, p: number) => number;
}

const FORMULAS: Readonly<Record<LabelCost, Formula>> = {
  poly: {
    parameters: [-1, 0, 1, 3.5],
    value: (logS, p) => -logS + p * (1 - Math.exp(logS)),
    slope: (logS, p) => -1 - p * Math.exp(logS),
  },
  generalized: {
    parameters: [0.1, 0.7, 1],
    value: (logS, p) => (1 - Math.exp(p * logS)) / p,
    slope: (logS, p) => -Math.exp(p * logS),
  },
  below: {
    parameters: [0.3, 0.7, 1.5],
    value: (logS, p) => (Math.exp(logS) < p ? -logS : 0),
    slope: (logS, p) => (Math.exp(logS) < p ? -1 : 0),
  },
  clipped: {
    parameters: [Math.log(1e-7), Math.log(0.4)],
    value: (logS, p) => -Math.max(logS, p),
    slope: (logS, p) => (logS > p ? -1 : 0),
  },
};

interface Case {
  readonly batch: number;
  readonly pixels: number;
  readonly classes: number;
  readonly labels: Int32Array;
  readonly logits: Float32Array;
  readonly dy: Float32Array;
}

/** Sums and gradient in float64 loops, and whether a pixel lies too near to a jump of the cost to tell the side. */
function plain({ batch, pixels, classes, labels, logits, dy }: Case, cost: LabelCost, p: number) {
  const { value, slope } = FORMULAS[cost];
  const sums = new Float64Array(2 * batch * classes);
  const gradient = new Float64Array(logits.length);
  let near = false;
  labels.forEach((label, i) => {
    if (label < 0) return;
    const z = Array.from(logits.subarray(i * classes, (i + 1) * classes));
    const top = Math.max(...z);
    const total = z.reduce((sum, x) => sum + Math.exp(x - top), 0);
    const logS = z[label]! - top - Math.log(total);
    const limit = cost === 'below' ? Math.exp(logS) - p : cost === 'clipped' ? logS - p : 1;
    near ||= Math.abs(limit) < 1e-5;
    const at = Math.floor(i / pixels) * classes + label;
    sums[at]! += value(logS, p);
    if (cost !== 'below' || Math.exp(logS) < p) sums[batch * classes + at]! += 1;
    z.forEach((x, k) => {
      gradient[i * classes + k] =
        dy[at]! * slope(logS, p) * (Number(k === label) - Math.exp(x - top) / total);
    });
  });
  return { sums, gradient, near };
}

function caseOf(seed: number): Case {
  const { next, pick } = numbers(seed);
  const [batch, pixels, classes] = [pick([1, 3]), pick([1, 15, 16, 131, 4100]), pick([2, 3, 4, 7, 19, 53])];
  const scale = pick([0.01, 2, 30]);
  const labels = Int32Array.from({ length: batch * pixels }, (_, i) =>
    i % 11 === 3 || (i >> 4) % 5 === 2 ? -1 : (i >> 6) % 2 ? 1 : Math.floor(next() * classes),
  );
  const logits = Float32Array.from({ length: labels.length * classes }, () => (2 * next() - 1) * scale);
  labels.forEach((label, i) => label < 0 && logits.fill(NaN, i * classes, (i + 1) * classes));
  return { batch, pixels, classes, labels, logits, dy: Float32Array.from({ length: 2 * batch * classes }, () => 2 * next() - 1) }; // prettier-ignore
}

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
suite('costs of the labels on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  it.each(Object.keys(FORMULAS) as LabelCost[])(
    '%s: sums and gradient agree with float64 loops, kept or not',
    (cost) => {
      const wrong: string[] = [];
      let checked = 0;
      for (let seed = 1; seed <= 25; seed++) {
        const each = caseOf(seed);
        const { batch, pixels, classes, labels, logits, dy } = each;
        for (const parameter of FORMULAS[cost].parameters) {
          const wanted = plain(each, cost, parameter);
          if (wanted.near) continue;
          checked++;
          tf.tidy(() => {
            const inputs = {
              logits: tf.tensor3d(logits, [batch, pixels, classes]),
              indices: tf.tensor2d(labels, [batch, pixels], 'int32'),
            };
            const run = (name: string, more: object, keep: boolean) =>
              tf.engine().runKernel(name, { ...inputs, ...more }, { cost, parameter, keep } as never);
            const derivatives = tf.tensor3d(dy, [2, batch, classes]);
            const [sums, kept] = run(LABEL_COSTS_KERNEL, {}, true) as unknown as [tf.Tensor, tf.Tensor];
            const alone = run(LABEL_COSTS_KERNEL, {}, false) as tf.Tensor;
            const anew = run(LABEL_COSTS_GRADIENT_KERNEL, { dy: derivatives }, false) as tf.Tensor;
            const gradient = run(LABEL_COSTS_GRADIENT_KERNEL, { dy: derivatives, kept }, false) as tf.Tensor;
            const off = [
              apart(sums.dataSync(), Array.from(wanted.sums), 1),
              apart(gradient.dataSync(), Array.from(wanted.gradient), 1),
            ];
            if (!(Math.max(...off) < 2e-6)) wrong.push(`${seed}, ${parameter}: off by ${off}`);
            const bits = (x: tf.Tensor) => x.dataSync().join();
            if (bits(sums) !== bits(alone) || bits(gradient) !== bits(anew))
              wrong.push(`${seed}, ${parameter}: kept`);
            if (gradient.dataId !== kept.dataId) wrong.push(`${seed}, ${parameter}: new memory`);
          });
        }
      }
      expect(wrong).toEqual([]);
      expect(checked).toBeGreaterThan(15);
    },
  );

  it('leave no tensor behind, and give 0 where every pixel is ignored', () => {
    const labels = tf.fill([1, 40], 255, 'int32');
    const logits = tf.zeros([1, 40, 3]);
    for (const spec of ['poly', 'gce', 'threshold-ce', 'clipped-ce']) {
      const loss = parseLoss(spec);
      const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => loss(labels, z))(logits);
      expect([value.dataSync()[0], ...new Set(grad.dataSync())]).toEqual([0, 0]);
      expect(tensorLeaks(() => tf.tidy(() => void tf.grad((z: tf.Tensor) => loss(labels, z))(logits)))).toBe(
        0,
      );
    }
  });
});
