// The region statistics and the focal sums in plain float64 loops, and random cases of them.
import { STATISTICS, type Activation, type Mode, type StatisticName } from '@segloss/losses';

import { numbers } from '../../testing/src/random'; // by its file: these run in browsers too

/** Labels and logits of a random case, and what they mean. */
export interface Case {
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

/** Sizes that are not left to chance. */
export interface Sizes {
  pixels?: number;
  /** Of all modes but the binary one. */
  classes?: number;
}

/** The case of a seed: any mode, labels of both kinds, sizes around those of blocks and vectors. */
export function makeCase(seed: number, sizes: Sizes = {}): Case {
  const { next, pick } = numbers(seed + 1);
  const mode = pick<Mode>(['binary', 'multiclass', 'multiclass', 'multilabel']);
  const many = pick([2, 3, 4, 5, 7, 8, 11, 16, 19, 21, 33, 64, next() < 0.3 ? 256 : 6]);
  const classes = mode === 'binary' ? 1 : (sizes.classes ?? many);
  const batch = pick([1, 2, 3]);
  const few = pick([1, 2, 3, 5, 7, 15, 16, 17, 63, 64, 65, 131]);
  const pixels = sizes.pixels ?? few;
  const soft = mode === 'multiclass' && next() < 0.3;
  const scale = pick([0, 1, 5, 50]);
  const size = batch * pixels * classes;
  const logits = Float32Array.from({ length: size }, () => (2 * next() - 1) * scale);
  const [labels, y, v] = [[], [], []] as number[][];
  for (let i = 0; i < batch * pixels; i++) {
    const ignored = next() < 0.2 && (i >> 6) % 2 === 0;
    const row = Array.from({ length: classes }, () => next());
    const all = row.reduce((a, b) => a + b, 0);
    if (mode === 'multiclass' && !soft) {
      // Half of the pixels in stretches of one label, as in real masks.
      const label = (i >> 5) % 2 ? (i >> 6) % classes : Math.floor(next() * classes);
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
  const count = STATISTICS.length * batch * classes;
  const weights = Array.from({ length: count }, () => 2 * next() - 1);
  return { mode, soft, batch, pixels, classes, temperature: pick([1, 2, 10]), scale, logits, labels: labels!, y: y!, v: v!, weights }; // prettier-ignore
}

/** The sums and the gradient of their weighted sum, in float64 loops. */
export function plain(one: Case, names: readonly StatisticName[], sigmoid: boolean) {
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
      // A channel that is ignored by itself has no part in a softmax.
      const z = seen.map((on, k) => (on ? logits[start + k]! : sigmoid ? 0 : -1e30));
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

/** A case of the focal sums. */
export interface FocalCase {
  batch: number;
  pixels: number;
  classes: number;
  activation: Activation;
  gamma: number;
  labels: 'indices' | 'target';
  scale: number;
}

/** Random cases. */
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

/** Logits, labels, which pixels count, and derivatives by the sums; all of them exact in float32. */
export function focalData(one: FocalCase, random: () => number) {
  const { batch, pixels, classes, scale } = one;
  const length = batch * pixels * classes;
  const signed = () => random() * 2 - 1;
  const z = Float64Array.from({ length }, () => Math.fround(signed() * scale));
  const indices = Int32Array.from({ length: batch * pixels }, () => Math.floor(random() * (classes + 1)) - 1);
  const index = (at: number) => indices[Math.floor(at / classes)]!;
  const v = Float64Array.from({ length }, (_, at) => (index(at) < 0 ? 0 : 1));
  const y = Float64Array.from({ length }, (_, at) =>
    one.labels === 'indices' ? Number(index(at) === at % classes) : Math.fround(random()) * v[at]!,
  );
  const dy = Float64Array.from({ length: 2 * batch * classes }, () => Math.fround(signed()));
  return { z, indices, y, v, dy };
}

/** The two focal sums, plainly in float64; y and v are [B, N, K]. */
export function focalReference(
  one: FocalCase,
  z: Float64Array,
  y: Float64Array,
  v: Float64Array,
): Float64Array {
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
