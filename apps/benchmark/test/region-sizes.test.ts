import { describe, expect, test } from '@jest/globals';
import { scoreCase, summarizeCases } from '@segloss/metrics';
import pc from 'picocolors';

import { extremeOf, isOff, shares, sizesOf, type TrainedSize } from '../src/benchmark/region-sizes';
import { sizeSentences } from '../src/benchmark/size-sentences';
import { sizeStrips } from '../src/benchmark/size-strips';
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
    const classes = ['background', 'lesion'];
    const common = { shape: [1, 4], classes };
    const [a, b] = [[0.1, 0.6, 0.9, 0.4], [0.7, 0, 0, 0.1]]; // prettier-ignore
    const cases = [
      scoreCase({ id: 'a', truth: [0, 0, 1, 1], predicted: [0, 1, 1, 0], probabilities: a!, ...common }),
      scoreCase({ id: 'b', truth: [0, 0, 0, 0], predicted: [1, 0, 0, 0], probabilities: b!, ...common }),
    ];
    // Truth 2 pixels; probabilities 2.0 and 0.8; predicted 2 and 1; 2 of 6 background pixels called lesion.
    const { soft, hard, spill } = sizesOf(summarizeCases(cases, { classes }), 1);
    expect([soft, hard, spill].map((value) => Number(value.toFixed(6)))).toEqual([1.4, 1.5, 0.333333]);
  });
});

const training = (name: string, soft: number, more: Partial<TrainedSize> = {}): TrainedSize => ({
  set: 'rare',
  name,
  soft,
  hard: soft,
  spill: soft > 5 ? 0.8 : 0,
  ...more,
});

/** Eight trainings of three losses. */
const trainings = Array.from({ length: 8 }, (_, seed) => [
  training('ce', 1, { hard: seed < 6 ? 0.1 : 0.9 }),
  training('dice', seed < 5 ? 0 : 12),
  training('ce + dice', seed < 3 ? 0 : 1),
]).flat();

describe('how trainings end', () => {
  test('extremes are no region, and most of the image', () => {
    expect(extremeOf({ soft: 0.05, spill: 0 })).toBe('none');
    expect(extremeOf({ soft: 7, spill: 0.9 })).toBe('all');
    expect(extremeOf({ soft: 2.4, spill: 0.3 })).toBeUndefined();
    expect(extremeOf({ soft: 0.2, spill: 0 })).toBeUndefined();
    expect([0.49, 0.51, 1.99, 2.01].map(isOff)).toEqual([true, false, false, true]);
  });

  test('are counted by loss and compared with the reference', () => {
    const [ce, dice, both] = shares(trainings, 'ce', (one) => isOff(one.soft));
    expect(ce).toMatchObject({ counts: { count: 0, of: 8 }, adjustedP: undefined });
    expect(dice!.counts).toEqual({ count: 8, of: 8 });
    expect(dice!.adjustedP).toBeCloseTo(2 * 0.0001554, 6);
    expect(both!.adjustedP).toBeCloseTo(0.2, 6);
    expect(shares([training('dice', 0)], 'ce', () => true)[0]!.adjustedP).toBeUndefined();
  });
});

describe('sizeSentences', () => {
  test('say what was seen, with counts and the test', () => {
    const [lottery, soft, mask, decoded] = sizeSentences(trainings);
    expect(lottery).toMatch(/^The probabilities of dice sum to .* in 8 of 8 trainings \(5 with no region at all, 3 with most of the image\), those of ce in 0 of 8: more than chance/); // prettier-ignore
    expect(soft).toBe('The probabilities of ce sum to about the true size, in the median to 1.00 of it.');
    expect(mask).toMatch(/mask of ce.* has less than half the true size in 6 of 8 trainings on rare/);
    expect(decoded).toMatch(/--decode volume .* in the median 1\.00 of the true size instead of 0\.10/);
    const wrong = trainings.map((one) => (one.name === 'ce' ? { ...one, soft: 0.7 } : one));
    expect(sizeSentences(wrong).join()).not.toContain('--decode'); // it gives the size of the probabilities, which is not right here
  });

  test('say what was not seen, and when chance may explain it', () => {
    const calm = trainings.map((one) => ({ ...one, soft: 1, hard: 1, spill: 0 }));
    expect(sizeSentences(calm)[0]).toMatch(/^Not seen here/);
    const few = calm.map((one, i) => (i === 1 ? { ...one, soft: 0 } : one));
    expect(sizeSentences(few)[0]).toMatch(
      /of dice sum to .* in 1 of 8 .*: too few trainings to tell from chance/,
    );
    const biased = calm.map((one) => (one.name === 'ce' ? { ...one, soft: 0.7 } : one));
    expect(sizeSentences(biased)[1]).toMatch(/sum to 0.70 of the true size here/);
    const baseOff = calm.map((one) => (one.name === 'ce' ? { ...one, soft: 0.3 } : one));
    expect(sizeSentences(baseOff)[0]).toMatch(/of ce sum to .* in 8 of 8 trainings, those of no other loss/);
  });

  test('say nothing of fewer than five trainings for each loss', () => {
    expect(sizeSentences(trainings.slice(0, 12))).toEqual([]);
    expect(sizeSentences([])).toEqual([]);
  });
});

describe('sizeStrips', () => {
  const lines = sizeStrips(trainings, pc.createColors(false), 80).split('\n');
  const counts = (line: string) => [...line.slice(line.search(/soft|mask/)).matchAll(/[1-9]/g)].map(([digit]) => Number(digit)); // prettier-ignore

  test('count every training once in each line', () => {
    const strips = lines.filter((line) => /soft|mask/.test(line));
    expect(strips).toHaveLength(6);
    for (const line of strips) expect(counts(line).reduce((sum, one) => sum + one, 0)).toBe(8);
  });

  test('place trainings under the ticks of the axis', () => {
    const axis = lines.at(-1)!;
    const dice = lines[3]!;
    expect(dice[axis.indexOf('0')]).toBe('5');
    expect(dice[axis.indexOf('10')]).toBe('3'); // 12 stands at the end
    expect(lines[1]![/ 1 /.exec(axis)!.index + 1]).toBe('8');
  });

  test('fit the terminal', () => {
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
});
