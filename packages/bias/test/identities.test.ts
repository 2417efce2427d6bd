import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  conditionalEntropy,
  decomposeCrossEntropy,
  decomposeLogTversky,
  entropy,
  generativeMatching,
  groundTruthMatching,
  jensenBound,
  klDivergence,
  logJaccardParts,
  logTverskyParts,
  marginalCrossEntropy,
  marginalPenalties,
  marginals,
  mutualInformation,
  pinskerBound,
  regionQuantities,
  reverseBound,
  simplexPenalties,
  tverskyScore,
} from '@segloss/bias';
import { parseLoss } from '@segloss/losses';
import { maxError } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';

import { image, imageWithIgnored, type Image } from './images';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const quantities = ({ labels, probabilities }: Image) => regionQuantities(labels, probabilities);
const tensors = ({ labels, logits }: Image) => ({
  labels: tf.tensor2d([labels as number[]], undefined, 'int32'),
  logits: tf.tensor3d([logits as number[][]]),
});
/** Cross-entropy, straight from its definition. */
const crossEntropy = ({ labels, probabilities }: Image) => {
  const counted = labels.flatMap((y, i) => (y === 255 ? [] : [-Math.log(probabilities[i]![y]!)]));
  return counted.reduce((a, b) => a + b, 0) / counted.length;
};
/** Dice of a class, straight from its definition. */
const dice = ({ labels, probabilities }: Image, k: number) => {
  let [overlap, size] = [0, 0];
  labels.forEach((y, i) => {
    if (y === 255) return;
    overlap += y === k ? probabilities[i]![k]! : 0;
    size += probabilities[i]![k]! + (y === k ? 1 : 0);
  });
  return (2 * overlap) / size;
};

describe('identities in float64', () => {
  it('cross-entropy = H(q) + KL(q‖p) + matching', () => {
    fc.assert(fc.property(imageWithIgnored, (one) => {
      const { q, p, logLikelihood } = quantities(one);
      const matching = generativeMatching({ q, p, logLikelihood });
      expect(Math.abs(entropy(q) + klDivergence(q, p) + matching - crossEntropy(one))).toBeLessThan(1e-12);
      expect(Math.abs(marginalCrossEntropy(q, p) + matching - crossEntropy(one))).toBeLessThan(1e-12);
    }), { seed: 31 }); // prettier-ignore
  });

  it('-log Dice = F + log(p + q) - log 2q, and -log Jaccard has the union there', () => {
    fc.assert(fc.property(imageWithIgnored, (one) => {
      const { q, p, m } = quantities(one);
      q.forEach((share, k) => {
        const score = dice(one, k);
        const parts = groundTruthMatching(m[k]!) + Math.log(p[k]! + share) - Math.log(2 * share);
        expect(Math.abs(parts + Math.log(score))).toBeLessThan(1e-12);
        const tversky = logTverskyParts({ p: p[k]!, q: share, m: m[k]! });
        expect(Math.abs(tversky.matching + tversky.marginalPenalty + tversky.constant + Math.log(score))).toBeLessThan(1e-12);
        const { matching, union, constant } = logJaccardParts({ p: p[k]!, q: share, m: m[k]! });
        expect(Math.abs(matching + union + constant + Math.log(score / (2 - score)))).toBeLessThan(1e-12);
        expect(Math.abs(tverskyScore({ p: p[k]!, q: share, m: m[k]! }) - score)).toBeLessThan(1e-12);
      });
    }), { seed: 32 }); // prettier-ignore
  });

  it('mutual information is what the entropy of the proportions loses within the pixels, and never negative', () => {
    fc.assert(fc.property(image, (one) => {
      const { p } = quantities(one);
      const information = mutualInformation(one.probabilities);
      expect(information).toBeGreaterThan(-1e-12);
      expect(Math.abs(conditionalEntropy(one.probabilities) + information - entropy(p))).toBeLessThan(1e-12);
      const divergences = one.probabilities.map((s) => klDivergence(s, p));
      expect(Math.abs(information - divergences.reduce((a, b) => a + b, 0) / divergences.length)).toBeLessThan(1e-12);
    }), { seed: 33 }); // prettier-ignore
  });

  it('the bounds hold, and do not for numbers that do not belong together', () => {
    fc.assert(fc.property(imageWithIgnored, (one) => {
      const { q, p, m, smallest } = quantities(one);
      const ce = crossEntropy(one);
      expect([jensenBound(q, m, ce), reverseBound(q, m, ce, smallest), pinskerBound(q, p)].map(({ holds }) => holds)).toEqual([true, true, true]);
    }), { seed: 34 }); // prettier-ignore
    expect(jensenBound([0.5, 0.5], [0.5, 0.5], 0.6).holds).toBe(false);
    expect(reverseBound([0.5, 0.5], [0.5, 0.5], 2, 0.1).holds).toBe(false);
  });

  it('the matching of a prediction that is the same everywhere is 0', () => {
    const s = [0.2, 0.5, 0.3];
    const { q, p, logLikelihood } = regionQuantities([0, 1, 1, 2, 255], Array<number[]>(5).fill(s));
    expect(generativeMatching({ q, p, logLikelihood })).toBeCloseTo(0, 15);
    expect(() => groundTruthMatching(1.5)).toThrow('groundTruthMatching: wanted m from 0 to 1, got 1.5');
    expect(() => conditionalEntropy([])).toThrow('wanted at least one pixel');
    expect(() => logJaccardParts({ p: 0.1, q: 0, m: 1 })).toThrow(
      'wanted a positive true proportion q, got 0',
    );
  });
});

describe('tensors', () => {
  it.each([[0.5, 0.5], [0.3, 0.7], [1, 1], [0, 1], [0.9, 0.4]])('-log Tversky adds up, α = %f, β = %f', (alpha, beta) => {
    fc.assert(fc.property(imageWithIgnored, (one) => {
      tf.tidy(() => {
        const { labels, logits } = tensors(one);
        const { matching, marginalPenalty, constant, value } = decomposeLogTversky(labels, logits, { alpha, beta });
        expect(maxError(tf.addN([matching, marginalPenalty, constant]).dataSync(), value.dataSync())).toBeLessThan(1e-6);
        const { q, p, m } = quantities(one);
        const score = q.map((share, k) => tverskyScore({ p: p[k]!, q: share, m: m[k]! }, { alpha, beta }));
        expect(maxError(value.dataSync(), score.map((each) => -Math.log(each)))).toBeLessThan(2e-6);
        expect(maxError(marginalPenalty.dataSync(), q.map((share, k) => Math.log(share * m[k]! * (1 - alpha - beta) + alpha * p[k]! + beta * share)))).toBeLessThan(2e-6);
        const loss = parseLoss(`tversky(log=true,alpha=${alpha},beta=${beta},smooth=0)`)(labels, logits).dataSync()[0]!;
        expect(loss).toBeCloseTo(tf.mean(value).dataSync()[0]!, 5);
      });
    }), { seed: 35, numRuns: 20 });
  }); // prettier-ignore

  it('refuse negative weights', () => {
    expect(() => decomposeLogTversky(tf.zeros([1, 2], 'int32'), tf.zeros([1, 2, 2]), { alpha: 1.5 })).toThrow(
      'wanted alpha and beta of at least 0, got 1.5 and -0.5',
    );
  });

  it('cross-entropy adds up to 1e-6', () => {
    fc.assert(fc.property(imageWithIgnored, (one) => {
      tf.tidy(() => {
        const { labels, logits } = tensors(one);
        const parts = decomposeCrossEntropy(labels, logits);
        const sum = tf.addN([parts.entropy, parts.marginalPenalty, parts.matching]).dataSync()[0]!;
        expect(Math.abs(sum / crossEntropy(one) - 1)).toBeLessThan(1e-6);
      });
    }), { seed: 36, numRuns: 30 }); // prettier-ignore
  });
});

describe('marginals', () => {
  const labels = () => tf.tensor2d([[0, 1, 1, 255], [2, 2, 0, 1]], [2, 4], 'int32'); // prettier-ignore
  const logits = () =>
    tf.tensor3d([
      [[3, 0, 0], [0, 2, 1], [0, 1, 2], [9, 9, 9]],
      [[0, 0, 1], [0, 0, 4], [0, 1, 0], [0, 1, 0]],
    ]); // prettier-ignore
  const read = (options: Parameters<typeof marginals>[2]) =>
    tf.tidy(() => {
      const { predicted, truth } = marginals(labels(), logits(), options);
      return [predicted.arraySync(), truth.arraySync()];
    });

  it('are hard: the share of the pixels whose class it is', () => {
    const [predicted, truth] = read({ kind: 'hard' }) as [number[][], number[][]];
    expect(maxError(predicted.flat(), [1 / 3, 1 / 3, 1 / 3, 0, 1 / 2, 1 / 2])).toBeLessThan(1e-6);
    expect(maxError(truth.flat(), [1 / 3, 2 / 3, 0, 1 / 4, 1 / 4, 1 / 2])).toBeLessThan(1e-6);
  });

  it('are those of the set as one image, which images of unequal size are not on the average', () => {
    const [predicted, truth] = read({ kind: 'hard', aggregation: 'perBatch' }) as [number[][], number[][]];
    expect(maxError(predicted.flat(), [1 / 7, 3 / 7, 3 / 7])).toBeLessThan(1e-6);
    expect(maxError(truth.flat(), [2 / 7, 3 / 7, 2 / 7])).toBeLessThan(1e-6);
  });

  it('come from soft to hard as the temperature grows', () => {
    const hard = (read({ kind: 'hard' })[0] as number[][]).flat();
    const away = [1, 3, 10, 100].map((temperature) =>
      maxError((read({ temperature })[0] as number[][]).flat(), hard),
    );
    away.slice(1).forEach((distance, i) => expect(distance).toBeLessThan(away[i]!));
    expect(away[3]).toBeLessThan(1e-6);
  });

  it('are hard for sigmoids too: one channel, or each by itself', () => {
    const binary = tf.tidy(() =>
      marginals(tf.tensor2d([[1, 0, 255]], [1, 3], 'int32'), tf.tensor3d([[[2], [0.1], [5]]]), { kind: 'hard' }).predicted.dataSync(),
    ); // prettier-ignore
    expect(Array.from(binary)).toEqual([1]);
    const multilabel = tf.tidy(() => {
      const z = tf.tensor3d([[[2, -1], [1, 1]]]); // prettier-ignore
      return marginals(tf.zeros([1, 2, 2]), z, { kind: 'hard', mode: 'multilabel' }).predicted.dataSync();
    });
    expect(Array.from(multilabel)).toEqual([1, 0.5]);
  });

  it.each([
    [{ kind: 'sharp' }, "wanted kind 'soft' or 'hard', got \"sharp\""],
    [{ aggregation: 'micro' }, "wanted aggregation 'perImage' or 'perBatch', got \"micro\""],
    [
      { kind: 'hard', temperature: 10 },
      "wanted no temperature with kind 'hard', which it does not change, got 10",
    ],
  ])('refuse %j', (options, message) => {
    expect(() => read(options as never)).toThrow(message);
  });
});

describe('penalties on the simplex', () => {
  const share = fc.double({ min: 0.05, max: 1, noNaN: true });
  const proportions = fc
    .array(share, { minLength: 3, maxLength: 3 })
    .map((list) => list.map((x) => x / list.reduce((a, b) => a + b, 0)));
  const options = { classWeights: [1, 4, 2], alpha: 0.3 };
  const all = Object.entries(simplexPenalties());

  it.each(all)('%s: gradient and curvature are derivatives of the value', (name, penalty) => {
    fc.assert(fc.property(proportions, proportions, (p, q) => {
      fc.pre(name !== 'l1' || p.every((each, k) => Math.abs(each - q[k]!) > 1e-3));
      const step = 1e-5;
      const moved = (k: number, by: number) => p.map((each, j) => each + (j === k ? by : 0));
      penalty.gradient(p, q, options).forEach((slope, k) => {
        const difference = (penalty.value(moved(k, step), q, options) - penalty.value(moved(k, -step), q, options)) / (2 * step);
        expect(Math.abs(slope - difference)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
      });
      penalty.curvature(p, q, options).forEach((bend, k) => {
        const difference = (penalty.gradient(moved(k, step), q, options)[k]! - penalty.gradient(moved(k, -step), q, options)[k]!) / (2 * step);
        expect(Math.abs(bend - difference)).toBeLessThan(1e-4 * (1 + Math.abs(bend)));
      });
    }), { seed: 41, numRuns: 30 }); // prettier-ignore
  });

  it.each(all)('%s: no proportions cost less than its minimizer', (_, penalty) => {
    fc.assert(fc.property(proportions, proportions, (p, q) => {
      const best = penalty.minimizer(q, options);
      expect(best.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      expect(penalty.value(best, q, options)).toBeLessThanOrEqual(penalty.value(p, q, options) + 1e-12);
    }), { seed: 42 }); // prettier-ignore
  });

  it.each(all)('%s is convex, or concave as those of the Dice family', (name, penalty) => {
    const concave = name === 'dice' || name === 'tversky';
    fc.assert(fc.property(proportions, proportions, proportions, (a, b, q) => {
      const middle = a.map((each, k) => (each + b[k]!) / 2);
      const excess = (penalty.value(a, q, options) + penalty.value(b, q, options)) / 2 - penalty.value(middle, q, options);
      if (concave) expect(excess).toBeLessThanOrEqual(1e-12);
      else expect(excess).toBeGreaterThanOrEqual(-1e-12);
      for (const bend of penalty.curvature(middle, q, options)) expect(Math.sign(bend)).toBe(concave ? -1 : name === 'l1' ? 0 : 1);
    }), { seed: 43 }); // prettier-ignore
  });

  it('of Dice costs Σ log q + log(1 + 1/q_j) at vertex j', () => {
    const q = [0.5, 0.3, 0.2];
    const logs = q.reduce((sum, each) => sum + Math.log(each), 0);
    q.forEach((each, j) => {
      const vertex = q.map((_, k) => (k === j ? 1 : 0));
      expect(simplexPenalties().dice!.value(vertex, q)).toBeCloseTo(logs + Math.log(1 + 1 / each), 12);
    });
  });

  it('refuse what does not fit', () => {
    const { tversky, 'weighted-ce': weighted } = simplexPenalties();
    expect(() => tversky!.value([1, 0], [0.5, 0.5], { alpha: 0 })).toThrow(
      'wanted alpha above 0 and at most 1, got 0',
    );
    expect(() => weighted!.minimizer([0.5, 0.5], { classWeights: [1] })).toThrow('wanted 2 classWeights');
  });
});

describe('penalties of one foreground class', () => {
  const open = fc.double({ min: 0.02, max: 0.98, noNaN: true });

  it.each(Object.entries(marginalPenalties()))(
    '%s: slope and curvature are derivatives of the value',
    (name, penalty) => {
      const options = { classWeights: [1, 3], ...(name === 'tversky' && { alpha: 0.3, beta: 0.7 }) };
      fc.assert(fc.property(open, open, (p, q) => {
      fc.pre(name !== 'l1' || Math.abs(p - q) > 1e-3);
      const step = 1e-5;
      const slope = (penalty.value(p + step, q, options) - penalty.value(p - step, q, options)) / (2 * step);
      expect(Math.abs(penalty.slope(p, q, options) - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
      const bend = (penalty.slope(p + step, q, options) - penalty.slope(p - step, q, options)) / (2 * step);
      expect(Math.abs(penalty.curvature(p, q, options) - bend)).toBeLessThan(1e-4 * (1 + Math.abs(bend)));
    }), { seed: 51 }); // prettier-ignore
    },
  );

  it('hold where the loss has that penalty: for proportions of the image, and α + β = 1', () => {
    const { l1, kl, tversky } = marginalPenalties();
    expect([{}, { target: [0.1] }, { backgroundIndex: 0 }].map((options) => l1!.holds(options))).toEqual([
      true,
      false,
      false,
    ]);
    expect([{}, { oneSided: true }, { target: [0.1] }].map((options) => kl!.holds(options))).toEqual([
      true,
      false,
      false,
    ]);
    expect(
      [
        { alpha: 0.3, beta: 0.7 },
        { alpha: 1, beta: 1 },
        { alpha: 0, beta: 1 },
      ].map((options) => tversky!.holds(options)),
    ).toEqual([true, false, false]);
  });
});
