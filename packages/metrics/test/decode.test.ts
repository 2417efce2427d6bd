import { describe, expect, it } from '@jest/globals';
import { bestDiceSize, decode } from '@segloss/metrics';
import { goldenFile, numbers } from '@segloss/testing';

interface Golden {
  maps: Record<string, { probs: number[] }>;
  cases: {
    id: string;
    map: string;
    emptyDice1: { kStar: number; expectedDice: number; kTies: number[] };
    emptyDice0: { kStar: number; expectedDice: number; kTies: number[] };
    threshold05: { kStrict: number };
    volume: { mask: number[] };
    expectedDiceByK: number[];
  }[];
}

const golden = goldenFile('decoding') as unknown as Golden | undefined;

if (golden === undefined) {
  describe.skip('golden decoding (skipped: ../shared/golden is not there)', () => it('', () => undefined));
} else {
  describe('golden decoding', () => {
    it.each(golden.cases.map((each) => [each.id, each] as const))('%s', (_, each) => {
      const { probs } = golden.maps[each.map]!;
      const sum = (labels: Uint8Array) => labels.reduce((a, b) => a + b, 0);
      expect(Array.from(decode(probs, { policy: 'volume' }))).toEqual(each.volume.mask);
      expect(sum(decode(probs))).toBe(each.threshold05.kStrict);
      for (const emptyDice of [0, 1] as const) {
        const wanted = each[`emptyDice${emptyDice}`];
        const { size, expectedDice, error } = bestDiceSize(probs, { emptyDice, exactUpTo: 1000 });
        expect(expectedDice).toBeCloseTo(wanted.expectedDice, 10);
        expect(wanted.kTies).toContain(size);
        expect(error).toBe(0);
        const decoded = sum(decode(probs, { policy: 'dice', emptyDice }));
        expect(
          wanted.expectedDice - each.expectedDiceByK[decoded]! * (decoded === 0 ? emptyDice : 1),
        ).toBeLessThan(1e-3);
        // The expansion, which is meant for large images, keeps its own bound.
        const fast = bestDiceSize(probs, { emptyDice, exactUpTo: 0 });
        const reached =
          fast.size === 0 ? emptyDice * each.expectedDiceByK[0]! : each.expectedDiceByK[fast.size]!;
        expect(wanted.expectedDice - reached).toBeLessThanOrEqual(2 * fast.error + 1e-12);
      }
    });
  });
}

describe('bestDiceSize', () => {
  it('has the best expected Dice over all masks of three pixels, by enumeration', () => {
    const { next } = numbers(6);
    for (let round = 0; round < 20; round++) {
      const p = [next(), next(), next()];
      const masks = Array.from({ length: 8 }, (_, bits) => [0, 1, 2].map((i) => (bits >> i) & 1));
      const dice = (a: number[], b: number[]) => {
        const size = [...a, ...b].reduce((x, y) => x + y);
        return size === 0 ? 1 : (2 * a.filter((x, i) => x && b[i]).length) / size;
      };
      const expected = (mask: number[]) =>
        masks.reduce(
          (sum, truth) => sum + truth.reduce((q, y, i) => q * (y ? p[i]! : 1 - p[i]!), 1) * dice(mask, truth),
          0,
        );
      const best = Math.max(...masks.map(expected));
      expect(bestDiceSize(p).expectedDice).toBeCloseTo(best, 12);
      expect(expected(Array.from(decode(p, { policy: 'dice' })))).toBeCloseTo(best, 12);
    }
  });

  it('is expanded within its bound, which is small for large images', () => {
    const { next } = numbers(8);
    for (const power of [1, 3, 8]) {
      const p = Float64Array.from({ length: 180 }, () => next() ** power);
      const [exact, fast] = [bestDiceSize(p), bestDiceSize(p, { exactUpTo: 0 })];
      expect(Math.abs(fast.expectedDice - exact.expectedDice)).toBeLessThan(fast.error);
      expect(Math.abs(fast.expectedDice - exact.expectedDice)).toBeLessThan(1e-3);
    }
    const large = Float64Array.from({ length: 200_000 }, () => next() ** 4);
    expect(bestDiceSize(large).error).toBeLessThan(1e-4);
  });
});

describe('decode', () => {
  const three = [
    0.4, 0.35, 0.25, 0.5, 0.3, 0.2, 0.4, 0.1, 0.5, 0.6, 0.2, 0.2, 0.5, 0.4, 0.1, 0.6, 0.15, 0.25,
  ];

  it('gives each class the size of its probabilities', () => {
    // Sums: 3, 1.5, 1.5 of 6 pixels; the remainders are equal, so the lower class gets the pixel.
    const labels = decode(three, { numClasses: 3, policy: 'volume' });
    expect([0, 1, 2].map((k) => labels.filter((label) => label === k).length)).toEqual([3, 2, 1]);
    // 0.6 of pixels 3 and 5, then 0.5 of pixels 1 (background), 2 (class 2); class 2 is full; 0.4 of pixel 4 and 0.35 of 0 are class 1.
    expect(Array.from(labels)).toEqual([1, 0, 2, 0, 1, 0]);
  });

  it('is the most probable pixels for two classes as for one', () => {
    const { next } = numbers(4);
    const p = Array.from({ length: 101 }, () => Math.round(64 * next() ** 3) / 64);
    const one = decode(p, { policy: 'volume' });
    const size = Math.floor(p.reduce((a, b) => a + b) + 0.5);
    expect(one.reduce((a, b) => a + b, 0)).toBe(size);
    const least = Math.min(...p.filter((_, i) => one[i]));
    expect(Math.max(...p.filter((_, i) => !one[i]))).toBeLessThanOrEqual(least);
    const two = decode(
      p.flatMap((value) => [1 - value, value]),
      { numClasses: 2, policy: 'volume' },
    );
    expect(Array.from(two).filter(Boolean).length).toBe(size);
  });

  it('takes the most probable class above its threshold', () => {
    const thresholds = [9, 0.3, 0.22];
    expect(Array.from(decode(three, { numClasses: 3, policy: 'thresholds', thresholds }))).toEqual([
      1, 0, 2, 0, 1, 2,
    ]);
    expect(Array.from(decode(three, { numClasses: 3 }))).toEqual([0, 0, 2, 0, 0, 0]);
  });

  it('removes small components', () => {
    const p = [1, 0, 1, 1, 0, 0, 0, 0, 1];
    const options = { minComponent: 2, shape: [3, 3], connectivity: 4 } as const;
    expect(Array.from(decode(p, options))).toEqual([1, 0, 0, 1, 0, 0, 0, 0, 0]);
    expect(Array.from(decode(p, { ...options, connectivity: 8, minComponent: 3 }))).toEqual(
      new Array(9).fill(0),
    );
  });

  it.each<[string, Parameters<typeof decode>, string]>([
    ['logits', [[2, 0]], 'wanted probabilities from 0 to 1, got 2 at pixel 0'],
    ['sums other than 1', [[0.5, 0.6], { numClasses: 2 }], 'wanted probabilities that sum to 1'],
    [
      'thresholds without their policy',
      [[0.5], { thresholds: [1] }],
      "wanted 1 thresholds with policy 'thresholds' and none without",
    ],
    ['a policy that needs thresholds', [[0.5], { policy: 'thresholds' }], 'got none'],
    ['a shape that does not fit', [[0.5], { minComponent: 2 }], 'wanted the shape of 1 pixels'],
    [
      'an unknown policy',
      [[0.5], { policy: 'best' as 'dice' }],
      'wanted policy argmax, volume, dice or thresholds',
    ],
  ])('refuses %s', (_, args, message) => {
    expect(() => decode(...args)).toThrow(message);
  });
});
