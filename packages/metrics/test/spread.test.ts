import { describe, expect, it } from '@jest/globals';
import { sizeSpread } from '@segloss/metrics';
import { numbers } from '@segloss/testing';

// Sizes and statistics by numpy: r = corrcoef(x - y, x + y), t = r sqrt((n - 2) / (1 - r²)) of x = log p, y = log q.
const TRUE_SIZES = [0.009544, 0.01538, 0.096687, 0.035407, 0.003548, 0.018221, 0.009819, 0.021251, 0.003668, 0.023325, 0.023176, 0.088534]; // prettier-ignore
const PREDICTED = [0.012712, 0.018815, 0.037355, 0.056883, 0.003255, 0.025297, 0.01068, 0.015543, 0.004861, 0.017662, 0.024109, 0.053181]; // prettier-ignore
const sizes = TRUE_SIZES.map((truth, i) => ({ truth, predicted: PREDICTED[i]! }));

/** Normal numbers by the sum of twelve. */
const normal = (next: () => number) => Array.from({ length: 12 }, next).reduce((a, b) => a + b) - 6;

describe('sizeSpread', () => {
  it('is the test of Pitman and Morgan on logarithms', () => {
    const { ratio, t, cases, verdict } = sizeSpread(sizes);
    expect([cases, verdict]).toEqual([12, 'inconclusive']);
    expect(ratio).toBeCloseTo(0.8323240992178306, 10);
    expect(t).toBeCloseTo(-1.513384009310633, 10);
  });

  it('changes its sign with the sides, and does not depend on scale', () => {
    const turned = sizeSpread(
      sizes.map(({ truth, predicted }) => ({ truth: predicted, predicted: 3 * truth })),
    );
    expect(turned.t).toBeCloseTo(1.513384009310633, 10);
    expect(turned.ratio).toBeCloseTo(1 / 0.8323240992178306, 10);
  });

  it('calls random errors of both sides inconclusive in about 95 of 100 sets, and a shrunken range narrower', () => {
    const { next } = numbers(2);
    let [falseAlarms, found] = [0, 0];
    for (let round = 0; round < 200; round++) {
      const draw = (shrink: number) =>
        Array.from({ length: 20 }, () => {
          const size = normal(next);
          const error = () => 0.5 * normal(next);
          return { truth: Math.exp(size + error()), predicted: Math.exp(shrink * size + error()) };
        });
      if (sizeSpread(draw(1)).verdict !== 'inconclusive') falseAlarms++;
      if (sizeSpread(draw(0.3)).verdict === 'narrower') found++;
    }
    expect(falseAlarms).toBeLessThan(22); // 10 ± 3 standard deviations of 3.1
    expect(found).toBeGreaterThan(150);
  });

  it('leaves out cases without one of the sides, and says nothing of two', () => {
    const more = [...sizes, { truth: 0, predicted: 0.1 }, { truth: 0.1, predicted: 0 }];
    expect(sizeSpread(more)).toEqual(sizeSpread(sizes));
    expect(sizeSpread(sizes.slice(0, 2))).toMatchObject({ cases: 2, ratio: NaN, verdict: 'inconclusive' });
  });
});
