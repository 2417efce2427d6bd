import { regionStatistics, type Activation, type Mode, type StatisticName } from '@segloss/losses';
import { numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

const EVERYWHERE: StatisticName[] = ['count', 'target', 'targetSquares', 'predicted', 'predictedSquares', 'overlap', 'overlapSquares', 'difference', 'logLikelihood', 'logSum', 'tempered']; // prettier-ignore
const SIGMOID: StatisticName[] = ['predictedComplement', 'temperedComplement', 'complementLogLikelihood', 'complementLogSum']; // prettier-ignore

/** Random inputs of the region statistics. */
export interface RegionCase {
  readonly mode: Mode;
  readonly soft: boolean;
  readonly batch: number;
  readonly pixels: number;
  readonly classes: number;
  readonly temperature: number;
  readonly scale: number;
  readonly logits: Float32Array;
  /** Labels as the loss takes them. */
  readonly labels: number[];
  /** y and v of every pixel and class. */
  readonly y: number[];
  readonly v: number[];
  readonly weights: number[];
}

/** A random case: every mode, labels of both kinds, ignored pixels, 1 to 256 classes. */
export function regionCase(seed: number, size: { pixels?: number } = {}): RegionCase {
  const { next, pick } = numbers(seed + 1);
  const mode = pick<Mode>(['binary', 'multiclass', 'multiclass', 'multilabel']);
  const classes =
    mode === 'binary' ? 1 : pick([2, 3, 4, 5, 7, 8, 11, 16, 19, 21, 33, 64, next() < 0.3 ? 256 : 6]);
  const batch = pick([1, 2, 3]);
  const some = pick([1, 2, 3, 5, 7, 17, 63, 64, 65, 131]);
  const pixels = size.pixels ?? some;
  const soft = mode === 'multiclass' && next() < 0.3;
  const scale = pick([0, 1, 5, 50]);
  const length = batch * pixels * classes;
  const logits = Float32Array.from({ length }, () => (2 * next() - 1) * scale);
  const [labels, y, v] = [[], [], []] as number[][];
  for (let i = 0; i < batch * pixels; i++) {
    const ignored = next() < 0.2;
    const row = Array.from({ length: classes }, () => next());
    const all = row.reduce((a, b) => a + b, 0);
    if (mode === 'multiclass' && !soft) {
      const label = Math.floor(next() * classes);
      labels!.push(ignored ? 255 + 1000 : label);
      for (let k = 0; k < classes; k++)
        [y, v].forEach((to, j) => to!.push(ignored ? 0 : j ? 1 : Number(k === label)));
    } else if (soft) {
      for (const value of row) {
        const share = ignored ? 0 : Math.fround(value / all);
        labels!.push(share);
        y!.push(share);
        v!.push(ignored ? 0 : 1);
      }
    } else {
      for (let k = 0; k < classes; k++) {
        const hidden = mode === 'binary' ? ignored : next() < 0.2;
        const label = Number(next() < 0.5);
        labels!.push(hidden ? 1255 : label);
        y!.push(hidden ? 0 : label);
        v!.push(hidden ? 0 : 1);
      }
    }
  }
  const count = (EVERYWHERE.length + SIGMOID.length) * batch * classes;
  const weights = Array.from({ length: count }, () => 2 * next() - 1);
  return { mode, soft, batch, pixels, classes, temperature: pick([1, 2, 10]), scale, logits, labels: labels!, y: y!, v: v!, weights }; // prettier-ignore
}

/** The sums and the gradient of their weighted sum, in float64 loops. */
function reference(one: RegionCase, names: readonly StatisticName[], sigmoid: boolean) {
  const { batch, pixels, classes, logits, y, v, temperature, weights } = one;
  const sums = names.map(() => Array<number>(batch * classes).fill(0));
  const gradient = Array<number>(logits.length).fill(0);
  const scores = (z: readonly number[]) => {
    const top = Math.max(...z);
    const all = z.reduce((a, x) => a + Math.exp(x - top), 0);
    return z.map((x) => (sigmoid ? 1 / (1 + Math.exp(-x)) : Math.exp(x - top) / all));
  };
  const logSumExp = (z: readonly number[]) => {
    const top = Math.max(...z);
    return top + Math.log(z.reduce((a, x) => a + Math.exp(x - top), 0));
  };
  const logSigmoid = (x: number) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < pixels; i++) {
      const start = (b * pixels + i) * classes;
      const seen = Array.from({ length: classes }, (_, k) => v[start + k]!);
      const z = seen.map((on, k) => (on ? logits[start + k]! : 0));
      const s = scores(z);
      const total = logSumExp(z);
      const logS = z.map((x) => (sigmoid ? logSigmoid(x) : x - total));
      const logC = z.map((x) => logSigmoid(-x));
      const c = z.map((x) => 1 / (1 + Math.exp(x)));
      const t = scores(z.map((x) => temperature * x));
      const tc = z.map((x) => 1 / (1 + Math.exp(temperature * x)));
      const [onS, onLog, onLogC, onT] = [0, 1, 2, 3].map(() => Array<number>(classes).fill(0)) as number[][];
      for (let k = 0; k < classes; k++) {
        const [yy, vv] = [y[start + k]!, seen[k]!];
        const values: Record<StatisticName, number> = {
          count: vv,
          target: yy,
          targetSquares: yy * yy,
          predicted: vv * s[k]!,
          predictedSquares: vv * s[k]! ** 2,
          overlap: yy * s[k]!,
          overlapSquares: yy * s[k]! ** 2,
          difference: vv * Math.abs(s[k]! - yy),
          logLikelihood: yy * logS[k]!,
          logSum: vv * logS[k]!,
          tempered: vv * t[k]!,
          predictedComplement: vv * c[k]!,
          temperedComplement: vv * tc[k]!,
          complementLogLikelihood: (vv - yy) * logC[k]!,
          complementLogSum: vv * logC[k]!,
        };
        names.forEach((name, j) => {
          sums[j]![b * classes + k]! += values[name];
          const w = weights[(j * batch + b) * classes + k]!;
          if (name === 'predicted') onS![k]! += w * vv;
          if (name === 'predictedSquares') onS![k]! += 2 * w * vv * s[k]!;
          if (name === 'overlap') onS![k]! += w * yy;
          if (name === 'overlapSquares') onS![k]! += 2 * w * yy * s[k]!;
          if (name === 'difference') onS![k]! += w * vv * Math.sign(s[k]! - yy);
          if (name === 'predictedComplement') onS![k]! -= w * vv;
          if (name === 'logLikelihood') onLog![k]! += w * yy;
          if (name === 'logSum') onLog![k]! += w * vv;
          if (name === 'complementLogLikelihood') onLogC![k]! += w * (vv - yy);
          if (name === 'complementLogSum') onLogC![k]! += w * vv;
          if (name === 'tempered') onT![k]! += w * vv;
          if (name === 'temperedComplement') onT![k]! -= w * vv;
        });
      }
      const dot = (a: number[], weight: number[]) => a.reduce((sum, x, k) => sum + x * weight[k]!, 0);
      const [meanS, sumLog, meanT] = [dot(onS!, s), onLog!.reduce((sum, x) => sum + x, 0), dot(onT!, t)];
      for (let k = 0; k < classes; k++) {
        gradient[start + k] = sigmoid
          ? s[k]! * c[k]! * onS![k]! + c[k]! * onLog![k]! - s[k]! * onLogC![k]! + temperature * t[k]! * tc[k]! * onT![k]!
          : s[k]! * (onS![k]! - meanS) + onLog![k]! - s[k]! * sumLog + temperature * t[k]! * (onT![k]! - meanT); // prettier-ignore
      }
    }
  }
  return { sums, gradient };
}

export type Asked = 'all sums' | 'all but the difference' | 'some';

/** What regionStatistics of the present backend, or its gradient, has wrong. */
export function regionErrors(
  one: RegionCase,
  seed: number,
  asked: Asked,
  activation: Activation = one.mode === 'multiclass' ? 'softmax' : 'sigmoid',
): string[] {
  const wrong: string[] = [];
  const { mode, soft, batch, pixels, classes, temperature } = one;
  const { next, pick } = numbers(1000 + seed);
  const known = activation === 'softmax' ? EVERYWHERE : [...EVERYWHERE, ...SIGMOID];
  const chosen = known.filter(
    (name) => asked === 'all sums' || (name !== 'difference' && (asked !== 'some' || next() < 0.3)),
  );
  const names = chosen.length > 0 ? chosen : [pick(known)];
  const wanted = reference(one, names, activation === 'sigmoid');
  tf.tidy(() => {
    const indices = mode === 'multiclass' && !soft;
    const labels = tf.tensor(one.labels, indices ? [batch, pixels] : [batch, pixels, classes], soft ? 'float32' : 'int32'); // prettier-ignore
    const logits = tf.tensor(one.logits, [batch, pixels, classes]);
    const weights = tf.split(tf.tensor(one.weights.slice(0, names.length * batch * classes), [names.length, batch, classes]), names.length); // prettier-ignore
    const options = { statistics: names, temperature, mode, activation, ignoreIndex: 1255 } as const;
    let sums: number[][] = [];
    const gradient = tf
      .grad((z) => {
        const statistics = regionStatistics(labels, z, options);
        sums = names.map((name) => Array.from(statistics[name].dataSync()));
        const parts = names.map((name, j) => tf.sum(tf.mul(statistics[name], tf.reshape(weights[j]!, [batch, classes])))); // prettier-ignore
        return parts.reduce((left, right) => tf.add(left, right));
      })(logits)
      .dataSync();
    const about = `${seed} [${names}]: ${mode} B${batch} N${pixels} K${classes} T${temperature} scale ${one.scale}${soft ? ' soft' : ''} ${activation}`;
    names.forEach((name, j) => {
      const scale = Math.max(1, ...wanted.sums[j]!.map(Math.abs));
      const off = Math.max(...wanted.sums[j]!.map((x, i) => Math.abs(x - sums[j]![i]!))) / scale;
      if (!(off < 2e-6)) wrong.push(`${about}: ${name} off by ${off}`);
    });
    // s_k - y_k near 0 has no sign to agree on: the derivative of the difference jumps there.
    const scale = wanted.gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
    const off = wanted.gradient.reduce((most, x, i) => Math.max(most, Math.abs(x - gradient[i]!)), 0) / scale;
    if (!(off < 2e-5)) wrong.push(`${about}: gradient off by ${off}`);
  });
  return wrong;
}
