import { describe, expect, test } from '@jest/globals';
import { scoreCase } from '@segloss/metrics';

import { extremeOf, extremeShares, sizesOf, type TrainedSize } from '../src/benchmark/region-sizes';
import { fisherExact } from '../src/benchmark/statistics/index';

describe('fisherExact', () => {
  // scipy.stats.fisher_exact 1.17
  test.each([
    [3, 8, 0, 8, 0.2],
    [8, 8, 0, 8, 0.0001554001554001554],
    [11, 24, 2, 24, 0.007840548336076992],
    [5, 20, 9, 12, 0.009998226693105058],
    [30, 100, 18, 130, 0.003268713551896095],
  ])('%i of %i against %i of %i agrees with scipy', (a, n, b, m, p) => {
    expect(fisherExact({ count: a, of: n }, { count: b, of: m })).toBeCloseTo(p, 9);
    expect(fisherExact({ count: b, of: m }, { count: a, of: n })).toBeCloseTo(p, 9);
  });

  test('refuses counts that cannot be', () => {
    expect(() => fisherExact({ count: 9, of: 8 }, { count: 0, of: 8 })).toThrow(/got 9 of 8/);
  });
});

describe('sizesOf', () => {
  test('counts by hand', () => {
    const common = { shape: [1, 4], classes: ['background', 'lesion'] };
    const cases = [
      scoreCase({
        id: 'a',
        truth: [0, 0, 1, 1],
        predicted: [0, 1, 1, 0],
        probabilities: [0.1, 0.6, 0.9, 0.4],
        ...common,
      }),
      scoreCase({
        id: 'b',
        truth: [0, 0, 0, 0],
        predicted: [1, 0, 0, 0],
        probabilities: [0.7, 0, 0, 0.1],
        ...common,
      }),
    ];
    // Truth 2 pixels; probabilities 2.0 and 0.8; predicted 2 and 1; 2 of 6 background pixels called lesion.
    const { soft, hard, spill } = sizesOf(cases.map(({ classes }) => classes[1]!));
    expect([soft, hard, spill].map((value) => Number(value.toFixed(6)))).toEqual([1.4, 1.5, 0.333333]);
  });
});

describe('extremes', () => {
  test('are no region, and most of the image', () => {
    expect(extremeOf({ soft: 0.05, spill: 0 })).toBe('none');
    expect(extremeOf({ soft: 7, spill: 0.9 })).toBe('all');
    expect(extremeOf({ soft: 2.4, spill: 0.3 })).toBeUndefined();
    expect(extremeOf({ soft: 0.2, spill: 0 })).toBeUndefined();
  });

  test('are counted by loss and compared with the reference', () => {
    const training = (loss: string, seed: number, soft: number): TrainedSize => ({
      set: 'rare',
      loss,
      seed: String(seed),
      soft,
      hard: soft,
      spill: soft > 5 ? 0.8 : 0,
    });
    const trainings = Array.from({ length: 8 }, (_, seed) => [
      training('ce', seed, 1),
      training('dice', seed, seed < 5 ? 0 : 9),
      training('ce + dice', seed, seed < 3 ? 0 : 1),
    ]).flat();
    const [ce, dice, both] = extremeShares(trainings, 'ce');
    expect(ce).toMatchObject({ extremes: { count: 0, of: 8 }, adjustedP: undefined });
    expect(dice).toMatchObject({ none: 5, all: 3, extremes: { count: 8, of: 8 } });
    expect(dice!.adjustedP).toBeCloseTo(2 * 0.0001554, 6);
    expect(both!.adjustedP).toBeCloseTo(0.2, 6);
  });

  test('have no p-value without the reference', () => {
    const one = { set: 's', loss: 'dice', seed: '0', soft: 0, hard: 0, spill: 0 };
    expect(extremeShares([one], 'ce')[0]!.adjustedP).toBeUndefined();
  });
});
