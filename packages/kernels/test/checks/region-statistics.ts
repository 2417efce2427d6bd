import {
  parseLoss,
  regionStatistics,
  SOFTMAX_STATISTICS,
  STATISTICS,
  type Activation,
} from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';

import { numbers } from '../../../testing/src/random';
import { makeCase, plain, type Sizes } from '../reference';

/** All that the activation has, a random subset, or those that are of the labels alone. */
export type Asked = 'all sums' | 'some' | 'those of labels';

const OF_LABELS = ['count', 'target', 'targetSquares'];

/** What of the cases is not left to chance. */
export interface RegionCheck extends Sizes {
  asked: Asked;
  cases: number;
  /** Seed of the first case. */
  first?: number;
  activation?: Activation;
}

/** Where sums and gradients on the current backend are not those of float64 loops, in random cases; empty is right. */
export async function wrongRegionStatistics({
  asked,
  cases,
  first = 0,
  activation: given,
  ...sizes
}: RegionCheck): Promise<string[]> {
  const wrong: string[] = [];
  for (let seed = first; seed < first + cases; seed++) {
    const one = makeCase(seed, sizes);
    const { mode, soft, batch, pixels, classes, temperature } = one;
    const activation = given ?? (mode === 'multiclass' ? 'softmax' : 'sigmoid');
    const { next, pick } = numbers(1000 + seed);
    const known = activation === 'softmax' ? SOFTMAX_STATISTICS : STATISTICS;
    const chosen = known.filter((name) =>
      asked === 'those of labels' ? OF_LABELS.includes(name) : asked === 'all sums' || next() < 0.3,
    );
    const names = chosen.length > 0 ? chosen : [pick(known)];
    const wanted = plain(one, names, activation === 'sigmoid');
    const results = tf.tidy(() => {
      const indices = mode === 'multiclass' && !soft;
      const labels = tf.tensor(one.labels, indices ? [batch, pixels] : [batch, pixels, classes], soft ? 'float32' : 'int32'); // prettier-ignore
      const logits = tf.tensor(one.logits, [batch, pixels, classes]);
      const weights = tf.split(tf.tensor(one.weights.slice(0, names.length * batch * classes), [names.length, batch, classes]), names.length); // prettier-ignore
      const options = { statistics: names, temperature, mode, activation, ignoreIndex: 1255 } as const;
      const sums = regionStatistics(labels, logits, options);
      const gradient = tf.grad((z) => {
        const statistics = regionStatistics(labels, z, options);
        const parts = names.map((name, j) => tf.sum(tf.mul(statistics[name], tf.reshape(weights[j]!, [batch, classes])))); // prettier-ignore
        return parts.reduce((left, right) => tf.add(left, right));
      })(logits);
      return [gradient, ...names.map((name) => sums[name])];
    });
    const [gradient, ...sums] = await read(results);
    const about = `${seed} [${names}]: ${mode} B${batch} N${pixels} K${classes} T${temperature} scale ${one.scale}${soft ? ' soft' : ''} ${activation}`;
    names.forEach((name, j) => {
      const off = apart(sums[j]!, wanted.sums[j]!, 1);
      if (!(off < 2e-6)) wrong.push(`${about}: ${name} off by ${off}`);
    });
    // s_k - y_k near 0 has no sign to agree on: the derivative of the difference jumps there.
    // Below 1e-2 what is left is the rounding of s near 1, times weights up to 1.
    const off = apart(gradient!, wanted.gradient, 1e-2);
    if (!(off < 2e-5)) wrong.push(`${about}: gradient off by ${off}`);
  }
  return wrong;
}

/** Relative errors of the cross-entropy of a square image, and of its gradient at the first pixels. */
export async function errorOfManyPixels(
  side: number,
  classes: number,
): Promise<{ value: number; gradient: number }> {
  const pixels = side * side;
  const label = (i: number) => (i * 7) % classes;
  const logits = Float32Array.from({ length: pixels * classes }, (_, i) => 3 * Math.sin(i * 0.37));
  let wanted = 0;
  const slopes = new Float64Array(1000 * classes);
  for (let i = 0; i < pixels; i++) {
    let total = 0;
    const z = (k: number) => logits[i * classes + k]! - logits[i * classes + label(i)]!; // less the label's score
    for (let k = 0; k < classes; k++) total += Math.exp(z(k));
    wanted += Math.log(total);
    if (i < 1000)
      for (let k = 0; k < classes; k++)
        slopes[i * classes + k] = (Math.exp(z(k)) / total - Number(k === label(i))) / pixels;
  }
  const loss = parseLoss('ce');
  const results = tf.tidy(() => {
    const labels = tf.tensor(Int32Array.from({ length: pixels }, (_, i) => label(i)), [1, side, side], 'int32'); // prettier-ignore
    const z = tf.tensor(logits, [1, side, side, classes]);
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => loss(labels, x))(z);
    return [value, grad];
  });
  const [value, gradient] = await read(results);
  return {
    value: Math.abs(value![0]! / (wanted / pixels) - 1),
    gradient: apart(gradient!.subarray(0, slopes.length), slopes.subarray(0, gradient!.length), 0),
  };
}

/** The values of tensors, which are disposed. */
export async function read(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data() as Promise<Float32Array>));
  tf.dispose([...tensors]);
  return values;
}

/** The largest distance, relative to the largest wanted number or the floor; NaN where a number is. */
export function apart(got: ArrayLike<number>, wanted: ArrayLike<number>, floor: number): number {
  if (got.length !== wanted.length) return Infinity;
  let [off, scale] = [0, floor];
  for (let i = 0; i < wanted.length; i++) {
    const each = Math.abs(got[i]! - wanted[i]!);
    scale = Math.max(scale, Math.abs(wanted[i]!));
    off = Number.isNaN(each) ? NaN : Math.max(off, each);
  }
  return off / scale;
}
