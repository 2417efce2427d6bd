import { describe, expect, it } from '@jest/globals';

import { analyzeRuns } from '../src/analyze/analysis.js';
import { verdicts } from '../src/analyze/verdict.js';

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
  const [sentence] = verdicts(analyzeRuns(read, { seed: 0, resamples: 200, quantiles: 4 }));
  return sentence!;
}

/** Up and down in turn. */
const wobble = (i: number, by: number) => (i % 2 ? 1 + by : 1 / (1 + by));

describe('verdicts', () => {
  it.each<[string, (q: number, i: number) => number, RegExp]>([
    [
      'exact sizes',
      (q) => q,
      /no significant size error over all cases: 1\.00 \[1\.00, 1\.00\] times.* No bin differs/,
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
      /too large; the largest 10: .*too small\. Sizes are pulled to the middle, more than random errors do/,
    ],
    [
      'lost small regions',
      (q) => (q < 0.003 ? 0 : q),
      /The smallest 10 regions: 0\.00 .*too small; the largest 10: 1\.00.* Small regions are lost.* It is missed in 10 of 40 cases/,
    ],
    [
      'exaggerated sizes',
      (q) => 0.01 * (q / 0.01) ** 1.4,
      /too small; the largest 10: .*too large\. Sizes are exaggerated/,
    ],
    ['large regions cut off', (q) => Math.min(q, 0.02), /Only large regions are too small/],
    ['noise', (q, i) => q * wobble(i, 0.3), /No bin differs significantly from 1/],
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
    const [sentence] = verdicts(analyzeRuns(read, { seed: 0, resamples: 200, quantiles: 4 }));
    expect(sentence).toMatch(
      /too large; the largest 10: .*too small\. This is what random errors do in such bins \(regression to the mean\)/,
    );
  });

  it('decide nothing from one case', () => {
    const run = { name: 'ce', source: '', cases: [{ id: 'a', truth: [0.9, 0.1], predicted: [0.8, 0.2] }] };
    const read = {
      classes: ['rest', 'lesion'],
      exclusive: true,
      background: 0,
      runs: [run],
      faults: [],
      notes: [],
    };
    expect(verdicts(analyzeRuns(read, { seed: 0, resamples: 100, quantiles: 4 }))).toEqual([
      'ce: "lesion" is predicted 2.00 times its true size; one case decides nothing.',
    ]);
  });
});
