import { describe, expect, it } from '@jest/globals';
import { randomStream } from '@segloss/data';
import {
  analyzeRegionSizes,
  compareRegionSizes,
  type BootstrapOptions,
  type ProportionCase,
  type RegionSizeAnalysisOptions,
} from '@segloss/metrics';

/** Cases of background and one class. */
const binary = (sizes: readonly (readonly [q: number, p: number])[]): ProportionCase[] =>
  sizes.map(([q, p], i) => ({ id: `case${i}`, truth: [1 - q, q], predicted: [1 - p, p] }));

const foreground = (
  sizes: readonly (readonly [q: number, p: number])[],
  options: RegionSizeAnalysisOptions = {},
) => analyzeRegionSizes(binary(sizes), options).classes[1]!;

/** The only class of cases, over all of them: half the work, and the stream of random numbers starts there. */
const single = (sizes: readonly (readonly [q: number, p: number])[], bootstrap: BootstrapOptions) =>
  analyzeRegionSizes(
    sizes.map(([q, p], i) => ({ id: `${i}`, truth: [q], predicted: [p] })),
    { exclusive: false, quantiles: 1, drivers: 0, bootstrap },
  ).classes[0]!.overall;

const bootstrap = (seed: number, resamples = 400) => ({ random: randomStream(seed).uniform, resamples });

describe('analyzeRegionSizes', () => {
  it('gives numbers computed by hand', () => {
    // Σq = 0.5, Σp = 0.42; the last case has no class, and some is predicted.
    const sizes = [[0.1, 0.05], [0.4, 0.36], [0, 0.01]] as const; // prettier-ignore
    const { overall, fixed, drivers } = foreground(sizes);
    expect(overall).toMatchObject({ cases: 3, present: 2, missed: 0, invented: 1, ratioInterval: null });
    expect(overall.truth).toBeCloseTo(0.5 / 3, 12);
    expect(overall.ratio).toBeCloseTo(0.84, 12);
    expect(overall.median).toBeCloseTo(0.7, 12);
    expect(overall.signed).toBeCloseTo(-0.08 / 3, 12);
    expect(overall.absolute).toBeCloseTo(0.1 / 3, 12);
    expect([overall.over, overall.under]).toEqual([1 / 3, 2 / 3]);
    const kl = 0.1 * Math.log(2) + 0.9 * Math.log(0.9 / 0.95) + 0.4 * Math.log(0.4 / 0.36) + 0.6 * Math.log(0.6 / 0.64) + Math.log(1 / 0.99); // prettier-ignore
    expect(overall.kl).toBeCloseTo(kl / 3, 12);
    expect(fixed.map(({ cases }) => cases)).toEqual([0, 0, 0, 2]);
    expect(fixed[3]!.ratio).toBeCloseTo(0.82, 12);
    expect(drivers.map(({ id }) => id)).toEqual(['case0', 'case1', 'case2']);
    expect(drivers.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(0.84 - 1, 12);
  });

  it('gives L1 and KL of the label marginals, and counts where KL is infinite', () => {
    const cases = [
      { id: 'a', truth: [0.5, 0.3, 0.2], predicted: [0.6, 0.3, 0.1] },
      { id: 'b', truth: [0.9, 0.1, 0], predicted: [1, 0, 0] },
    ];
    const { marginals } = analyzeRegionSizes(cases);
    expect(marginals!.l1).toBeCloseTo((0.2 + 0.2) / 2, 12);
    expect(marginals!.kl).toBeCloseTo(0.5 * Math.log(5 / 6) + 0.2 * Math.log(2), 12);
    expect(marginals!.klInfinite).toBe(1);
    expect(analyzeRegionSizes(cases, { exclusive: false }).marginals).toBeNull();
  });

  it('puts as many cases into each quantile, smallest first, and cases of one size into one bin', () => {
    const sizes = Array.from({ length: 12 }, (_, i) => [(12 - i) / 100, 0.01] as const);
    const { quantiles } = foreground([...sizes, [0, 0.5]], { quantiles: 3 });
    expect(quantiles.map(({ cases, from, to }) => [cases, from, to])).toEqual([
      [4, 0.01, 0.05],
      [4, 0.05, 0.09],
      [4, 0.09, 0.12],
    ]);
    expect(quantiles[0]!.ratio).toBeCloseTo(0.04 / 0.1, 12);
    const same = foreground(Array.from({ length: 8 }, () => [0.2, 0.1] as const));
    expect(same.quantiles.map(({ cases }) => cases)).toEqual([8]);
  });

  it('has an edge in the bin above it', () => {
    const { fixed } = foreground([[0.01, 0.01], [0.00999, 0.01], [1, 1]]); // prettier-ignore
    expect(fixed.map(({ cases }) => cases)).toEqual([0, 1, 1, 1]);
  });

  it('has no ratio of a class that is nowhere, and says what is invented', () => {
    const { overall, quantiles, drivers } = foreground([[0, 0], [0, 0.1]], { bootstrap: bootstrap(1) }); // prettier-ignore
    expect(overall).toMatchObject({ ratio: NaN, median: NaN, ratioInterval: null, present: 0, invented: 1 });
    expect(quantiles).toEqual([]);
    expect(drivers).toEqual([{ id: 'case1', truth: 0, predicted: 0.1, contribution: NaN }]);
    expect(analyzeRegionSizes([], { classes: ['a', 'b'] }).classes).toHaveLength(2);
  });

  it('has no interval with one case, and one without width where all cases agree', () => {
    expect(foreground([[0.1, 0.2]], { bootstrap: bootstrap(1) }).overall.ratioInterval).toBeNull(); // prettier-ignore
    const { overall } = foreground([[0.125, 0.25], [0.25, 0.5], [0.5, 1]], { bootstrap: bootstrap(1) }); // prettier-ignore
    expect(overall.ratioInterval).toEqual([2, 2]);
    expect(overall.medianInterval).toEqual([2, 2]);
  });

  it('draws medians as sorting each sample would', () => {
    const random = randomStream(5);
    const sizes = Array.from({ length: 9 }, () => {
      const q = 0.1 + 0.4 * random.uniform();
      return [q, q * 2 * random.uniform()] as const;
    });
    const { medianInterval } = single([...sizes, [0, 0.1]], bootstrap(3, 200));
    // The same numbers of the same stream, over the cases in the order of their ratios.
    const { uniform } = randomStream(3);
    const ratios = sizes.map(([q, p]) => p / q).sort((a, b) => a - b);
    const medians = Array.from({ length: 200 }, () => {
      const drawn = Array.from({ length: 10 }, () => ratios[Math.floor(uniform() * 10)]).filter((r) => r !== undefined).sort((a, b) => a - b); // prettier-ignore
      return (drawn[(drawn.length - 1) >> 1]! + drawn[drawn.length >> 1]!) / 2;
    }).sort((a, b) => a - b);
    const at = (place: number) => medians[Math.floor(place)]! + (place % 1) * (medians[Math.ceil(place)]! - medians[Math.floor(place)]!); // prettier-ignore
    expect(medianInterval![0]).toBeCloseTo(at(0.025 * 199), 12);
    expect(medianInterval![1]).toBeCloseTo(at(0.975 * 199), 12);
  });

  it('has intervals that hold the true ratio about as often as they say', () => {
    // Of 200 sets of 60 cases each, drawn where E(p) = 0.8 E(q) and the median of p/q is 0.8.
    const random = randomStream('coverage');
    let [ratio, median] = [0, 0];
    const sets = 200;
    for (let set = 0; set < sets; set++) {
      const sizes = Array.from({ length: 60 }, () => {
        const q = 0.02 + 0.2 * random.uniform();
        return [q, q * (0.8 + 0.6 * (random.uniform() - 0.5))] as const;
      });
      const { ratioInterval, medianInterval } = single(sizes, bootstrap(set, 200));
      const holds = ([low, high]: readonly [number, number]) => (low <= 0.8 && 0.8 <= high ? 1 : 0);
      ratio += holds(ratioInterval!);
      median += holds(medianInterval!);
    }
    // 95 % within four standard deviations of 200 draws, and two points for what percentiles of 60 cases lack.
    for (const share of [ratio / sets, median / sets]) {
      expect(share).toBeGreaterThan(0.87);
      expect(share).toBeLessThan(0.995);
    }
  });

  it('gives the same for the same seed, and other intervals for another', () => {
    const sizes = Array.from({ length: 20 }, (_, i) => [(i + 1) / 50, ((i * 7) % 20) / 50] as const);
    const of = (seed: number) => foreground(sizes, { bootstrap: bootstrap(seed) });
    expect(of(1)).toEqual(of(1));
    expect(of(1).overall.ratioInterval).not.toEqual(of(2).overall.ratioInterval);
    expect(of(1).overall.ratio).toBe(of(2).overall.ratio);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'an unknown option',
      () => analyzeRegionSizes([], { bins: 3 } as object),
      /unknown option "bins"; known options: classes, /,
    ],
    ['edges that do not rise', () => analyzeRegionSizes([], { edges: [0.1, 0.1] }), /rising proportions/],
    ['half a bin', () => analyzeRegionSizes([], { quantiles: 1.5 }), /quantiles from 1 to 100, got 1.5/],
    ['a negative number of drivers', () => analyzeRegionSizes([], { drivers: -1 }), /drivers from 0, got -1/],
    ['counts', () => foreground([[0.5, 12]]), /from 0 to 1, got -11 of case0; divide counts/], // prettier-ignore
    ['NaN', () => foreground([[NaN, 0]]), /got NaN of case0/], // prettier-ignore
    ['a case twice', () => analyzeRegionSizes([...binary([[0, 0]]), ...binary([[0, 0]])]), /got case0 twice/], // prettier-ignore
    ['too few names', () => foreground([[0, 0]], { classes: ['a'] }), /wanted 2 names of classes, got 1/], // prettier-ignore
    ['few samples', () => foreground([], { bootstrap: bootstrap(1, 5) }), /resamples from 100, got 5/],
    [
      'a level of percents',
      () => foreground([], { bootstrap: { ...bootstrap(1), level: 95 } }),
      /between 0 and 1, got 95/,
    ],
    [
      'no function',
      () => foreground([], { bootstrap: { random: 1 as never } }),
      /random as a function, got number/,
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

describe('compareRegionSizes', () => {
  it('gives the second less the first on the cases of both, by hand', () => {
    const first = binary([[0.1, 0.05], [0.4, 0.36], [0.2, 0.2]]); // prettier-ignore
    const second = binary([[0.1, 0.12], [0.4, 0.4]]); // prettier-ignore
    const { cases, classes } = compareRegionSizes(first, second, { classes: ['none', 'lesion'] });
    expect(cases).toBe(2);
    expect(classes[1]!.name).toBe('lesion');
    expect(classes[1]!.ratio.value).toBeCloseTo(0.52 / 0.5 - 0.41 / 0.5, 12);
    expect(classes[1]!.absolute.value).toBeCloseTo((0.02 - 0.09) / 2, 12);
  });

  it('settles a small difference on every case, which intervals of each run alone do not', () => {
    const random = randomStream(8);
    const sizes = Array.from(
      { length: 40 },
      () => [0.05 + 0.4 * random.uniform(), random.uniform()] as const,
    );
    const first = binary(sizes.map(([q, r]) => [q, q * (0.5 + r)]));
    const second = binary(sizes.map(([q, r]) => [q, q * (0.48 + r)]));
    const { ratio } = compareRegionSizes(first, second, { bootstrap: bootstrap(1) }).classes[1]!;
    expect(ratio.value).toBeCloseTo(-0.02, 12);
    expect(ratio.interval![0]).toBeCloseTo(-0.02, 12);
    expect(ratio.interval![1]).toBeCloseTo(-0.02, 12);
    const [alone] = [first, second].map((cases) => analyzeRegionSizes(cases, { bootstrap: bootstrap(1) }));
    const [low, high] = alone!.classes[1]!.overall.ratioInterval!;
    expect(high - low).toBeGreaterThan(0.04);
  });

  it('has an interval about a difference that varies from case to case, and does not settle one that is chance', () => {
    const random = randomStream(9);
    const sizes = Array.from({ length: 40 }, () => 0.05 + 0.4 * random.uniform());
    const run = () => binary(sizes.map((q) => [q, q * (0.5 + random.uniform())]));
    const { ratio, absolute } = compareRegionSizes(run(), run(), { bootstrap: bootstrap(1) }).classes[1]!;
    for (const { value, interval } of [ratio, absolute]) {
      const [low, high] = interval!;
      expect(low).toBeLessThan(Math.min(0, value));
      expect(high).toBeGreaterThan(Math.max(0, value));
    }
  });

  it('refuses runs with different truths', () => {
    expect(() => compareRegionSizes(binary([[0.1, 0]]), binary([[0.2, 0]]))).toThrow(/wanted one truth for both runs.* of case0/); // prettier-ignore
  });
});
