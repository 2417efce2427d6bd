import { FOCAL_SUMS_GRADIENT_KERNEL, FOCAL_SUMS_KERNEL } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';

import { numbers } from '../../../testing/src/random';
import { focalCases, focalData, focalReference } from '../reference';
import { apart, read } from './region-statistics';

/** Where the focal kernels of the current backend are not as float64 loops and their differences; empty is right. */
export async function wrongFocalSums(count: number): Promise<string[]> {
  const wrong: string[] = [];
  const random = numbers(17).next;
  for (const one of focalCases(count)) {
    const { batch, pixels, classes, activation, gamma, scale } = one;
    const { z, indices, y, v, dy } = focalData(one, random);
    const results = tf.tidy(() => {
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
        tf.engine().runKernel(name, { ...inputs, ...more }, { activation, gamma }) as tf.Tensor;
      const derivatives = tf.tensor3d(Float32Array.from(dy), [2, batch, classes]);
      return [run(FOCAL_SUMS_KERNEL), run(FOCAL_SUMS_GRADIENT_KERNEL, { dy: derivatives })];
    });
    const [sums, gradient] = (await read(results)) as [Float32Array, Float32Array];
    const off = apart(sums, focalReference(one, z, y, v), 1);
    if (!(off <= 2e-6)) wrong.push(`${JSON.stringify(one)}: sums off by ${off}`);

    const value = (zs: Float64Array) =>
      focalReference(one, zs, y, v).reduce((sum, each, i) => sum + each * dy[i]!, 0);
    for (let tries = 0; tries < 6; tries++) {
      const at = Math.floor(random() * z.length);
      const [up, down] = [Float64Array.from(z), Float64Array.from(z)];
      up[at]! += 1e-5;
      down[at]! -= 1e-5;
      const slope = (value(up) - value(down)) / 2e-5;
      if (!(Math.abs(gradient[at]! - slope) <= 2e-5 * Math.max(1, Math.abs(slope), scale))) {
        wrong.push(`${JSON.stringify(one)}: gradient ${gradient[at]} at ${at}, wanted ${slope}`);
      }
    }
  }
  return wrong;
}
