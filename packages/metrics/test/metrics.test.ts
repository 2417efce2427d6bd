import { describe, expect, it } from '@jest/globals';
import {
  averageSurfaceDistance,
  ConfusionMatrix,
  diceScores,
  distanceTransform,
  hausdorffDistance,
  hd95,
  iouScores,
  labelMarginalError,
  meanScore,
  pixelAccuracy,
  regionSizeErrors,
} from '@segloss/metrics';
import fc from 'fast-check';

const arrays = (length: number, max: number) =>
  fc.array(fc.integer({ min: 0, max }), { minLength: length, maxLength: length });

describe('ConfusionMatrix', () => {
  it('is the same counted at once and image by image', () => {
    fc.assert(fc.property(arrays(20, 2), arrays(20, 2), (truth, predicted) => {
      const once = new ConfusionMatrix(3).add(truth, predicted);
      const twice = new ConfusionMatrix(3).add(truth.slice(0, 7), predicted.slice(0, 7)).add(truth.slice(7), predicted.slice(7));
      expect(twice.counts).toEqual(once.counts);
      expect(once.total).toBe(20);
    }), { seed: 1 }); // prettier-ignore
  });

  it('ignores what is predicted on ignored pixels, whatever it is', () => {
    const confusion = new ConfusionMatrix(2).add([255, 1, 255], [7, 1, 255]);
    expect(Array.from(confusion.counts)).toEqual([0, 0, 0, 1]);
  });

  it('names the label that is none', () => {
    const add = (truth: number[], predicted: number[]) => () => new ConfusionMatrix(2).add(truth, predicted);
    expect(add([0, 2], [0, 0])).toThrow(
      'wanted whole labels from 0 to 1, got the true label 2 at 1; map it to a class, or set ignoreIndex',
    );
    expect(add([0, 1], [0, 255])).toThrow('got the predicted label 255 at 1');
    expect(add([0], [0, 1])).toThrow('wanted as many predicted labels as true ones, got 2 and 1');
  });
});

describe('overlap scores', () => {
  it('satisfy dice = 2 iou / (1 + iou), and are 1 for a perfect prediction', () => {
    fc.assert(fc.property(arrays(30, 3), arrays(30, 3), (truth, predicted) => {
      const confusion = new ConfusionMatrix(4).add(truth, predicted);
      const [dice, iou] = [diceScores(confusion), iouScores(confusion)];
      dice.forEach((score, k) => expect(score).toBeCloseTo((2 * iou[k]!) / (1 + iou[k]!), 12));
      expect(meanScore(diceScores(new ConfusionMatrix(4).add(truth, truth)))).toBe(1);
    }), { seed: 2 }); // prettier-ignore
  });

  it('are NaN for a class that is nowhere, and 0 for one that is only predicted or only there', () => {
    const confusion = new ConfusionMatrix(4).add([0, 1], [0, 2]);
    expect(diceScores(confusion)).toEqual([1, 0, 0, NaN]);
    expect(pixelAccuracy(confusion)).toBe(0.5);
    expect(meanScore([NaN])).toBeNaN();
  });
});

function bruteForce(mask: number[], [, width]: [number, number], [sy, sx]: [number, number]): number[] {
  return mask.map((_, i) => {
    let nearest = Infinity;
    mask.forEach((value, j) => {
      if (!value) return;
      const [dy, dx] = [Math.floor(i / width) - Math.floor(j / width), (i % width) - (j % width)];
      nearest = Math.min(nearest, Math.hypot(sy * dy, sx * dx));
    });
    return nearest;
  });
}

describe('distanceTransform', () => {
  it('equals the search over all pixels, in 2-D with any spacing', () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
    const steps = fc.tuple(fc.constantFrom(0.5, 1, 3), fc.constantFrom(0.7, 1, 2));
    fc.assert(fc.property(sizes, steps, fc.infiniteStream(fc.constantFrom(0, 0, 0, 1)), (size, spacing, bits) => {
      const mask = Array.from({ length: size[0] * size[1] }, () => bits.next().value as number);
      const wanted = bruteForce(mask, size, spacing);
      distanceTransform(mask, size, { spacing }).forEach((distance, i) => {
        if (wanted[i] === Infinity) expect(distance).toBe(Infinity);
        else expect(distance).toBeCloseTo(wanted[i]!, 10);
      });
    }), { seed: 3 }); // prettier-ignore
  });

  it('is exact in 3-D', () => {
    const mask = new Uint8Array(4 * 5 * 6);
    mask[0] = 1; // corner
    const distance = distanceTransform(mask, [4, 5, 6], { spacing: [3, 1, 0.5] });
    expect(distance[(3 * 5 + 4) * 6 + 5]).toBeCloseTo(Math.hypot(9, 4, 2.5), 12);
  });

  it('refuses shapes that do not fit', () => {
    expect(() => distanceTransform([1, 0], [3])).toThrow(
      'distanceTransform: wanted 3 values for shape [3], got 2',
    );
    expect(() => distanceTransform([1, 0], [2], { spacing: [0] })).toThrow(
      'wanted 1 positive numbers as spacing, got [0]',
    );
  });
});

/** 8 x 8: rows 2-5 x columns 1-4 against rows 3-6 x columns 2-6 and one stray pixel. */
const pair = () => {
  const inside = (y: number, x: number, rows: [number, number], columns: [number, number]) =>
    y >= rows[0] && y <= rows[1] && x >= columns[0] && x <= columns[1];
  const grid = (f: (y: number, x: number) => boolean) =>
    Array.from({ length: 64 }, (_, i) => Number(f(i >> 3, i & 7)));
  return {
    truth: grid((y, x) => inside(y, x, [2, 5], [1, 4])),
    predicted: grid((y, x) => inside(y, x, [3, 6], [2, 6]) || (y === 0 && x === 7)),
  };
};

// Values printed by MONAI 1.5 and medpy 0.5 for this pair.
describe.each<[[number, number], Record<string, number>]>([
  [[1, 1], { hd: 3.605551, max: 2.646913, pooled: 2.165248, assd: 1.135928 }],
  [[2, 1], { hd: 5, max: 3.479899, pooled: 2.650719, assd: 1.566688 }],
])('surface distances with spacing %j', (spacing, wanted) => {
  const { truth, predicted } = pair();
  const options = { shape: [8, 8], spacing };

  it('agree with MONAI and medpy, each by its convention', () => {
    expect(hausdorffDistance(truth, predicted, options)).toBeCloseTo(wanted.hd!, 5);
    expect(hd95(truth, predicted, options)).toBeCloseTo(wanted.max!, 5);
    expect(hd95(truth, predicted, { ...options, convention: 'pooled' })).toBeCloseTo(wanted.pooled!, 5);
    expect(averageSurfaceDistance(truth, predicted, options)).toBeCloseTo(wanted.assd!, 5);
  });

  it('are symmetric', () => {
    expect(hd95(predicted, truth, options)).toBe(hd95(truth, predicted, options));
  });
});

describe('empty regions', () => {
  const options = { shape: [3, 4] };
  const [none, some] = [new Uint8Array(12), new Uint8Array(12).fill(1, 5, 6)];

  it.each([
    ['infinity', Infinity],
    ['diagonal', 5],
    ['nan', NaN],
  ] as const)('cost %s when one is empty', (empty, wanted) => {
    expect(hd95(some, none, { ...options, empty })).toBe(wanted);
    expect(averageSurfaceDistance(none, some, { ...options, empty })).toBe(wanted);
  });

  it('are NaN when both are', () => {
    expect(hd95(none, none, { ...options, empty: 'diagonal' })).toBeNaN();
  });

  it('scale the diagonal by the spacing', () => {
    expect(hd95(some, none, { ...options, spacing: [2, 1], empty: 'diagonal' })).toBe(Math.hypot(6, 4));
  });

  it('refuse unknown words', () => {
    expect(() => hd95(some, none, { ...options, empty: 'zero' as never })).toThrow('wanted empty');
    expect(() => hd95(some, none, { ...options, convention: 'mean' as never })).toThrow(
      "wanted convention 'max-of-directed'",
    );
  });
});

describe('region sizes', () => {
  it('have ratio, signed and absolute error', () => {
    expect(regionSizeErrors([0.5, 0.5, 0], [0.25, 0.75, 0])[0]).toEqual({
      truth: 0.5,
      predicted: 0.25,
      ratio: 0.5,
      signed: -0.25,
      absolute: 0.25,
    });
    expect(regionSizeErrors([0], [0])[0]!.ratio).toBeNaN();
  });

  it('satisfy Pinsker', () => {
    const shares = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 })
      .map((values) => values.map((value) => value / values.reduce((a, b) => a + b, 0))); // prettier-ignore
    fc.assert(fc.property(shares, shares, (q, p) => {
      const { l1, kl } = labelMarginalError(q, p);
      expect(l1 * l1 / 2).toBeLessThanOrEqual(kl + 1e-12);
    }), { seed: 4 }); // prettier-ignore
  });

  it('are infinitely wrong where a class is not predicted at all', () => {
    expect(labelMarginalError([0.5, 0.5], [1, 0])).toEqual({ l1: 1, kl: Infinity });
  });
});
