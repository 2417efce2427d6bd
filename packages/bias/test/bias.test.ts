import { describe, expect, it } from '@jest/globals';
import {
  decomposeCrossEntropy,
  decomposeLogDice,
  entropy,
  jensenBound,
  klDivergence,
  logTverskyParts,
  marginalForce,
  marginalPenalties,
  marginals,
  penaltyCurve,
  pinskerBound,
  reverseBound,
  tverskyScore,
} from '@segloss/bias';
import { parseLoss } from '@segloss/losses';
import { describeEachBackend, maxError, numbers } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';

interface Scene {
  images: number;
  pixels: number;
  classes: number;
  labels: number[];
  logits: number[];
}

/** Random images in which every class is there, and some pixels are ignored. */
const scene = fc
  .record({
    images: fc.integer({ min: 1, max: 3 }),
    extra: fc.integer({ min: 0, max: 20 }),
    classes: fc.integer({ min: 2, max: 5 }),
    seed: fc.integer({ min: 1, max: 1e6 }),
  })
  .map(({ images, extra, classes, seed }): Scene => {
    const { next } = numbers(seed);
    const pixels = classes + extra;
    const label = (i: number) => (i < classes ? i : next() < 0.2 ? 255 : Math.floor(next() * classes));
    const labels = Array.from({ length: images * pixels }, (_, i) => label(i % pixels));
    const logits = Array.from({ length: images * pixels * classes }, () => Math.fround(6 * next() - 3));
    return { images, pixels, classes, labels, logits };
  });

const tensors = ({ images, pixels, classes, labels, logits }: Scene) => ({
  labels: tf.tensor2d(labels, [images, pixels], 'int32'),
  logits: tf.tensor3d(logits, [images, pixels, classes]),
});

/** q, p, m and cross-entropy of one image in float64. */
function exact({ pixels, classes, labels, logits }: Scene, image: number) {
  const [q, p, m] = [0, 0, 0].map(() => new Array<number>(classes).fill(0)) as [number[], number[], number[]];
  let [n, ce, smallest] = [0, 0, 1];
  for (let i = image * pixels; i < (image + 1) * pixels; i++) {
    if (labels[i] === 255) continue;
    const z = logits.slice(i * classes, (i + 1) * classes);
    const total = z.reduce((sum, each) => sum + Math.exp(each), 0);
    const s = z.map((each) => Math.exp(each) / total);
    const y = labels[i]!;
    n++;
    s.forEach((share, k) => (p[k]! += share));
    q[y]!++;
    m[y]! += s[y]!;
    ce -= Math.log(s[y]!);
    smallest = Math.min(smallest, s[y]!);
  }
  return {
    n,
    q: q.map((c) => c / n),
    p: p.map((c) => c / n),
    m: m.map((c, k) => c / q[k]!),
    ce: ce / n,
    smallest,
  };
}

describe('identities of the paper, in float64', () => {
  it('split -log Tversky into matching, penalty and constant', () => {
    fc.assert(fc.property(scene, fc.double({ min: 0, max: 1, noNaN: true }), (one, alpha) => {
      const { q, p, m } = exact(one, 0);
      q.forEach((share, k) => {
        const parts = { p: p[k]!, q: share, m: m[k]! };
        const { matching, marginalPenalty, constant } = logTverskyParts(parts, { alpha });
        expect(matching + marginalPenalty + constant).toBeCloseTo(-Math.log(tverskyScore(parts, { alpha, beta: 1 - alpha })), 11);
      });
    }), { seed: 1 }); // prettier-ignore
  });

  it('keep the bounds of Jensen, its reverse, and Pinsker', () => {
    fc.assert(fc.property(scene, (one) => {
      const { q, p, m, ce, smallest } = exact(one, 0);
      for (const { left, right } of [jensenBound(q, m, ce), reverseBound(q, m, ce, smallest), pinskerBound(q, p)]) {
        expect(left).toBeLessThanOrEqual(right + 1e-12);
      }
    }), { seed: 2 }); // prettier-ignore
  });

  it('give the three-class minimum of Σ log(p + q) at the vertex of the largest q', () => {
    const q = [0.2, 0.5, 0.3];
    const value = (p: number[]) => p.reduce((sum, share, k) => sum + Math.log(share + q[k]!), 0);
    const grid: number[][] = [];
    for (let i = 0; i <= 50; i++)
      for (let j = 0; i + j <= 50; j++) grid.push([i / 50, j / 50, (50 - i - j) / 50]);
    const best = grid.reduce((a, b) => (value(b) < value(a) ? b : a));
    expect(best).toEqual([0, 1, 0]);
    expect(value(best)).toBeCloseTo(
      q.reduce((sum, share) => sum + Math.log(share), 0) + Math.log(1 + 1 / 0.5),
      12,
    );
  });

  it('refuse what is no proportion', () => {
    expect(() => klDivergence([0.5, 0.5], [1])).toThrow(
      'klDivergence: wanted lists of one length, got 2 and 1',
    );
    expect(() => entropy([2])).toThrow('entropy: wanted proportions from 0 to 1, got 2');
    expect(() => logTverskyParts({ p: 0.1, q: 0.1, m: 1 }, { alpha: 1, beta: 1 })).toThrow(
      'wanted alpha + beta = 1, got 1 + 1',
    );
  });
});

describeEachBackend('tensors', () => {
  it('give the marginals of every image', () => {
    fc.assert(fc.property(scene, (one) => {
      tf.tidy(() => {
        const { labels, logits } = tensors(one);
        const { predicted, truth } = marginals(labels, logits);
        const wanted = Array.from({ length: one.images }, (_, i) => exact(one, i));
        expect(maxError(predicted.dataSync(), wanted.flatMap(({ p }) => p))).toBeLessThan(1e-6);
        expect(maxError(truth.dataSync(), wanted.flatMap(({ q }) => q))).toBeLessThan(1e-6);
      });
    }), { seed: 3, numRuns: 30 }); // prettier-ignore
  });

  it('add up: log-Dice is matching, penalty and constant', () => {
    fc.assert(fc.property(scene, (one) => {
      tf.tidy(() => {
        const { labels, logits } = tensors(one);
        const { matching, marginalPenalty, constant, value } = decomposeLogDice(labels, logits);
        const sum = tf.addN([matching, marginalPenalty, constant]).dataSync();
        expect(maxError(sum, value.dataSync())).toBeLessThan(2e-6);
        const loss = parseLoss('log-dice(smooth=0)')(labels, logits).dataSync()[0]!;
        expect(loss).toBeCloseTo(tf.mean(value).dataSync()[0]!, 5);
      });
    }), { seed: 4, numRuns: 30 }); // prettier-ignore
  });

  it('add up: cross-entropy is H(q) + KL(q‖p) + matching', () => {
    fc.assert(fc.property(scene, (one) => {
      tf.tidy(() => {
        const { labels, logits } = tensors(one);
        const parts = decomposeCrossEntropy(labels, logits);
        const sum = tf.addN([parts.entropy, parts.marginalPenalty, parts.matching]).dataSync();
        expect(maxError(sum, parts.value.dataSync())).toBeLessThan(2e-6);
        const wanted = Array.from({ length: one.images }, (_, i) => exact(one, i));
        expect(maxError(parts.value.dataSync(), wanted.map(({ ce }) => ce))).toBeLessThan(3e-6);
        expect(maxError(parts.marginalPenalty.dataSync(), wanted.map(({ q, p }) => klDivergence(q, p)))).toBeLessThan(3e-6);
        expect(maxError(parts.entropy.dataSync(), wanted.map(({ q }) => entropy(q)))).toBeLessThan(3e-6);
      });
    }), { seed: 5, numRuns: 30 }); // prettier-ignore
  });

  it('give an absent class no log-Dice, and an ignored image no cross-entropy', () => {
    const logits = tf.zeros([2, 3, 2]);
    const labels = tf.tensor2d([[0, 0, 0], [255, 255, 255]], [2, 3], 'int32'); // prettier-ignore
    expect(decomposeLogDice(labels, logits).matching.dataSync()[1]).toBeNaN();
    expect(decomposeCrossEntropy(labels, logits).value.dataSync()[1]).toBe(0);
    expect(() => decomposeCrossEntropy(labels, tf.zeros([2, 3, 1]))).toThrow('lift one channel z to [0, z]');
  });

  const force = (spec: string, one: Scene) => {
    const { labels, logits } = tensors(one);
    return marginalForce(parseLoss(spec), labels, logits).dataSync();
  };

  it('push exactly also on 2^18 pixels, where a running float32 sum has lost digits', () => {
    const pixels = 2 ** 18;
    const logits = Float32Array.from({ length: 2 * pixels }, (_, i) => 2 * Math.sin(i * 0.7));
    let wanted = 0; // p - q of class 0, all labels being 0
    for (let i = 0; i < pixels; i++)
      wanted -= 1 / (1 + Math.exp(logits[2 * i]! - logits[2 * i + 1]!)) / pixels;
    const pushed = tf.tidy(
      () => marginalForce(parseLoss('ce'), tf.zeros([1, pixels], 'int32'), tf.tensor(logits, [1, pixels, 2])).dataSync()[0]!, // prettier-ignore
    );
    expect(Math.abs(pushed / wanted - 1)).toBeLessThan(2e-6);
  });

  it('push by p - q for cross-entropy', () => {
    fc.assert(fc.property(scene, (one) => {
      tf.tidy(() => {
        const single = { ...one, images: 1 };
        const scene1 = { ...single, labels: one.labels.slice(0, one.pixels), logits: one.logits.slice(0, one.pixels * one.classes) };
        const { p, q } = exact(scene1, 0);
        expect(maxError(force('ce', scene1), p.map((share, k) => share - q[k]!))).toBeLessThan(1e-6);
      });
    }), { seed: 6, numRuns: 30 }); // prettier-ignore
  });

  it('push by the covariance formulas for L1 and KL', () => {
    fc.assert(fc.property(scene, (any) => {
      const one = { ...any, images: 1, labels: any.labels.slice(0, any.pixels), logits: any.logits.slice(0, any.pixels * any.classes) };
      const { p, q, n } = exact(one, 0);
      const K = one.classes;
      const C = Array.from({ length: K }, () => new Array<number>(K).fill(0));
      one.labels.forEach((label, i) => {
        if (label === 255) return;
        const z = one.logits.slice(i * K, (i + 1) * K);
        const total = z.reduce((sum, each) => sum + Math.exp(each), 0);
        const s = z.map((each) => Math.exp(each) / total);
        for (let j = 0; j < K; j++) for (let k = 0; k < K; k++) C[j]![k]! += (s[j]! * ((j === k ? 1 : 0) - s[k]!)) / n;
      });
      const along = (weight: (j: number) => number) => p.map((_, k) => p.reduce((sum, __, j) => sum + weight(j) * C[j]![k]!, 0));
      tf.tidy(() => {
        const near = p.some((share, k) => Math.abs(share - q[k]!) < 1e-4); // there the sign is rounding
        if (!near) expect(maxError(force('l1(classReduction=sum)', one), along((j) => Math.sign(p[j]! - q[j]!)))).toBeLessThan(2e-6);
        expect(maxError(force('kl', one), along((j) => -q[j]! / p[j]!))).toBeLessThan(5e-6);
      });
    }), { seed: 7, numRuns: 30 }); // prettier-ignore
  });

  it.each(['dice', 'log-dice', 'focal', 'ce + 0.5*dice-bias'])(
    'push as a shift of a logit says: %s',
    (spec) => {
      const labels = tf.tensor2d([[0, 1, 1, 2, 0, 255]], [1, 6], 'int32');
      const logits = tf.tensor3d(
        Array.from({ length: 18 }, (_, i) => Math.sin(5 * i)),
        [1, 6, 3],
      );
      const loss = parseLoss(spec);
      const pushed = marginalForce(loss, labels, logits).dataSync();
      [0, 1, 2].forEach((k) => {
        const shift = (by: number) =>
          loss(labels, tf.add(logits, tf.mul(by, tf.oneHot(k, 3))) as tf.Tensor).dataSync()[0]!;
        expect(pushed[k]).toBeCloseTo((shift(0.0625) - shift(-0.0625)) / 0.125, 2);
      });
    },
  );
});

describe('penalty curves', () => {
  const minimum = (spec: string, truth: number) =>
    penaltyCurve(parseLoss(spec), { truth, p: grid }).minimizer;
  const grid = Array.from({ length: 999 }, (_, i) => (i + 1) / 1000);

  it.each([0.005, 0.02, 0.1, 0.6])('have the minima that theory says, at q = %f', (q) => {
    expect(minimum('ce', q)).toBeCloseTo(q, 6);
    expect(minimum('ce + 0.5*l1', q)).toBeCloseTo(q, 6);
    expect(minimum('kl(temperature=10)', q)).toBeCloseTo(q, 6);
    expect(minimum('dice', q)).toBe(0.001); // the smallest of the grid
    const inverse = 1 / q - 1; // inverse frequencies: the minimum is one half, whatever q
    expect(minimum(`ce(classWeights=[1,${inverse}])`, q)).toBeCloseTo(0.5, 6);
  });

  it('have the minimum that each penalty declares', () => {
    for (const { value, minimizer } of Object.values(marginalPenalties())) {
      for (const q of [0.05, 0.3]) {
        const least = grid.reduce((a, b) => (value(b, q) < value(a, q) ? b : a));
        expect(Math.abs(least - minimizer(q))).toBeLessThan(1.1e-3);
      }
    }
  });

  it('start at 0, and name the terms that they leave out', () => {
    const curve = penaltyCurve(parseLoss('ce(labelSmoothing=0.1) + focal + l1'), { truth: 0.1 });
    expect(Math.min(...curve.value)).toBe(0);
    expect(curve.unknown).toEqual(['ce', 'focal']);
    expect(curve.p).toHaveLength(200);
    expect(() => penaltyCurve(parseLoss('ce'), { truth: 0 })).toThrow(
      'wanted a true proportion between 0 and 1, got 0',
    );
  });
});
