import { describe, expect, it } from '@jest/globals';
import {
  ccDice,
  lesionScores,
  matchComponents,
  panopticQuality,
  type ComponentOptions,
} from '@segloss/metrics';
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
};

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
      for (const [iou, { greedy }] of Object.entries(each['iou'] as Record<string, { greedy: Counts }>)) {
        const scores = lesionScores(match, { iou: Number(iou) });
        expect([scores.found, scores.missed, scores.invented]).toEqual([greedy.tp, greedy.fn, greedy.fp]);
        near(scores.recall, greedy.recall);
        near(scores.precision, greedy.precision);
      }
      const pq = each['pq'] as { sq: number | null; rq: number | null; pq: number | null };
      const own = panopticQuality(match);
      near(own.rq, pq.rq);
      near(own.pq, pq.pq);
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
