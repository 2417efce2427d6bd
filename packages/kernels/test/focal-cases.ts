import { FOCAL_SUMS_GRADIENT_KERNEL, FOCAL_SUMS_KERNEL, type Activation } from '@segloss/losses';
import { numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

/** Random inputs of the focal sums. */
export interface FocalCase {
  batch: number;
  pixels: number;
  classes: number;
  activation: Activation;
  gamma: number;
  labels: 'indices' | 'target';
  scale: number;
}

export function focalCases(count: number): FocalCase[] {
  const { pick } = numbers(5);
  return Array.from({ length: count }, () => ({
    batch: pick([1, 2, 3]),
    pixels: pick([1, 2, 3, 63, 64, 65, 127, 200]),
    classes: pick([1, 2, 3, 4, 5, 8, 11, 19]),
    activation: pick<Activation>(['sigmoid', 'softmax']),
    gamma: pick([0, 0.5, 1, 2, 2.5, 3, 4, 5]),
    labels: pick(['indices', 'target'] as const),
    scale: pick([1, 5, 20]),
  }));
}

/** The two sums, plainly in float64; y and v are [B, N, K]. */
function reference(one: FocalCase, z: Float64Array, y: Float64Array, v: Float64Array): Float64Array {
  const { batch, pixels, classes, activation, gamma } = one;
  const sums = new Float64Array(2 * batch * classes);
  const power = (base: number) => (gamma === 0 ? 1 : base ** gamma);
  for (let i = 0; i < batch * pixels; i++) {
    const row = Array.from(z.subarray(i * classes, (i + 1) * classes));
    const largest = Math.max(...row);
    const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    for (let k = 0; k < classes; k++) {
      const at = i * classes + k;
      if (v[at] === 0) continue;
      const to = Math.floor(i / pixels) * classes + k;
      if (activation === 'softmax') {
        const logS = row[k]! - largest - Math.log(total);
        sums[to]! -= y[at]! * power(-Math.expm1(logS)) * logS;
      } else {
        const [logS, logC] = [-Math.log1p(Math.exp(-row[k]!)), -Math.log1p(Math.exp(row[k]!))];
        sums[to]! -= y[at]! * power(Math.exp(logC)) * logS;
        sums[batch * classes + to]! -= (v[at]! - y[at]!) * power(Math.exp(logS)) * logC;
      }
    }
  }
  return sums;
}

/** What the kernels of the present backend have wrong, in value and in gradient. */
export function focalErrors(one: FocalCase, random: () => number): string[] {
  const wrong: string[] = [];
  const { batch, pixels, classes, activation, gamma, scale } = one;
  const length = batch * pixels * classes;
  const z = Float64Array.from({ length }, () => Math.fround((random() * 2 - 1) * scale));
  const indices = Int32Array.from({ length: batch * pixels }, () => Math.floor(random() * (classes + 1)) - 1);
  const hard = (at: number) => (indices[Math.floor(at / classes)] === at % classes ? 1 : 0);
  const y = Float64Array.from({ length }, (_, at) =>
    one.labels === 'indices' ? hard(at) : Math.fround(random()),
  );
  const v = Float64Array.from({ length }, (_, at) => (indices[Math.floor(at / classes)]! < 0 ? 0 : 1));
  y.forEach((value, at) => (y[at] = value * v[at]!));
  const dy = Float64Array.from({ length: 2 * batch * classes }, () => Math.fround(random() * 2 - 1));
  const inputs = {
    logits: tf.tensor3d(Float32Array.from(z), [batch, pixels, classes]),
    valid: tf.tensor3d(
      Float32Array.from({ length: batch * pixels }, (_, i) => v[i * classes]!),
      [batch, pixels, 1],
    ),
    ...(one.labels === 'indices'
      ? { indices: tf.tensor2d(indices, [batch, pixels], 'int32') }
      : { target: tf.tensor3d(Float32Array.from(y), [batch, pixels, classes]) }),
  };
  const run = (name: string, more = {}) =>
    (tf.engine().runKernel(name, { ...inputs, ...more }, { activation, gamma }) as tf.Tensor).dataSync();
  const sums = run(FOCAL_SUMS_KERNEL);
  const wanted = reference(one, z, y, v);
  const largest = Math.max(1, ...wanted);
  const off = Math.max(...wanted.map((value, i) => Math.abs(value - sums[i]!))) / largest;
  if (!(off <= 2e-6)) wrong.push(`${JSON.stringify(one)}: sums off by ${off}`);

  const gradient = run(FOCAL_SUMS_GRADIENT_KERNEL, {
    dy: tf.tensor3d(Float32Array.from(dy), [2, batch, classes]),
  });
  const value = (zs: Float64Array) =>
    reference(one, zs, y, v).reduce((sum, each, i) => sum + each * dy[i]!, 0);
  for (let tries = 0; tries < 6; tries++) {
    const at = Math.floor(random() * length);
    const [up, down] = [Float64Array.from(z), Float64Array.from(z)];
    up[at]! += 1e-5;
    down[at]! -= 1e-5;
    const slope = (value(up) - value(down)) / 2e-5;
    if (!(Math.abs(gradient[at]! - slope) <= 2e-5 * Math.max(1, Math.abs(slope), scale))) {
      wrong.push(`${JSON.stringify(one)}: gradient ${gradient[at]} at ${at}, wanted ${slope}`);
    }
  }
  return wrong;
}
