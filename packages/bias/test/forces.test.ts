import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  crossEntropyForce,
  focalForce,
  linearForce,
  marginalForce,
  penaltyForce,
  regionQuantities,
  simplexPenalties,
  softmaxCovariance,
  tverskyForce,
} from '@segloss/bias';
import { parseLoss, signedDistanceMap } from '@segloss/losses';
import { maxError } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';

import { image, imageWithIgnored, type Image } from './images';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** The force of the loss itself, by its gradient. */
const measured = (spec: string, { labels, logits }: Image) =>
  tf.tidy(() => {
    const z = tf.tensor3d([logits as number[][]]);
    return marginalForce(
      parseLoss(spec),
      tf.tensor2d([labels as number[]], undefined, 'int32'),
      z,
    ).dataSync();
  });

const runs = { numRuns: 25 };

describe('closed forms of the marginal force are what the losses push', () => {
  it('cross-entropy: p - q, and with class weights', () => {
    fc.assert(fc.property(imageWithIgnored, (one) => {
      const { p, q } = regionQuantities(one.labels, one.probabilities);
      const plain = crossEntropyForce(one.labels, one.probabilities);
      expect(maxError(plain, p.map((share, k) => share - q[k]!))).toBeLessThan(1e-12);
      expect(maxError(measured('ce', one), plain)).toBeLessThan(1e-6);
      const weights = p.map((_, k) => 1 + 2 * k);
      const weighted = crossEntropyForce(one.labels, one.probabilities, weights);
      expect(maxError(measured(`ce(classWeights=[${weights.join()}])`, one), weighted)).toBeLessThan(1e-6);
    }), { seed: 21, ...runs }); // prettier-ignore
  });

  it.each([0, 0.5, 1, 2, 5])('focal loss, γ = %f', (gamma) => {
    fc.assert(fc.property(imageWithIgnored, (one) => {
      expect(maxError(measured(`focal(gamma=${gamma})`, one), focalForce(one.labels, one.probabilities, { gamma }))).toBeLessThan(2e-6);
    }), { seed: 22, ...runs }); // prettier-ignore
  });

  it.each([
    ['dice(smooth=0)', {}],
    ['log-dice(smooth=0)', { log: true }],
    ['jaccard(smooth=0)', { alpha: 1, beta: 1 }],
    ['tversky(alpha=0.3,beta=0.7,smooth=0)', { alpha: 0.3, beta: 0.7 }],
    ['tversky(alpha=0.9,beta=0.4,smooth=0,log=true)', { alpha: 0.9, beta: 0.4, log: true }],
  ])('%s', (spec, options) => {
    fc.assert(fc.property(imageWithIgnored, (one) => {
      expect(maxError(measured(spec, one), tverskyForce(one.labels, one.probabilities, options))).toBeLessThan(2e-6);
    }), { seed: 23, ...runs }); // prettier-ignore
  });

  it.each([
    ['l1(classReduction=sum)', 'l1'],
    ['l2(classReduction=sum)', 'l2'],
    ['kl', 'kl'],
    ['reverse-kl', 'reverse-kl'],
    ['js', 'js'],
  ])('%s, through the covariance', (spec, name) => {
    fc.assert(fc.property(image, (one) => {
      const { p, q } = regionQuantities(one.labels, one.probabilities);
      fc.pre(p.every((share, k) => Math.abs(share - q[k]!) > 1e-4)); // nearer, the sign of p - q is rounding
      const slopes = simplexPenalties()[name]!.gradient(p, q);
      const closed = penaltyForce(slopes, one.probabilities);
      expect(maxError(measured(spec, one), closed) / Math.max(1, ...closed.map(Math.abs))).toBeLessThan(5e-6);
    }), { seed: 24, ...runs }); // prettier-ignore
  });

  it('a loss that is linear in the probabilities, as the boundary loss', () => {
    fc.assert(fc.property(image, (one) => {
      const costs = one.probabilities.map((s, i) => s.map((_, k) => Math.sin(3 * i + 5 * k)));
      const force = tf.tidy(() => {
        const linear = (_: tf.Tensor, z: tf.Tensor) =>
          tf.div(tf.sum(tf.mul(tf.softmax(z), tf.tensor2d(costs))), costs.length) as tf.Scalar;
        return marginalForce(linear, tf.zeros([1]), tf.tensor2d(one.logits as number[][])).dataSync();
      });
      expect(maxError(force, linearForce(costs, one.probabilities))).toBeLessThan(1e-6);
    }), { seed: 25, ...runs }); // prettier-ignore
  });

  it('the boundary loss itself, of which φ is the signed distance', () => {
    const labels = [0, 0, 1, 1, 1, 0];
    const logits = labels.map((_, i) => [Math.sin(i), Math.cos(2 * i)]);
    const probabilities = logits.map(([a, b]) => {
      const s = 1 / (1 + Math.exp(a! - b!));
      return [1 - s, s];
    });
    const distances = signedDistanceMap(labels, [1, 6]);
    const force = tf.tidy(() => {
      const at = tf.tensor4d(logits.flat(), [1, 1, 6, 2]);
      return marginalForce(parseLoss('boundary'), tf.tensor3d(labels, [1, 1, 6], 'int32'), at).dataSync();
    });
    const costs = Array.from(distances, (phi) => [0, phi]); // the background is left out
    expect(maxError(force, linearForce(costs, probabilities))).toBeLessThan(1e-6);
  });
});

describe('the softmax covariance', () => {
  it('is the derivative of the proportions by the bias, symmetric, and sums to 0', () => {
    fc.assert(fc.property(image, ({ logits, probabilities }) => {
      const C = softmaxCovariance(probabilities);
      const marginals = (k: number, by: number) => {
        const shifted = logits.map((z) => z.map((each, j) => each + (j === k ? by : 0)));
        const s = shifted.map((z) => {
          const e = z.map(Math.exp);
          const sum = e.reduce((a, b) => a + b, 0);
          return e.map((each) => each / sum);
        });
        return s[0]!.map((_, j) => s.reduce((sum, row) => sum + row[j]!, 0) / s.length);
      };
      C.forEach((row, j) => {
        expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 12);
        row.forEach((c, k) => {
          expect(c).toBeCloseTo(C[k]![j]!, 12);
          expect(c).toBeCloseTo((marginals(k, 1e-4)[j]! - marginals(k, -1e-4)[j]!) / 2e-4, 7);
        });
      });
    }), { seed: 26, ...runs }); // prettier-ignore
  });
});

describe('wrong lists', () => {
  it.each([
    [() => regionQuantities([0, 1], [[1, 0]]), 'regionQuantities: wanted a row of probabilities for each label, got 1 rows for 2 labels'],
    [() => regionQuantities([0, 2], [[1, 0], [1, 0]]), 'wanted labels from 0 to 1 or ignoreIndex 255, got 2 at pixel 1'],
    [() => regionQuantities([0, 1], [[1, 0], [1]]), 'wanted 2 probabilities in each row, got 1 in row 1'],
    [() => regionQuantities([0], [[1, 0]], { ignore: 3 } as object), 'unknown option "ignore"'],
    [() => crossEntropyForce([0], [[1, 0]], [1]), 'wanted 2 classWeights, one for each class, got 1'],
    [() => focalForce([0], [[1, 0]], { gamma: -1 }), 'wanted gamma of at least 0, got -1'],
    [() => penaltyForce([1], [[1, 0]]), 'wanted a slope for each of 2 classes, got 1'],
    [() => linearForce([], [[1, 0]]), 'wanted a row of costs for each row of probabilities, got 0 and 1'],
    [() => softmaxCovariance([]), 'wanted at least one pixel, got none'],
  ])('%s', (call, message) => {
    expect(call).toThrow(message);
  }); // prettier-ignore
});
