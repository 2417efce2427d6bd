import { describe, expect, it } from '@jest/globals';

import { analyzeRuns } from '../src/analyze/analysis.js';
import { verdicts, verdictText } from '../src/analyze/verdict.js';

const sizes = Array.from({ length: 40 }, (_, i) => 0.001 * 1.12 ** i);

/** The verdict on 40 cases whose predicted size is a function of the true one. */
function verdictOf(predicted: (q: number, i: number) => number): string {
  const cases = sizes.map((q, i) => {
    const p = predicted(q, i);
    return { id: String(i), truth: [1 - q, q], predicted: [1 - p, p] };
  });
  const run = { name: 'ce', source: '', cases };
  const read = {
    classes: ['rest', 'lesion'],
    exclusive: true,
    background: 0,
    runs: [run],
    faults: [],
    notes: [],
  };
  const [verdict] = verdicts(analyzeRuns(read, { seed: 0, resamples: 200, quantiles: 4 }));
  return verdictText(verdict!);
}

/** Up and down in turn. */
const wobble = (i: number, by: number) => (i % 2 ? 1 + by : 1 / (1 + by));

describe('verdicts', () => {
  it.each<[string, (q: number, i: number) => number, RegExp]>([
    [
      'exact sizes',
      (q) => q,
      /no significant size error over all cases: 1\.00 \[1\.00, 1\.00\] times.* Neither small nor large regions differ/,
    ],
    [
      'half the size',
      (q) => q / 2,
      /"lesion" is predicted too small: 0\.50 .*too small; the largest 10: .*It is too small at every size/,
    ],
    ['twice the size', (q) => 2 * q, /is predicted too large: 2\.00 .*It is too large at every size/],
    [
      'a preferred size',
      (q, i) => 0.02 * (q / 0.02) ** 0.3 * wobble(i, 0.02),
      /too large; the largest 10: .*too small\. Small regions are too large and large ones too small, more than random errors explain/,
    ],
    [
      'lost small regions',
      (q) => (q < 0.003 ? 0 : q),
      /The smallest 10 regions: 0\.00 .*too small; the largest 10: 1\.00.* Only small regions are too small, or lost.* It is missed in 10 of 40 cases/,
    ],
    [
      'exaggerated sizes',
      (q) => 0.01 * (q / 0.01) ** 1.4,
      /too small; the largest 10: .*too large\. Sizes are exaggerated/,
    ],
    ['large regions cut off', (q) => Math.min(q, 0.02), /Only large regions are too small/],
    ['noise', (q, i) => q * wobble(i, 0.3), /Neither small nor large regions differ significantly/],
  ])('name %s', (_, predicted, wanted) => {
    expect(verdictOf(predicted)).toMatch(wanted);
  });

  it('do not call regression to the mean a bias', () => {
    // True sizes in the middle, each with an error of its own on either side: extremes of q are errors of q.
    const error = (i: number) => Math.exp(0.9 * Math.sin(7.3 * i));
    const cases = sizes.map((_, i) => [0.02 * error(i), 0.02 * error(i + 1000)] as const);
    const run = {
      name: 'ce',
      source: '',
      cases: cases.map(([q, p], i) => ({ id: String(i), truth: [1 - q, q], predicted: [1 - p, p] })),
    };
    const read = {
      classes: ['rest', 'lesion'],
      exclusive: true,
      background: 0,
      runs: [run],
      faults: [],
      notes: [],
    };
    const [verdict] = verdicts(analyzeRuns(read, { seed: 0, resamples: 200, quantiles: 4 }));
    expect(verdictText(verdict!)).toMatch(
      /too large; the largest 10: .*too small\..*as random errors alone make them \(regression to the mean\)/,
    );
  });

  it.each([
    [1, 'ce: "lesion" is predicted 2.00 times its true size, in 1 case: too few for a verdict.'],
    // All five too large: the sign test gives 2 / 2⁵ = 0.06.
    [
      5,
      'ce: "lesion" is predicted 2.00 [2.00, 2.00] times its true size, in 5 cases: too few for a verdict.',
    ],
    [6, 'ce: "lesion" is predicted too large: 2.00 [2.00, 2.00] times its true size.'],
  ])('decide nothing from few cases: %i', (count, wanted) => {
    const cases = Array.from({ length: count }, (_, i) => ({ id: String(i), truth: [0.9, 0.1], predicted: [0.8, 0.2] })); // prettier-ignore
    const run = { name: 'ce', source: '', cases };
    const read = {
      classes: ['rest', 'lesion'],
      exclusive: true,
      background: 0,
      runs: [run],
      faults: [],
      notes: [],
    };
    const all = verdicts(analyzeRuns(read, { seed: 0, resamples: 100, quantiles: 4 }));
    expect(all.map(verdictText)).toEqual([wanted]);
  });
});
