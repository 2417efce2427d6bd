import { describe, expect, test } from '@jest/globals';
import { randomStream } from '@segloss/data';

import {
  averageRanks,
  comparePairs,
  hierarchicalMean,
  holm,
  pairedDifferences,
  ranksOf,
  signedRank,
  type ScoreTable,
} from '../src/benchmark/statistics/index';

const table = (rows: readonly (readonly number[])[], seeds = rows.map((_, s) => s)): ScoreTable => ({
  seeds,
  cases: rows[0]!.map((_, c) => `case ${c}`),
  scores: rows.map((row) => Float64Array.from(row)),
});

/** Rows of seeds and columns of cases: effects of both and a residual, normal. */
function simulated(
  seed: string,
  [seeds, cases]: readonly [number, number],
  [bySeed, byCase, residual]: readonly [number, number, number],
  mean = 0,
): ScoreTable {
  const random = randomStream(seed);
  const effects = Array.from({ length: cases }, () => byCase * random.normal());
  return table(
    Array.from({ length: seeds }, () => {
      const own = bySeed * random.normal();
      return effects.map((effect) => mean + own + effect + residual * random.normal());
    }),
  );
}

describe('signedRank', () => {
  // scipy.stats.wilcoxon 1.17; with ties by listing all sign patterns.
  test.each([
    ['7 pairs, exact', [0.1, 0.2, -0.05, 0.3, 0.12, 0.07, 0.01], 0.046875],
    ['ties and a zero, exact', [3, -1, 2, 2, -2, 5, 1, 0, 4, -3, 2], 0.1796875],
    [
      '40 pairs, exact',
      Array.from({ length: 40 }, (_, i) => (((i * 29) % 97) - 44.3) / 7),
      0.3073915451623179,
    ],
    [
      '80 pairs, normal',
      Array.from({ length: 80 }, (_, i) => (((i * 37) % 101) - 45) / 10),
      0.14460725630381063,
    ],
  ])('agrees with scipy: %s', (_, differences, p) => {
    expect(signedRank(differences).p).toBeCloseTo(p, 8);
  });

  test('without differences p is 1, and undefined pairs are left out', () => {
    expect(signedRank([0, 0, NaN])).toEqual({ p: 1, effect: 0, pairs: 0, smallestP: 1 });
    expect(signedRank([1, NaN, 2])).toMatchObject({ pairs: 2, p: 0.5, effect: 1, smallestP: 0.5 });
  });

  test('is symmetric', () => {
    const differences = [3, -1, 2.5, 0.5, -4];
    const mirrored = signedRank(differences.map((d) => -d));
    expect(mirrored.p).toBe(signedRank(differences).p);
    expect(mirrored.effect).toBe(-signedRank(differences).effect);
  });
});

describe('holm', () => {
  test('multiplies step by step and never falls', () => {
    // By hand: 4·0.005; 3·0.01; 2·0.03; 0.04 rises to the one before it.
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('hierarchicalMean', () => {
  const options = (name: string) => ({ random: randomStream(name).uniform, resamples: 200 });

  test.each([
    ['one seed', [1, 25], [0, 1, 0]],
    ['seeds and cases alike', [5, 30], [0.3, 1, 0.5]],
    ['seeds differ most', [5, 30], [1, 1, 1]],
    ['three seeds', [3, 20], [0.3, 1, 0.5]],
  ] as const)('covers the true mean near 95 % of the time: %s', (name, size, effects) => {
    const draws = 200;
    let covered = 0;
    for (let i = 0; i < draws; i++) {
      const { interval } = hierarchicalMean(simulated(`${name} ${i}`, size, effects, 2), options(`b ${i}`));
      if (interval![0] <= 2 && 2 <= interval![1]) covered++;
    }
    // 200 draws of 95 % have a standard error of 1.5 points.
    expect(covered / draws).toBeGreaterThan(0.9);
    expect(covered / draws).toBeLessThan(0.995);
  });

  test('counts undefined cases instead of averaging them', () => {
    const result = hierarchicalMean(table([[0.5, NaN, 1], [0.7, NaN, NaN]]), options('a')); // prettier-ignore
    expect(result).toMatchObject({ seeds: 2, cases: 2, undefinedCases: 1 });
    expect(result.mean).toBeCloseTo((0.6 + 1) / 2, 12);
  });

  test('gives no interval for one seed and one case, and none of chance for equal scores', () => {
    expect(hierarchicalMean(table([[0.5]]), options('a')).interval).toBeNull();
    expect(hierarchicalMean(table([[0.5, 0.5, 0.5]]), options('a')).interval).toEqual([0.5, 0.5]);
    expect(hierarchicalMean(table([[NaN, NaN]]), options('a'))).toMatchObject({ mean: NaN, interval: null });
  });

  test('repeats exactly', () => {
    const scores = simulated('r', [3, 10], [1, 1, 1]);
    expect(hierarchicalMean(scores, options('x'))).toEqual(hierarchicalMean(scores, options('x')));
  });

  test('refuses rows of different lengths', () => {
    const ragged = { seeds: [0, 1], cases: ['a', 'b'], scores: [Float64Array.of(1, 2), Float64Array.of(1)] };
    expect(() => hierarchicalMean(ragged, options('a'))).toThrow(/wanted 2 rows \(seeds\) of 2 scores/);
  });
});

describe('pairedDifferences', () => {
  test('pairs by seed and by case, whatever their order', () => {
    const first = {
      seeds: [0, 1],
      cases: ['a', 'b'],
      scores: [Float64Array.of(1, 2), Float64Array.of(3, 4)],
    };
    const second = { seeds: [1], cases: ['b', 'c', 'a'], scores: [Float64Array.of(40, 50, 30)] };
    const { seeds, cases, scores } = pairedDifferences(first, second);
    expect([seeds, cases, [...scores[0]!]]).toEqual([[1], ['a', 'b'], [27, 36]]);
  });

  test('without a common seed it pairs the case means', () => {
    const { seeds, scores } = pairedDifferences(table([[1, 2]], [0]), table([[2, 4]], [7]));
    expect([seeds, [...scores[0]!]]).toEqual([[NaN], [1, 2]]);
  });
});

describe('comparePairs', () => {
  test('finds a difference that is there and none that is not', () => {
    const base = simulated('base', [5, 40], [0.02, 1, 0.05]);
    const shifted = (by: number, name: string): ScoreTable => ({
      ...base,
      scores: base.scores.map((row, s) => {
        const random = randomStream(`${name} ${s}`);
        return row.map((score) => score + by + 0.1 * random.normal());
      }),
    });
    const losses = [base, shifted(0, 'same'), shifted(0.5, 'better')];
    const compared = comparePairs(losses, { random: randomStream('c').uniform, resamples: 200 });
    const found = compared.filter(({ distinguishable }) => distinguishable);
    expect(compared).toHaveLength(3);
    expect(found.map(({ first, second }) => [first, second])).toEqual([[0, 2], [1, 2]]); // prettier-ignore
    expect(found.every(({ difference }) => Math.abs(difference.mean - 0.5) < 0.05)).toBe(true);
    expect(compared.every(({ adjustedP, test }) => adjustedP >= test.p)).toBe(true);
  });

  test('claims nothing from three cases, however large the difference', () => {
    const [low, high] = [table([[0.1, 0.2, 0.3]]), table([[0.8, 0.9, 0.95]])];
    const [pair] = comparePairs([low, high], { random: randomStream('d').uniform });
    expect(pair).toMatchObject({ distinguishable: false, adjustedP: 0.25 });
    expect(pair!.test.smallestP).toBe(0.25);
  });
});

describe('ranks', () => {
  test('ties share their mean rank; a loss without a score is last', () => {
    expect(ranksOf([0.5, 0.9, 0.5, NaN], 'higher')).toEqual([2.5, 1, 2.5, 4]);
    expect(ranksOf([5, 9, 5, NaN], 'lower')).toEqual([1.5, 3, 1.5, 4]);
  });

  test('a clear order is stable and equal losses share the first place', () => {
    const set = (shift: number, name: string) => {
      const scores = simulated(name, [3, 30], [0, 1, 0]).scores;
      return { ...table(scores.map((row) => [...row].map((score) => score + shift))) };
    };
    const clear = [[set(0, 'x'), set(1, 'x')], [set(0, 'y'), set(1, 'y')]]; // prettier-ignore
    const [worse, best] = averageRanks(clear, { random: randomStream('r').uniform, resamples: 200 });
    expect([worse!.rank, best!.rank, best!.first, best!.interval]).toEqual([2, 1, 1, [1, 1]]);
    const equal = [[set(0, 'x'), set(0, 'x')]];
    const [one, two] = averageRanks(equal, { random: randomStream('r').uniform, resamples: 200 });
    expect([one!.rank, two!.rank, one!.first + two!.first]).toEqual([1.5, 1.5, 1]);
  });
});
