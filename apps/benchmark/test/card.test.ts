import { describe, expect, it } from '@jest/globals';
import { renderCard } from '../src/card/page.js';
import { forceChart, minimumChart, posteriorChart, simplexOptions, valueChart } from '../src/card/charts.js';
import { cardRows, interpolate, nearestRow } from '../src/card/numbers.js';
import { problemsOf } from '../src/card/problems.js';
import { sentencesOf } from '../src/card/sentences.js';
import { factor, list, shareText, sizeWords } from '../src/card/words.js';
import { card, curve, profile } from './card-fixture.js';

/** With ordinary spaces. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('the words of a card', () => {
  it.each([
    [0.001, '0'], [0.526, '0.53'], [0.999, '1.0'], [1, '1.0'], [9.96, '10'], [12.6, '13'], [1250, '1300'], [-2.34, '-2.3'],
  ])('says the factor %d as %s', (value, text) => expect(factor(value)).toBe(text)); // prettier-ignore

  it.each([
    [0.00098, '0.1 %'], [0.0095, '1 %'], [0.0104, '1 %'], [0.0498, '5 %'], [0.25, '25 %'], [0.4, '40 %'], [0.13, '13 %'],
  ])('says the share %d as %s', (q, text) => expect(plain(shareText(q))).toBe(text)); // prettier-ignore

  it.each([
    [0, 'no region at all'], [0.0999, 'the true size'], [0.109, 'the true size'], [0.25, '2.5 times the true size'], [1, 'the whole image'],
  ])('says p = %d of q = 0.1 as %s', (p, text) => expect(sizeWords(p, 0.1)).toBe(text)); // prettier-ignore

  it('joins a list', () => {
    expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual(['', 'a', 'a and b', 'a, b and c']); // prettier-ignore
  });
});

describe('the numbers of a card', () => {
  it('are the minimum of each family and the push relative to p - q, for each true proportion', () => {
    const rows = cardRows(profile());
    expect(rows.map(({ q }) => q)).toEqual([0.001, 0.0095, 0.05]);
    expect(rows[1]!.minimizer.noise!.p).toBeCloseTo(0.019, 12);
    expect(rows[1]!.minimizer.uniform!.p).toBe(0);
    for (const { push } of rows) {
      expect(push.half).toBeCloseTo(3, 12);
      expect(push.double).toBeCloseTo(3, 12);
    }
  });

  it('have no push beyond the curve, or beside a value that is missing', () => {
    expect(interpolate([1, 2, 4], [10, 20, 40], 3)).toBe(30);
    expect(interpolate([1, 2, 4], [10, 20, 40], 2)).toBe(20);
    expect(interpolate([1, 2, 4], [10, null, 40], 3)).toBeNull();
    expect(interpolate([1, 2, 4], [10, 20, 40], 0.5)).toBeNull();
    expect(interpolate([1, 2, 4], [10, 20, 40], 5)).toBeNull();
  });

  it('find the nearest row by ratio', () => {
    expect(nearestRow(cardRows(profile()), 0.01)!.q).toBe(0.0095);
    expect(nearestRow([], 0.01)).toBeUndefined();
  });
});

describe('the sentences of a card', () => {
  it('follow from the numbers', () => {
    expect(sentencesOf(card()).map(plain)).toEqual([
      'The hidden size penalty log(p + q) prefers no region at all: for a region of 1 % of the image it is least at 0 %.',
      'For a true region of 1 % of the image, the loss is least at no region at all for uniform predictions; at 2.0 times the true size for predictions with calibrated noise; at the true size for nested regions around the true center.',
      'A region predicted at half and twice its size (in the right place, true share 1 %) is pushed back 3.0 times as hard as by CE.',
      'Where annotators disagree, the best prediction has 0.80 to 1.4 times the mean of their volumes (under CE exactly the mean).',
      'For three classes with 70 % / 20 % / 10 % of the image, the best uniform prediction is 100 % / 0 % / 0 %.',
    ]);
  });

  it('say who agrees together, and a push the wrong way', () => {
    const q = 0.01;
    const lines = (['uniform', 'noise', 'nested'] as const).map((family) =>
      curve(family, q, { value: (p) => -p, force: (p) => -2 * Math.abs(p - q), best: 1 }),
    );
    const rest = profile({ families: lines, posterior: [] });
    expect(
      sentencesOf(card({ profile: rest, penalties: [] }))
        .map(plain)
        .slice(0, 2),
    ).toEqual([
      'For a true region of 1 % of the image, the loss is least at the whole image for uniform predictions, predictions with calibrated noise and nested regions around the true center.',
      'A region predicted at half its size (in the right place, true share 1 %) is pushed back 2.0 times as hard as by CE; at twice its size, it is pushed further away, 2.0 times as hard as CE pushes it back.',
    ]);
  });

  it('say that a volume is kept', () => {
    const posterior = profile().posterior.map((one) => ({ ...one, softRatio: 1.04 }));
    expect(sentencesOf(card({ profile: profile({ posterior }) }))).toContain(
      'Where annotators disagree, the best prediction has the mean of their volumes.',
    );
  });
});

describe('what is wrong with a loss', () => {
  const nested = (value: (p: number) => number | null, force: (p: number) => number | null = (p) => p) =>
    profile({ families: [0.01, 0.1].map((q) => curve('nested', q, { value: (p) => value(p / q), force, best: q })) }); // prettier-ignore

  it('is nothing for a sound loss', () => {
    expect(problemsOf(profile())).toEqual([]);
    expect(problemsOf(nested((ratio) => Math.log(ratio)))).toEqual([]); // pulls one way: biased, not broken
  });

  it('gathers the findings of one kind', () => {
    const nan = (where: string) => ({ kind: 'nan' as const, where, message: 'the value is NaN' });
    const findings = [nan('uniform q=0.01'), { kind: 'wrong-gradient' as const, where: 'gradient', message: '1, not 2' }, nan('nested q=0.1')]; // prettier-ignore
    const [first, second, ...more] = problemsOf(profile({ findings }));
    expect(first!.meaning).toMatch(/NaN/);
    expect(first!.detail).toBe('Seen in 2 parts of the profile (uniform and nested). The first, at uniform q=0.01: the value is NaN'); // prettier-ignore
    expect(second!.meaning).toMatch(/not the derivative/);
    expect(more).toEqual([]);
  });

  it('is a reversed sign where the right prediction costs most', () => {
    const problems = problemsOf(nested((ratio) => -Math.abs(Math.log(ratio))));
    expect(problems.map(({ meaning }) => meaning)).toEqual([expect.stringMatching(/sign is probably reversed/)]); // prettier-ignore
  });

  it('is a missing gradient where the value moves and no force is there', () => {
    const problems = problemsOf(nested((ratio) => Math.abs(ratio - 1), () => 0)); // prettier-ignore
    expect(problems.map(({ meaning }) => meaning)).toEqual([expect.stringMatching(/no gradient/)]);
    expect(problemsOf(nested(() => 1, () => 0))).toEqual([]); // prettier-ignore
  });
});

describe('the charts of a card', () => {
  it('draw the best sizes over the true share, those too small at the lower end', () => {
    const { series } = minimumChart(card());
    expect(series.map(({ name }) => name)).toEqual(['uniform', 'calibrated noise', 'nested regions', 'penalty in closed form']); // prettier-ignore
    expect(series[0]!.points).toEqual([[0.001, 0.1], [0.0095, 0.1], [0.05, 0.1]]); // prettier-ignore
    for (const [, ratio] of series[1]!.points) expect(ratio).toBeCloseTo(2, 12);
    expect(series[1]!.intervals![0]![2]).toBeCloseTo(2.4, 12);
  });

  it('draw the loss less its minimum, and the force beside p - q', () => {
    const [panel] = valueChart(profile()).panels;
    expect(panel!.series.map(({ points }) => Math.min(...points.map(([, y]) => y)))).toEqual([0, 0, 0]);
    const force = forceChart(profile()).panels[2]!;
    const reference = force.series.at(-1)!;
    expect(reference.name).toBe('cross-entropy: p - q');
    for (const [ratio, f] of reference.points) expect(f).toBeCloseTo(0.05 * ratio - 0.05, 12);
    for (const [ratio, f] of force.series[0]!.points) expect(f).toBeCloseTo(3 * (0.05 * ratio - 0.05), 12);
  });

  it('keep zeros and missing values apart', () => {
    expect(posteriorChart(profile()).series[1]!.bars).toEqual([{ value: 1.2 }, { value: 0 }]);
    const points = simplexOptions(profile())!.points;
    expect(points.map(({ value }) => value)).toEqual([1, 2, NaN]);
    expect(points.map(({ flow }) => flow)).toEqual([[-0.1, 0.1, 0], undefined, undefined]);
  });
});

describe('renderCard', () => {
  const page = renderCard(card(), 'segloss loss card mine');

  it('is one page without scripts and without addresses', () => {
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|(src|href)="https?:/);
    expect(page).toContain("default-src 'none'");
  });

  it('escapes what a loss says of itself', () => {
    expect(page).toContain('<code>mine(&lt;b&gt;)</code>');
    expect(page).toContain('a &amp; b');
    expect(page).toContain('return p &lt; q;');
    expect(page).not.toContain('<b>');
  });

  it('has every chart with a description and a table, and the numbers', () => {
    const count = (text: string) => page.split(text).length - 1;
    expect(count('<svg ')).toBe(6);
    expect(count('<desc>')).toBe(6);
    expect(count('Data of this chart')).toBe(6);
    expect(page).toMatch(/<td[^>]*>\s*2\.0 \(1\.8–2\.4\)\s*<\/td>/);
    expect(count('alt="share of the annotators')).toBe(2);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('says at its top in plain words that a loss is broken', () => {
    const findings = [{ kind: 'nan' as const, where: 'gradient', message: 'the value is NaN' }];
    const text = renderCard(card({ profile: profile({ findings }) }), '');
    const doubtful = [{ ...findings[0]!, kind: 'wrong-gradient' as const }];
    const meant = renderCard(card({ profile: profile({ findings: doubtful }) }), '');
    expect(meant).toContain('Look at the gradient of this loss');
    expect(meant).not.toContain('This loss is broken');
    expect(page).not.toContain('This loss is broken');
    expect(text).toContain('This loss is broken');
    expect(text.indexOf('It gives NaN')).toBeLessThan(text.indexOf('The hidden size penalty'));
  });

  it('has a page even for a loss of which nothing could be measured', () => {
    const empty = { spec: 'mine', mode: 'binary' as const, findings: [{ kind: 'error' as const, where: 'uniform', message: 'the loss threw: no' }], families: [], posterior: [] }; // prettier-ignore
    expect(renderCard(card({ profile: empty, penalties: [] }), '')).toContain('It throws an error on valid input.'); // prettier-ignore
  });
});
