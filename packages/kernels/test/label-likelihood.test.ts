import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import {
  LABEL_COSTS_GRADIENT_KERNEL,
  LABEL_COSTS_KERNEL,
  LABEL_LIKELIHOOD_GRADIENT_KERNEL,
  LABEL_LIKELIHOOD_KERNEL,
  parseLoss,
} from '@segloss/losses';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { cpuArrays } from '../src/cpu/arrays';
import { plainKernels } from '../src/cpu/plain/kernels';
import { apart } from './checks/region-statistics';

/** log softmax of the labels and, given dy, the gradient of the logits, in float64 loops. */
function plain(logits: Float32Array, labels: Int32Array, dy: Float32Array, classes: number) {
  const value = Array.from(labels, () => 0);
  const gradient = Array.from(logits, () => 0);
  labels.forEach((label, i) => {
    if (label < 0) return;
    const z = Array.from(logits.subarray(i * classes, (i + 1) * classes));
    const top = Math.max(...z);
    const total = z.reduce((sum, x) => sum + Math.exp(x - top), 0);
    value[i] = z[label]! - top - Math.log(total);
    z.forEach(
      (x, k) => (gradient[i * classes + k] = dy[i]! * (Number(k === label) - Math.exp(x - top) / total)),
    );
  });
  return { value, gradient };
}

/** Kernels whose output shares the data of the input. */
const SHARING = ['Reshape', 'Identity'];

function wrongCases(cases: number): string[] {
  const wrong: string[] = [];
  for (let seed = 0; seed < cases; seed++) {
    const { next, pick } = numbers(seed + 1);
    const [batch, pixels, classes] = [
      pick([1, 2, 3]),
      pick([1, 3, 15, 16, 17, 131, 4095, 4100]),
      pick([2, 3, 4, 5, 8, 19, 33]),
    ];
    const scale = pick([0, 1, 20]);
    const length = batch * pixels;
    const labels = Int32Array.from({ length }, (_, i) => (next() < 0.2 && (i >> 5) % 2 ? -1 : (i >> 6) % 2 ? 1 : Math.floor(next() * classes))); // prettier-ignore
    const logits = Float32Array.from({ length: length * classes }, () => (2 * next() - 1) * scale);
    // Not even a NaN at an ignored pixel is seen, in its logits or in what comes back.
    const dy = Float32Array.from(labels, (label) => (label < 0 ? NaN : 2 * next() - 1));
    labels.forEach(
      (label, i) => label < 0 && i % 3 === 0 && logits.fill(NaN, i * classes, (i + 1) * classes),
    );
    const wanted = plain(logits, labels, dy, classes);
    const [value, gradient] = tf.tidy(() => {
      const inputs = { logits: tf.tensor3d(logits, [batch, pixels, classes]), indices: tf.tensor2d(labels, [batch, pixels], 'int32') }; // prettier-ignore
      const ofLabels = tf.engine().runKernel(LABEL_LIKELIHOOD_KERNEL, inputs) as tf.Tensor;
      const ofLogits = tf.engine().runKernel(LABEL_LIKELIHOOD_GRADIENT_KERNEL, { ...inputs, dy: tf.tensor2d(dy, [batch, pixels]) }) as tf.Tensor; // prettier-ignore
      return [ofLabels.dataSync(), ofLogits.dataSync()] as const;
    });
    const off = [apart(value, wanted.value, 1), apart(gradient, wanted.gradient, 1)];
    if (!(Math.max(...off) < 1e-6)) wrong.push(`${seed}: B${batch} N${pixels} K${classes} scale ${scale}: off by ${off}`); // prettier-ignore
  }
  return wrong;
}

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
suite('the log-likelihood of labels on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : ''), () => {
  beforeAll(() => wasm.use());

  it('is that of float64 loops, with its gradient, in 60 random cases', () =>
    expect(wrongCases(60)).toEqual([]));

  const likelihood = [LABEL_LIKELIHOOD_KERNEL, LABEL_LIKELIHOOD_GRADIENT_KERNEL];
  const costs = [LABEL_COSTS_KERNEL, LABEL_COSTS_GRADIENT_KERNEL];
  it.each([
    ['topk', likelihood],
    ['ohem', likelihood],
    ['asymmetric-focal', likelihood],
    ['poly', costs],
    ['gce', costs],
    ['threshold-ce', costs],
    ['clipped-ce', costs],
  ])(
    'makes no tensor of all classes for %s but the gradient and the exponentials it is written over',
    async (spec, wanted) => {
      const labels = tf.tensor2d(
        Int32Array.from({ length: 300 }, (_, i) => i % 64),
        [1, 300],
        'int32',
      );
      const logits = tf.zeros([1, 300, 64]);
      const { kernels } = await tf.profile(() =>
        tf.grad((z: tf.Tensor) => parseLoss(spec)(labels, z))(logits),
      );
      const large = kernels.filter(
        ({ name, outputShapes }) =>
        !SHARING.includes(name) && outputShapes.some((shape) => shape.reduce((a: number, b: number) => a * b, 1) >= logits.size), // prettier-ignore
      );
      expect(large.map(({ name }) => name)).toEqual(wanted);
    },
  );
});

describe('the log-likelihood of labels on cpu, by plain loops', () => {
  const kernels = plainKernels('cpu', cpuArrays);
  beforeAll(async () => {
    await backends.find(({ name }) => name === 'cpu')!.use();
    kernels.forEach((kernel) => tf.registerKernel(kernel));
  });
  afterAll(() => kernels.forEach(({ kernelName }) => tf.unregisterKernel(kernelName, 'cpu')));

  it('is that of float64 loops, with its gradient, in 20 random cases', () =>
    expect(wrongCases(20)).toEqual([]));
});
