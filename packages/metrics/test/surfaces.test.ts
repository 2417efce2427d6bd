import { describe, expect, it } from '@jest/globals';
import {
  averageSurfaceDistance,
  boundaryIou,
  hausdorffDistance,
  hd95,
  surfaceDice,
  surfaceDistances,
  surfaceOverlap,
} from '@segloss/metrics';
import { goldenFile, numbers } from '@segloss/testing';
import fc from 'fast-check';

type Box = readonly (readonly [from: number, to: number])[];

/** 1 within the box (both ends belong to it) and at one more pixel. */
function mask(shape: readonly number[], box: Box, also?: readonly number[]): Uint8Array {
  const size = shape.reduce((product, n) => product * n, 1);
  return Uint8Array.from({ length: size }, (_, i) => {
    let rest = i;
    const at = [...shape]
      .reverse()
      .map((n) => [rest % n, (rest = Math.floor(rest / n))][0]!)
      .reverse();
    const inside = box.every(([from, to], axis) => at[axis]! >= from && at[axis]! <= to);
    return inside || at.every((x, axis) => x === also?.[axis]) ? 1 : 0;
  });
}

const PLANE = {
  shape: [8, 8],
  truth: mask([8, 8], [[2, 5], [1, 4]]), // prettier-ignore
  predicted: mask([8, 8], [[3, 6], [2, 6]], [0, 7]), // prettier-ignore
};
// The golden file does not say its masks; these have all of its numbers.
const VOLUME = {
  shape: [6, 6, 6],
  truth: mask([6, 6, 6], [[0, 2], [0, 3], [1, 3]], [3, 1, 2]), // prettier-ignore
  predicted: mask([6, 6, 6], [[1, 3], [0, 2], [0, 3]], [4, 3, 0]), // prettier-ignore
};

/** Numbers of surface-distance (dm), MONAI and medpy for the pairs above, of which a few stand here for every clone. */
const PRINTED: Record<string, Record<string, unknown>> = {
  '2d.sp1,1': {
    'dm.asd(gt->pred,pred->gt)': [0.9523141075423635, 1.4341305950473662],
    'dm.hd95': 3.1622776601683795,
    'dm.nsd.tau1.0': 0.711478431614638,
    'monai.hd95': 2.6469132900238037,
    'medpy.hd95': 2.165247584249853,
    'medpy.assd': 1.1091199922767747,
    'monai.nsd.pixel.tau1.0': 0.7407407164573669,
    'boundaryIoU(d,val)': [1, 0.08],
  },
  '3d.sp3,1,.5': {
    'dm.asd(gt->pred,pred->gt)': [0.7469455049051833, 0.3952700729122899],
    'dm.hd95': 3,
    'dm.nsd.tau1.0': 0.8761875575834979,
    'dm.surface.gt,pred': [101.16274575091805, 89.85109588922558],
    'monai.hd95': 3.1622776985168457,
    'medpy.hd95': 3.097366596101027,
    'medpy.assd': 0.9041910294871219,
  },
};

const golden = goldenFile('metrics') as unknown as typeof PRINTED | undefined;
const cases: [string, number[], typeof PLANE][] = [
  ['2d.sp1,1', [1, 1], PLANE],
  ['2d.sp2,1', [2, 1], PLANE],
  ['3d.sp1', [1, 1, 1], VOLUME],
  ['3d.sp3,1,.5', [3, 1, 0.5], VOLUME],
];

/** How each name of the golden file is said here. */
function ours({ truth, predicted, shape }: typeof PLANE, spacing: number[]): Record<string, unknown> {
  const pixel = { shape, spacing };
  const fine = { shape, spacing, elements: 'subvoxel' } as const;
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const surfaces = surfaceDistances(truth, predicted, fine);
  const taus = [0, 1, 1.5, 2].flatMap((tolerance) => {
    const name = `tau${tolerance.toFixed(1)}`;
    const nsd = surfaceDice(truth, predicted, { ...pixel, tolerance });
    return [
      [`dm.nsd.${name}`, nsd],
      [`monai.nsd.subvoxel.${name}`, nsd],
      [`monai.nsd.pixel.${name}`, surfaceDice(truth, predicted, { ...pixel, tolerance, elements: 'pixel' })],
    ];
  });
  const average = (options: object) => averageSurfaceDistance(truth, predicted, { ...pixel, ...options });
  const hausdorff = hausdorffDistance(truth, predicted, pixel);
  const overlap = surfaceOverlap(truth, predicted, { ...pixel, tolerance: 1 });
  return {
    'dm.asd(gt->pred,pred->gt)': [
      average({ ...fine, convention: 'truth-to-predicted' }),
      average({ ...fine, convention: 'predicted-to-truth' }),
    ],
    'dm.hd100': hausdorffDistance(truth, predicted, fine),
    'dm.hd95': hd95(truth, predicted, fine),
    'dm.hd50': hausdorffDistance(truth, predicted, { ...fine, percentile: 50 }),
    'dm.overlap.tau1': [overlap.truth, overlap.predicted],
    'dm.surface.gt,pred': [sum(surfaces.truthToPredicted.sizes), sum(surfaces.predictedToTruth.sizes)],
    'monai.hd': hausdorff,
    'monai.hd95': hd95(truth, predicted, pixel),
    'monai.asd(pred->gt)': average({ convention: 'predicted-to-truth' }),
    'monai.assd': average({}),
    'medpy.hd': hausdorff,
    'medpy.hd95': hd95(truth, predicted, { ...pixel, convention: 'pooled' }),
    'medpy.asd(pred->gt)': average({ convention: 'predicted-to-truth' }),
    'medpy.assd': average({ convention: 'mean-of-directed' }),
    ...(shape.length === 2 && {
      'boundaryIoU(d,val)': [1, boundaryIou(truth, predicted, { shape, width: 1 })],
    }),
    ...Object.fromEntries(taus),
  };
}

describe.each(cases)('%s', (name, spacing, pair) => {
  const found = ours(pair, spacing);
  const compare = (wanted: Record<string, unknown>) =>
    Object.entries(wanted).forEach(([key, value]) => {
      if (!(key in found)) return;
      [value].flat().forEach((x, i) => {
        const got = [found[key]].flat()[i] as number;
        expect({ key, off: Math.abs(got - (x as number)) < 1e-6 * Math.max(1, x as number), got }).toEqual({
          key,
          off: true,
          got,
        });
      });
    });

  it('has the numbers that surface-distance, MONAI and medpy print', () => compare(PRINTED[name] ?? {}));

  (golden ? it : it.skip)(
    `has all numbers of the golden file${golden ? '' : ' (skipped: ../shared/golden is not there)'}`,
    () => {
      compare(golden![name]!);
      const known = Object.keys(golden![name]!).filter((key) => key in found).length;
      expect(known).toBeGreaterThanOrEqual(25);
    },
  );
});

describe('surface elements', () => {
  const surface = (shape: number[], box: Box, spacing = shape.map(() => 1)) => {
    const region = mask(shape, box);
    const { truthToPredicted } = surfaceDistances(region, region, { shape, spacing, elements: 'subvoxel' });
    return truthToPredicted.sizes.reduce((sum, size) => sum + size, 0);
  };

  it('measure a rectangle without its corners, in the unit of the spacing', () => {
    expect(surface([9, 9], [[2, 5], [3, 7]], [2, 3])).toBeCloseTo(2 * 3 * 2 + 2 * 4 * 3 + 4 * Math.hypot(2, 3) / 2, 12); // prettier-ignore
  });

  it('measure a box: its faces, its edges cut and its corners cut', () => {
    const [edge, corner] = [Math.SQRT1_2, Math.sqrt(3) / 8];
    const faces = 2 * (3 * 2 + 3 * 4 + 2 * 4);
    expect(surface([8, 8, 8], [[1, 4], [2, 4], [1, 5]])).toBeCloseTo(faces + 4 * (3 + 2 + 4) * edge + 8 * corner, 12); // prettier-ignore
  });

  it('are the same for a region and for what is left of it, up to the edge of the image', () => {
    const { next } = numbers(5);
    const shape = [5, 5, 5];
    // Neither touches the edge: a frame of the other one's value is around both.
    const inner = Uint8Array.from({ length: 125 }, () => (next() < 0.4 ? 1 : 0));
    const framed = (value: number) =>
      Uint8Array.from({ length: 9 ** 3 }, (_, i) => {
        const at = [Math.floor(i / 81), Math.floor(i / 9) % 9, i % 9];
        if (at.some((x) => x === 0 || x === 8)) return 0;
        if (at.some((x) => x === 1 || x === 7)) return value;
        return inner[((at[0]! - 2) * shape[1]! + at[1]! - 2) * shape[2]! + at[2]! - 2]! ^ value;
      });
    const size = (region: Uint8Array) =>
      surfaceDistances(region, region, { shape: [9, 9, 9], spacing: [1, 2, 3], elements: 'subvoxel' })
        .truthToPredicted.sizes.reduce((sum, value) => sum + value, 0); // prettier-ignore
    const solid = surface([9, 9, 9], [[1, 7], [1, 7], [1, 7]], [1, 2, 3]); // prettier-ignore
    expect(size(framed(1)) - solid).toBeCloseTo(size(framed(0)), 9);
  });

  it('are only in 2-D and 3-D', () => {
    expect(() => hd95([1, 0], [0, 1], { shape: [2], elements: 'subvoxel' })).toThrow(
      "hd95: wanted 2 or 3 axes for elements 'subvoxel', got 1; use 'pixel'",
    );
  });
});

describe('distances between surfaces', () => {
  it('equal the search over all pairs of border pixels', () => {
    const { next, pick } = numbers(11);
    for (let round = 0; round < 60; round++) {
      const shape = pick([[7, 5], [1, 9], [4, 3, 5], [2, 2, 2]]); // prettier-ignore
      const spacing = shape.map(() => pick([0.5, 1, 2.5]));
      const make = () =>
        Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, () => (next() < 0.3 ? 1 : 0));
      const [truth, predicted] = [make(), make()];
      const options = { shape, spacing };
      const { truthToPredicted } = surfaceDistances(truth, predicted, options);
      expect(Array.from(truthToPredicted.distances).map((x) => x.toFixed(9))).toEqual(
        bruteForce(truth, predicted, shape, spacing).map((x) => x.toFixed(9)),
      );
    }
  });

  it('do not see what is predicted on ignored pixels', () => {
    const truth = [1, 1, 0, 255, 255];
    expect(hd95(truth, [1, 1, 0, 1, 1], { shape: [1, 5] })).toBe(0);
    expect(boundaryIou(truth, [1, 1, 0, 1, 1], { shape: [1, 5] })).toBe(1);
  });

  it('take 255 as a label where it is asked for', () => {
    expect(hausdorffDistance([255, 0, 0], [0, 0, 255], { shape: [1, 3], label: 255 })).toBe(2);
  });
});

function bruteForce(truth: Uint8Array, predicted: Uint8Array, shape: number[], spacing: number[]): number[] {
  const at = (i: number) =>
    shape.map((n, axis) => Math.floor(i / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % n);
  const index = (x: number[]) => x.reduce((sum, value, axis) => sum * shape[axis]! + value, 0);
  const border = (region: Uint8Array) =>
    Array.from(region.keys()).filter((i) => {
      if (!region[i]) return false;
      const here = at(i);
      return here.some((x, axis) =>
        [-1, 1].some((step) => {
          const there = here.map((value, i) => (i === axis ? value + step : value));
          return x + step < 0 || x + step >= shape[axis]! || !region[index(there)];
        }),
      );
    });
  const others = border(predicted).map(at);
  return border(truth).map((i) =>
    Math.min(
      ...others.map((x) => Math.hypot(...at(i).map((y, axis) => (y - x[axis]!) * spacing[axis]!))),
      Infinity,
    ),
  );
}

describe('empty regions', () => {
  const shape = [3, 4];
  const [none, some] = [new Uint8Array(12), mask(shape, [[1, 1], [1, 2]])]; // prettier-ignore

  it('have a value of their own in each metric', () => {
    expect(surfaceDice(some, none, { shape, tolerance: 1 })).toBe(0);
    expect(surfaceDice(none, none, { shape, tolerance: 1 })).toBeNaN();
    expect(boundaryIou(none, some, { shape })).toBe(0);
    expect(boundaryIou(none, none, { shape, empty: { both: 1 } })).toBe(1);
    expect(surfaceOverlap(some, none, { shape, tolerance: 1 })).toEqual({ truth: 0, predicted: 0 });
  });

  it('have the value that is said for each side', () => {
    const empty = { both: 0, onlyTruth: 'diagonal', onlyPredicted: 100 } as const;
    expect(hd95(none, none, { shape, empty })).toBe(0);
    expect(hd95(some, none, { shape, empty })).toBe(5);
    expect(hd95(none, some, { shape, empty })).toBe(100);
  });

  it('refuse keys that they do not know, whatever the regions', () => {
    expect(() => hd95(some, some, { shape, empty: { none: 1 } as never })).toThrow(
      'hd95: empty: unknown option "none"; known options: both, onlyTruth, onlyPredicted',
    );
    expect(() => hd95(some, some, { shape, empty: { both: 'zero' as never } })).toThrow(
      'wanted empty.both a number',
    );
  });
});

describe('boundaryIou', () => {
  it('equals the bands by distance in chessboard steps', () => {
    const square = fc.infiniteStream(fc.constantFrom(0, 1, 1, 1));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), square, square, (width, a, b) => {
        const shape = [9, 7];
        const [truth, predicted] = [a, b].map((bits) =>
          Array.from({ length: 63 }, () => bits.next().value as number),
        ) as [number[], number[]];
        const band = (region: number[]) =>
          region.map((inside, i) => {
            const [y, x] = [Math.floor(i / 7), i % 7];
            for (let v = y - width; v <= y + width; v++) {
              for (let u = x - width; u <= x + width; u++) {
                if (inside && (v < 0 || v >= 9 || u < 0 || u >= 7 || !region[v * 7 + u])) return 1;
              }
            }
            return 0;
          });
        const [p, q] = [band(truth), band(predicted)];
        const both = p.filter((x, i) => x && q[i]).length;
        const either = p.filter((x, i) => x || q[i]).length;
        expect(boundaryIou(truth, predicted, { shape, width })).toBeCloseTo(both / either, 12);
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  it('has a band of 2 % of the diagonal', () => {
    const truth = mask([120, 160], [[20, 99], [20, 139]]); // prettier-ignore
    const predicted = mask([120, 160], [[20, 99], [21, 139]]); // prettier-ignore
    const options = { shape: [120, 160] };
    expect(boundaryIou(truth, predicted, options)).toBe(
      boundaryIou(truth, predicted, { ...options, width: 4 }),
    );
    expect(() => boundaryIou(truth, predicted, { ...options, width: 0.5 })).toThrow(
      'wanted a whole number from 1',
    );
  });
});
