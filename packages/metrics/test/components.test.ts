import { describe, expect, it } from '@jest/globals';
import {
  ccDice,
  lesionCase,
  lesionScores,
  lesionWiseScores,
  matchComponents,
  panopticQuality,
  scoreCase,
  summarizeCases,
  summarizeLesions,
  type ComponentOptions,
  type LesionOptions,
} from '@segloss/metrics';
import { pairsOf } from '../src/components/lesion-scores.js';
import { assign } from '../src/components/optimal.js';
import { goldenFile } from '@segloss/testing';

interface Golden {
  masks: Record<string, { shape: number[]; values: number[] }>;
  cases: ({ id: string; kind: string; gt: string; pred: string } & Record<string, unknown>)[];
}
type Counts = {
  tp: number;
  fp: number;
  fn: number;
  recall: number | null;
  precision: number | null;
  f1: number | null;
  sumIou: number;
};
type Matching = 'greedy' | 'optimal';

const golden = goldenFile('components') as unknown as Golden | undefined;

/** Equal but for the last digits. */
function near(value: number | null, wanted: number | null): void {
  if (wanted === null || value === null) expect(value).toBe(wanted);
  else expect(value).toBeCloseTo(wanted, 10);
}

if (golden === undefined) {
  describe.skip('golden components (skipped: ../shared/golden is not there)', () => it('', () => undefined));
} else {
  const of = (kind: string) =>
    golden.cases.filter((each) => each.kind === kind).map((each) => [each.id, each] as const);
  const inputs = ({ gt, pred, connectivity }: Golden['cases'][number]) => {
    const { shape, values } = golden.masks[gt]!;
    return [values, golden.masks[pred]!.values, { shape, connectivity } as ComponentOptions] as const;
  };

  describe('golden components', () => {
    it.each(of('match'))('%s', (_, each) => {
      const match = matchComponents(...inputs(each));
      expect([match.truth.length, match.predicted.length]).toEqual([each['nGt'], each['nPred']]);
      const pairs = each['pairs'] as number[][];
      expect(
        match.pairs.map(({ truth, predicted, intersection }) => [truth, predicted, intersection]),
      ).toEqual(pairs.map((pair) => pair.slice(0, 3)));
      match.pairs.forEach(({ iou, dice }, i) =>
        [iou, dice].forEach((value, k) => near(value, pairs[i]![3 + k]!)),
      );
      const overlap = each['overlap'] as Counts & { tpGt: number; tpPred: number };
      const any = lesionScores(match);
      expect([any.found, any.missed, any.right, any.invented]).toEqual([
        overlap.tpGt,
        overlap.fn,
        overlap.tpPred,
        overlap.fp,
      ]);
      near(any.recall, overlap.recall);
      near(any.precision, overlap.precision);
      near(any.f1, overlap.f1);
      for (const [iou, matchings] of Object.entries(
        each['iou'] as Record<string, Record<Matching, Counts>>,
      )) {
        for (const matching of ['greedy', 'optimal'] as const) {
          const wanted = matchings[matching];
          const scores = lesionScores(match, { iou: Number(iou), matching });
          expect([scores.found, scores.missed, scores.invented]).toEqual([wanted.tp, wanted.fn, wanted.fp]);
          near(scores.recall, wanted.recall);
          near(scores.precision, wanted.precision);
          const pairs = pairsOf(match, Number(iou), matching);
          near(pairs.reduce((sum, pair) => sum + pair.iou, 0), wanted.sumIou); // prettier-ignore
        }
      }
      const pq = each['pq'] as { sq: number | null; rq: number | null; pq: number | null };
      const own = panopticQuality(match);
      near(own.rq, pq.rq);
      near(own.pq, pq.pq);
    });

    it.each(of('bratsLesionWise'))('%s', (_, each) => {
      const { shape: flat, values } = golden.masks[each.gt]!;
      const shape = each['asShape'] as number[]; // images are volumes of one slice there
      expect(shape.reduce((a, b) => a * b)).toBe(flat.reduce((a, b) => a * b));
      const scores = lesionWiseScores(values, golden.masks[each.pred]!.values, {
        shape,
        dilation: each['dilation'] as number,
        minSize: each['volumeThreshold'] as number,
      });
      expect([scores.found, scores.missed, scores.invented]).toEqual(
        ['numTP', 'numFN', 'numFP'].map((key) => each[key]),
      );
      near(scores.dice, each['lesionWiseDice'] as number);
      near(scores.hd95, each['lesionWiseHD95'] as number);
      const lesions = each['lesions'] as {
        volume: number;
        dice: number;
        hd95: number;
        matchedPred: number[];
      }[];
      expect(scores.lesions.map(({ size, predicted }) => [size, predicted])).toEqual(
        lesions.map(({ volume, matchedPred }) => [volume, matchedPred]),
      );
      scores.lesions.forEach((lesion, i) => {
        near(lesion.dice, lesions[i]!.dice);
        near(lesion.hd95, lesions[i]!.hd95);
      });
    });

    it.each(of('ccDice'))('%s', (_, each) => {
      const { mean, components } = ccDice(...inputs(each));
      // The original says 1 where both are empty, which we leave out of means, as every Dice.
      near(mean ?? 1, each['ccDice'] as number);
      if (mean !== null) components.forEach((dice, k) => near(dice, (each['regions'] as number[])[k]!));
    });
  });
}

describe('components', () => {
  const shape = [1, 9];
  const truth = [1, 1, 1, 0, 1, 0, 0, 255, 255];
  const predicted = [0, 1, 1, 1, 1, 0, 0, 1, 0];

  it('are matched without ignored pixels', () => {
    const match = matchComponents(truth, predicted, { shape });
    expect([match.truth, match.predicted]).toEqual([[3, 1], [4]]); // prettier-ignore
    expect(match.pairs.map(({ intersection, iou }) => [intersection, iou])).toEqual([[2, 2 / 5], [1, 1 / 4]]); // prettier-ignore
    // One predicted component finds both true ones, but can be the partner of one only.
    expect(lesionScores(match)).toEqual({
      found: 2,
      missed: 0,
      right: 1,
      invented: 0,
      recall: 1,
      precision: 1,
      f1: 1,
    });
    expect(lesionScores(match, { iou: 0.2 })).toMatchObject({ found: 1, missed: 1, right: 1, invented: 0 });
    expect(panopticQuality(match)).toEqual({ sq: null, rq: 0, pq: 0 });
  });

  it('are null where there is nothing to divide by', () => {
    const match = matchComponents(new Uint8Array(9), new Uint8Array(9), { shape });
    expect(lesionScores(match)).toMatchObject({ recall: null, precision: null, f1: null });
    expect(panopticQuality(match)).toEqual({ sq: null, rq: null, pq: null });
    expect(ccDice(new Uint8Array(9), [1, ...new Uint8Array(8)], { shape })).toEqual({
      mean: 0,
      components: [],
    });
    expect(ccDice(new Uint8Array(9), new Uint8Array(9), { shape }).mean).toBeNull();
  });

  it('refuse fractional labels, unknown options and thresholds out of range', () => {
    expect(() => matchComponents([0.5], [0], { shape: [1, 1] })).toThrow(
      'wanted whole labels, got the true label 0.5 at 0',
    );
    expect(() => ccDice([1], [0.5], { shape: [1, 1] })).toThrow('got the predicted label 0.5 at 0');
    expect(() => ccDice([1], [1], { shape: [1, 1], spacing: [1, 1] } as never)).toThrow(
      'unknown option "spacing"',
    );
    expect(() => lesionScores(matchComponents([1], [1], { shape: [1, 1] }), { iou: 1 })).toThrow(
      'wanted an iou from 0 to below 1',
    );
  });
});

// Costs of numpy.random.default_rng(3); columns and sums of scipy.optimize.linear_sum_assignment (scipy 1.17.1).
const ASSIGNMENTS = [
  { cost: [[12, -17, -13], [-11, -13, 12], [14, 3, -19]], columns: [1, 0, 2] },
  {
    cost: [[-17, -7, -3, 4, -1, -10], [-14, 7, 9, -19, -16, -2], [-5, 15, 0, -4, -3, 6], [3, -14, 9, 10, 18, 11]],
    columns: [0, 3, 4, 1],
  },
  {
    cost: [[-9, -8, 5, 6, 7], [14, -9, 17, -20, -17], [18, 17, -9, -15, -8], [-19, 15, 6, 3, -11], [-2, -13, 10, -2, -19]],
    columns: [1, 3, 2, 0, 4],
  },
]; // prettier-ignore

describe('optimal matching', () => {
  it.each(ASSIGNMENTS)('assigns rows to columns as scipy ($columns)', ({ cost, columns }) => {
    const found = assign(Float64Array.from(cost.flat()), cost.length, cost[0]!.length);
    expect([...found]).toEqual(columns);
  });

  it('finds two pairs where the largest IoU first finds one', () => {
    // True {0..5} and {7..9}; predicted {4..7} overlaps both (IoU 2/8, 1/6), {0} only the first (1/6).
    const truth = [1, 1, 1, 1, 1, 1, 0, 1, 1, 1];
    const predicted = [1, 0, 0, 0, 1, 1, 1, 1, 0, 0];
    const match = matchComponents(truth, predicted, { shape: [1, 10] });
    expect(match.pairs.map(({ iou }) => iou)).toEqual([1 / 6, 2 / 8, 1 / 6]);
    expect(lesionScores(match, { iou: 0.1 })).toMatchObject({ found: 1, missed: 1, invented: 1 });
    expect(lesionScores(match, { iou: 0.1, matching: 'optimal' })).toMatchObject({
      ...{ found: 2, missed: 0, invented: 0, f1: 1 },
    });
  });

  it('refuses a matching without an IoU, and an unknown one', () => {
    const match = matchComponents([1], [1], { shape: [1, 1] });
    expect(() => lesionScores(match, { matching: 'optimal' })).toThrow('wanted an iou with matching');
    expect(() => lesionScores(match, { iou: 0.1, matching: 'hungarian' as never })).toThrow(
      "wanted matching 'greedy' or 'optimal'",
    );
  });
});

describe('lesions of a set, counted by hand', () => {
  // a: true {0..3} (4), {5} (1), {8,9} (2); predicted {2..5} (4: 2 of the first, 1 of the second), {11} (1).
  const a = lesionCase([1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1], {
    shape: [1, 12],
  });
  // b: no true lesion; predicted {0..4} (5).
  const b = lesionCase(new Uint8Array(12), [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0], { shape: [1, 12] });
  // c: neither.
  const c = lesionCase(new Uint8Array(12), new Uint8Array(12), { shape: [1, 12] });

  it('divides a predicted lesion among the true ones that it overlaps', () => {
    expect(a.truth).toEqual([4, 1, 2]);
    expect(a.found).toEqual([true, true, false]);
    [8 / 3, 4 / 3, 0].forEach((size, i) => expect(a.predicted[i]).toBeCloseTo(size, 12));
    expect([a.right, a.invented, a.recognized]).toEqual([1, [1], { count: 0, iou: 0 }]);
  });

  it('measures in the unit of the spacing', () => {
    const { truth, invented } = lesionCase([1, 1, 0, 0], [0, 0, 0, 1], {
      shape: [1, 2, 2],
      spacing: [2, 0.5, 3],
    });
    expect([truth, invented]).toEqual([[6], [3]]);
    expect(() => lesionCase([1], [1], { shape: [1, 1], spacing: [1, 0] })).toThrow(
      '2 positive numbers as spacing',
    );
  });

  it('pools them, and counts a case without true lesions as F1 0', () => {
    const summary = summarizeLesions([a, b, c], { bins: 2 });
    expect(summary).toMatchObject({
      ...{ lesions: 3, found: 2, missed: 1, predicted: 3, right: 1, invented: 2 },
      ...{ recall: 2 / 3, precision: 1 / 3, panoptic: { sq: null, rq: 0, pq: 0 } },
    });
    expect(summary.f1).toBeCloseTo(4 / 9, 12);
    // a: recall 2/3, precision 1/2, so 4/7; b: 0; c has no F1.
    expect(summary.perImage.f1.mean).toBeCloseTo(2 / 7, 12);
    expect(summary.perImage.f1.cases).toBe(2);
    expect(summary.ratio).toBeCloseTo(4 / 7, 12);
    expect(summary.bySize).toMatchObject([
      { from: 1, to: 2, lesions: 1, found: 1, missed: 0, recall: 1, invented: 1 },
      { from: 2, to: 4, lesions: 2, found: 1, missed: 1, recall: 0.5, invented: 1 },
    ]);
    [4 / 3, 8 / 18].forEach((ratio, i) => expect(summary.bySize[i]!.ratio).toBeCloseTo(ratio, 12));
  });

  it('has intervals over the cases, drawn together with all of their lesions', () => {
    const d = lesionCase([1, 1, 0, 1], [1, 1, 0, 0], { shape: [1, 4] }); // 1 of 2 found, all right: F1 2/3, p/q 2/3
    const only = (value: number) => ({ bins: 2, bootstrap: { random: () => value } });
    // Every sample holds the first case alone: recall 2/3, precision 1/2, p/q 4/7.
    const first = summarizeLesions([a, d], only(0));
    for (const end of [0, 1]) {
      expect(first.f1Interval![end]).toBeCloseTo(4 / 7, 12);
      expect(first.recallInterval![end]).toBeCloseTo(2 / 3, 12);
      expect(first.ratioInterval![end]).toBeCloseTo(4 / 7, 12);
      // Of 2 pixels and more: a has 4 and 2, of which 4 is found with 8/3; d has 2, found with 2.
      expect(first.bySize[1]!.recallInterval![end]).toBe(0.5);
      expect(first.bySize[1]!.ratioInterval![end]).toBeCloseTo(8 / 18, 12);
    }
    const last = summarizeLesions([a, d], only(0.99));
    expect([last.recallInterval, last.bySize[1]!.ratioInterval]).toEqual([
      [0.5, 0.5],
      [1, 1],
    ]);
    // One case with lesions has no interval; without a bootstrap there is none at all.
    expect(summarizeLesions([a, b], only(0))).toMatchObject({ f1Interval: null, ratioInterval: null });
    expect(summarizeLesions([a, d])).not.toHaveProperty('f1Interval');
    expect(() => summarizeLesions([a], { bootstrap: { random: Math.PI as never } })).toThrow(
      'bootstrap.random as a function',
    );
  });

  it('is null where there is nothing, and 0 where nothing is found', () => {
    expect(summarizeLesions([c])).toMatchObject({
      ...{ recall: null, precision: null, f1: null, ratio: null, bySize: [] },
      perImage: { f1: { mean: null, cases: 0 } },
    });
    const missed = lesionCase([1, 0], [0, 0], { shape: [1, 2] });
    expect(summarizeLesions([missed])).toMatchObject({ recall: 0, precision: null, f1: 0, ratio: 0 });
    expect(() => summarizeLesions([], { bins: 0 })).toThrow('bins from 1 to 100');
  });

  it('finds by IoU with one-to-one matching', () => {
    const truth = [1, 1, 1, 1, 1, 1, 0, 1, 1, 1];
    const predicted = [1, 0, 0, 0, 1, 1, 1, 1, 0, 0];
    const found = (iou?: number) =>
      lesionCase(truth, predicted, { shape: [1, 10], ...(iou !== undefined && { iou }) }).found;
    expect([found(), found(0.1), found(0.2)]).toEqual([
      [true, true],
      [true, true],
      [true, false],
    ]);
  });
});

// Sums of waves in three images; counts and ratios of scipy.ndimage.label, numpy and scipy.optimize.linear_sum_assignment (scipy 1.17.1).
describe('lesions of three larger images', () => {
  const [height, width] = [96, 160];
  const wave = (x: number, y: number, k: number, shift: number) =>
    Math.sin((y * k) / (7 + 3 * k) + shift) + Math.sin((x * (1 + k)) / (7 + 3 * k) + shift);
  const mask = (first: number, second: number) =>
    Uint8Array.from({ length: height * width }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return wave(x, y, 1, first) + wave(x, y, 2, second) > 0.9 ? 1 : 0;
    });
  const summary = (iou?: number) =>
    summarizeLesions(
      [0, 1, 2].map((c) =>
        lesionCase(mask(c, c), mask(c + 0.6, c), {
          shape: [height, width],
          ...(iou !== undefined && { iou }),
        }),
      ),
    );

  it('are counted as by scipy', () => {
    const { bySize, ...all } = summary();
    expect(all).toMatchObject({ lesions: 37, found: 34, predicted: 37, right: 36, invented: 1 });
    expect(all.ratio).toBeCloseTo(0.9603853564547206, 12);
    expect(all.panoptic.pq).toBeCloseTo(0.38481099563942645, 12);
    expect([summary(0.1).found, summary(0.3).found]).toEqual([31, 30]);
    expect(
      bySize.map(({ from, to, lesions, found, invented }) => [from, to, lesions, found, invented]),
    ).toEqual([
      [3, 118, 9, 8, 0],
      [118, 296, 9, 8, 1],
      [296, 522, 9, 8, 0],
      [522, 1631, 10, 10, 0],
    ]);
    [1.043836722518505, 1.164630225080386, 0.8147382065138016, 0.9755335731084405].forEach((ratio, i) =>
      expect(bySize[i]!.ratio).toBeCloseTo(ratio, 12),
    );
  });
});

describe('lesion-wise scores', () => {
  it('do not count small lesions, nor what is predicted on them', () => {
    const truth = [1, 0, 0, 0, 0, 1, 1, 1];
    const predicted = [1, 0, 0, 0, 0, 0, 0, 0];
    const options = { shape: [1, 8], dilation: 0 };
    expect(lesionWiseScores(truth, predicted, { ...options, minSize: 1 })).toMatchObject({
      ...{ dice: 0, hd95: 374, found: 0, missed: 1, invented: 0 },
    });
    expect(lesionWiseScores(truth, predicted, { ...options, minSize: 0 })).toMatchObject({
      dice: 0.5,
      hd95: 187,
    });
    expect(lesionWiseScores(truth, predicted, options)).toMatchObject({ dice: 1, hd95: 0, missed: 0 });
  });

  it('refuse options out of range', () => {
    expect(() => lesionWiseScores([1], [1], { shape: [1, 1], dilation: 0.5 })).toThrow(
      'dilation as a whole number',
    );
    expect(() => lesionWiseScores([1], [1], { shape: [1, 1], penalty: -1 })).toThrow(
      'penalty as a number from 0',
    );
    expect(() => lesionWiseScores([1], [1], { shape: [1] })).toThrow('a shape of 2 or 3 axes');
  });
});

describe('lesions in the scores of cases', () => {
  const classes = ['background', 'lesion', 'other'];
  const score = (id: string, truth: number[], predicted: number[], lesions?: LesionOptions) =>
    scoreCase({ ...{ id, truth, predicted, classes, shape: [2, 4] }, ...(lesions && { lesions }) });
  // a: lesion 1 is found, lesion 2 missed; other is invented. The pixel of 255 belongs to nothing.
  const a = [[1, 1, 0, 255, 0, 0, 0, 1], [1, 0, 0, 1, 2, 0, 0, 0]] as const; // prettier-ignore
  const b = [[0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]] as const; // prettier-ignore

  it('are absent unless requested, and absent from the background', () => {
    expect(score('a', [...a[0]], [...a[1]]).classes[1]).not.toHaveProperty('lesions');
    const [background, lesion, other] = score('a', [...a[0]], [...a[1]], {}).classes;
    expect(background).not.toHaveProperty('lesions');
    expect(lesion!.lesions).toEqual({
      ...{ truth: [2, 1], found: [true, false], predicted: [1, 0], right: 1, invented: [] },
      recognized: { count: 0, iou: 0 },
    });
    expect(other!.lesions).toMatchObject({ truth: [], invented: [1] });
    expect(lesion!.lesions).not.toHaveProperty('lesionWise');
  });

  it('are pooled over the set, with the mean of the foreground classes that are in the truth', () => {
    const cases = [score('a', [...a[0]], [...a[1]], {}), score('b', [...b[0]], [...b[1]], {})];
    const { classes: each, foreground } = summarizeCases(JSON.parse(JSON.stringify(cases)), { classes });
    expect(each[0]).not.toHaveProperty('lesions');
    expect(each[1]!.lesions).toMatchObject({ lesions: 2, found: 1, recall: 0.5, precision: 1 });
    expect(foreground.lesionF1).toBeCloseTo(2 / 3, 12);
    const old = [cases[0]!, score('b', [...b[0]], [...b[1]])];
    expect(summarizeCases(old, { classes }).foreground).not.toHaveProperty('lesionF1');
  });

  it('have the lesion-wise scores of a challenge: 1 and 0 where there is nothing', () => {
    const brats = 'met';
    const volume = { classes: ['background', 'lesion'], shape: [1, 2, 4], lesions: { brats } } as const;
    const truth = [1, 1, 1, 0, 1, 1, 1, 0];
    const scored = [
      scoreCase({ id: 'a', truth, predicted: [1, 1, 1, 0, 0, 0, 0, 0], ...volume }),
      scoreCase({ id: 'b', truth: new Uint8Array(8), predicted: new Uint8Array(8), ...volume }),
      scoreCase({ id: 'c', truth, predicted: new Uint8Array(8), ...volume }),
    ];
    expect(scored.map((one) => one.classes[1]!.lesions!.lesionWise?.dice)).toEqual([2 / 3, 1, 0]);
    expect(scored.map((one) => one.classes[1]!.lesions!.lesionWise?.hd95)).toEqual([1, 0, 374]);
    const { lesionWise } = summarizeCases(scored, { classes: volume.classes }).classes[1]!.lesions!;
    expect(lesionWise!.dice.mean).toBeCloseTo(5 / 9, 12);
    expect([lesionWise!.hd95.mean, lesionWise!.hd95.cases]).toEqual([125, 3]);
  });

  it('refuses other challenges and options', () => {
    expect(() => score('a', [...a[0]], [...a[1]], { brats: 'liver' as never })).toThrow(
      'wanted brats to be "gli" | "ssa" | "ped" | "men" | "met", got "liver"',
    );
    expect(() => score('a', [...a[0]], [...a[1]], { IoU: 0.1 } as never)).toThrow('unknown option "IoU"');
  });
});
