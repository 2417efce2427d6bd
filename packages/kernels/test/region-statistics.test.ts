import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { lossRegistry, parseLoss, regionStatistics, type Mode, type StatisticName } from '@segloss/losses';
import { checkLoss } from '@segloss/losses/testing';
import { backends, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { contractOptions, contractSpecs } from '../../losses/test/contract-cases';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
const title = 'fused region statistics on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : '');

const CASES = 200;
const EVERYWHERE: StatisticName[] = ['count', 'target', 'targetSquares', 'predicted', 'predictedSquares', 'overlap', 'overlapSquares', 'difference', 'logLikelihood', 'logSum', 'tempered']; // prettier-ignore
const SIGMOID: StatisticName[] = ['predictedComplement', 'temperedComplement', 'complementLogLikelihood', 'complementLogSum']; // prettier-ignore

interface Case {
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

function makeCase(seed: number, large = false): Case {
  const { next, pick } = numbers(seed + 1);
  const mode = pick<Mode>(['binary', 'multiclass', 'multiclass', 'multilabel']);
  const many = pick([2, 3, 4, 5, 7, 8, 11, 16, 19, 21, 33, 64, next() < 0.3 ? 256 : 6]);
  const classes = mode === 'binary' ? 1 : large ? 3 : many;
  const batch = pick([1, 2, 3]);
  const pixels = large ? pick([4095, 4096, 4097, 8199]) : pick([1, 2, 3, 5, 7, 15, 16, 17, 63, 64, 65, 131]);
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
  const count = (EVERYWHERE.length + SIGMOID.length) * batch * classes;
  const weights = Array.from({ length: count }, () => 2 * next() - 1);
  return { mode, soft, batch, pixels, classes, temperature: pick([1, 2, 10]), scale, logits, labels: labels!, y: y!, v: v!, weights }; // prettier-ignore
}

/** The sums and the gradient of their weighted sum, in float64 loops. */
function plain(one: Case, names: readonly StatisticName[]) {
  const { batch, pixels, classes, logits, y, v, temperature, weights } = one;
  const sigmoid = one.mode !== 'multiclass';
  const sums = names.map(() => Array<number>(batch * classes).fill(0));
  const gradient = Array<number>(logits.length).fill(0);
  const scores = (z: readonly number[]) => {
    const top = Math.max(...z);
    const all = z.reduce((a, x) => a + Math.exp(x - top), 0);
    return z.map((x) => (sigmoid ? 1 / (1 + Math.exp(-x)) : Math.exp(x - top) / all));
  };
  const logOf = (z: readonly number[], k: number, sign: number) => {
    if (sigmoid) return Math.min(sign * z[k]!, 0) - Math.log1p(Math.exp(-Math.abs(z[k]!)));
    const top = Math.max(...z);
    return z[k]! - top - Math.log(z.reduce((a, x) => a + Math.exp(x - top), 0));
  };
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < pixels; i++) {
      const start = (b * pixels + i) * classes;
      const seen = Array.from({ length: classes }, (_, k) => v[start + k]!);
      const z = seen.map((on, k) => (on ? logits[start + k]! : 0));
      const s = scores(z);
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
          logLikelihood: yy * logOf(z, k, 1),
          logSum: vv * logOf(z, k, 1),
          tempered: vv * t[k]!,
          predictedComplement: vv * c[k]!,
          temperedComplement: vv * tc[k]!,
          complementLogLikelihood: (vv - yy) * logOf(z, k, -1),
          complementLogSum: vv * logOf(z, k, -1),
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
      for (let k = 0; k < classes; k++) {
        gradient[start + k] = sigmoid
          ? s[k]! * c[k]! * onS![k]! + c[k]! * onLog![k]! - s[k]! * onLogC![k]! + temperature * t[k]! * tc[k]! * onT![k]!
          : s[k]! * (onS![k]! - dot(onS!, s)) + onLog![k]! - s[k]! * dot(onLog!, s.map(() => 1)) +
            temperature * t[k]! * (onT![k]! - dot(onT!, t)); // prettier-ignore
      }
    }
  }
  return { sums, gradient };
}

/** What of the sums and the gradient is not as {@link plain} says: all statistics, or some at random. */
function differences(one: Case, seed: number, all: boolean): string[] {
  const wrong: string[] = [];
  const { mode, soft, batch, pixels, classes, temperature } = one;
  const { next, pick } = numbers(1000 + seed);
  const known = mode === 'multiclass' ? EVERYWHERE : [...EVERYWHERE, ...SIGMOID];
  const chosen = known.filter(() => all || next() < 0.3);
  const names = chosen.length > 0 ? chosen : [pick(known)];
  const wanted = plain(one, names);
  tf.tidy(() => {
    const indices = mode === 'multiclass' && !soft;
    const labels = tf.tensor(one.labels, indices ? [batch, pixels] : [batch, pixels, classes], soft ? 'float32' : 'int32'); // prettier-ignore
    const logits = tf.tensor(one.logits, [batch, pixels, classes]);
    const weights = tf.split(tf.tensor(one.weights.slice(0, names.length * batch * classes), [names.length, batch, classes]), names.length); // prettier-ignore
    const options = { statistics: names, temperature, mode, ignoreIndex: 1255 } as const;
    let sums: number[][] = [];
    const gradient = tf
      .grad((z) => {
        const statistics = regionStatistics(labels, z, options);
        sums = names.map((name) => Array.from(statistics[name].dataSync()));
        const parts = names.map((name, j) => tf.sum(tf.mul(statistics[name], tf.reshape(weights[j]!, [batch, classes])))); // prettier-ignore
        return parts.reduce((left, right) => tf.add(left, right));
      })(logits)
      .dataSync();
    const about = `${seed} [${names}]: ${mode} B${batch} N${pixels} K${classes} T${temperature} scale ${one.scale}${soft ? ' soft' : ''}`;
    names.forEach((name, j) => {
      const scale = Math.max(1, ...wanted.sums[j]!.map(Math.abs));
      const off = Math.max(...wanted.sums[j]!.map((x, i) => Math.abs(x - sums[j]![i]!))) / scale;
      if (!(off < 2e-6)) wrong.push(`${about}: ${name} off by ${off}`);
    });
    // s_k - y_k near 0 has no sign to agree on: the derivative of the difference jumps there.
    // Below 1e-2 what is left is the rounding of differences of numbers near 1.
    const scale = Math.max(1e-2, ...wanted.gradient.map(Math.abs));
    const off = Math.max(...wanted.gradient.map((x, i) => Math.abs(x - gradient[i]!))) / scale;
    if (!(off < 2e-5)) wrong.push(`${about}: gradient off by ${off}`);
  });
  return wrong;
}

suite(title, () => {
  beforeAll(async () => {
    await wasm.use();
  });

  it('covers every mode, and labels of both kinds', () => {
    const kinds = new Set(
      Array.from({ length: CASES }, (_, seed) => makeCase(seed)).map(({ mode, soft }) => `${mode} ${soft}`),
    );
    expect([...kinds].sort()).toEqual([
      'binary false',
      'multiclass false',
      'multiclass true',
      'multilabel false',
    ]);
  });

  it.each(['all sums', 'some'])(
    'agrees with float64 loops in value and gradient, in 200 random cases: %s',
    (asked) => {
      expect(
        Array.from({ length: CASES }, (_, seed) =>
          differences(makeCase(seed), seed, asked === 'all sums'),
        ).flat(),
      ).toEqual([]);
    },
  );

  // Work is done in parts of 4096 pixels.
  it('agrees with them where an image has several parts, in 12 random cases', () => {
    expect(
      Array.from({ length: 12 }, (_, seed) => differences(makeCase(seed, true), seed, false)).flat(),
    ).toEqual([]);
  });

  it('takes a mask as labels that are ignored', () => {
    const { next } = numbers(3);
    const [pixels, classes] = [77, 5];
    const labels = Int32Array.from({ length: pixels }, () => Math.floor(next() * classes));
    const mask = Int32Array.from({ length: pixels }, () => Number(next() < 0.7));
    const logits = tf.tensor3d(
      Float32Array.from({ length: pixels * classes }, () => 4 * next() - 2),
      [1, pixels, classes],
    );
    const of = (indices: Int32Array, more: { mask?: tf.Tensor }) => {
      const target = tf.tensor2d(indices, [1, pixels], 'int32');
      const { value, grad } = tf.valueAndGrad((z) => {
        const { count, overlap, logLikelihood } = regionStatistics(target, z as tf.Tensor, {
          statistics: ['count', 'overlap', 'logLikelihood'],
          ...more,
        });
        return tf.sum(tf.add(tf.mul(count, overlap), logLikelihood));
      })(logits);
      return [...value.dataSync(), ...grad.dataSync()];
    };
    const ignored = labels.map((label, i) => (mask[i] ? label : 255));
    expect(of(labels, { mask: tf.tensor2d(mask, [1, pixels], 'int32') })).toEqual(of(ignored, {}));
    expect(of(labels, {})).not.toEqual(of(ignored, {}));
  });

  it('sums 2^22 pixels to a relative error of 2e-6', () => {
    const [side, classes] = [2048, 2];
    const pixels = side * side;
    const logits = Float32Array.from({ length: pixels * classes }, (_, i) => 3 * Math.sin(i * 0.37));
    let wanted = 0;
    for (let i = 0; i < pixels; i++) {
      const gap = logits[2 * i + 1 - (i % 2)]! - logits[2 * i + (i % 2)]!; // the other score less the label's
      wanted += Math.max(gap, 0) + Math.log1p(Math.exp(-Math.abs(gap)));
    }
    const value = tf.tidy(() => {
      const labels = tf.tensor(
        Int32Array.from({ length: pixels }, (_, i) => i % 2),
        [1, side, side],
        'int32',
      );
      return parseLoss('ce')(labels, tf.tensor(logits, [1, side, side, classes])).dataSync()[0]!;
    });
    expect(Math.abs(value / (wanted / pixels) - 1)).toBeLessThan(2e-6);
  });

  it('says NaN where a valid logit is NaN', () => {
    const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
    for (const spec of ['ce', 'dice', 'l1(temperature=10)']) {
      for (const place of [0, 1, 2, 3, 4, 5]) {
        const logits = tf.tensor(
          [0, 1, 2, 3, 4, 5].map((z, i) => (i === place ? NaN : z)),
          [1, 2, 3],
        );
        expect(parseLoss(spec)(labels, logits).dataSync()[0]).toBeNaN();
      }
    }
  });

  it.each([...lossRegistry().keys(), ...contractSpecs])('the contract holds with it: %s', (spec) => {
    const results = checkLoss(parseLoss(spec), contractOptions[spec.split('(')[0]!]);
    expect(
      results.flatMap(({ mode, rule, failures }) => failures.map((why) => `${mode}: ${rule}: ${why}`)),
    ).toEqual([]);
  });
});
