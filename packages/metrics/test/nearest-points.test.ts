import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { squaredDistanceTransform } from '@segloss/geometry';

import { distancesToClose } from '../src/close-elements';
import { NearestPoints } from '../src/nearest-points';
import { partition } from '../src/partition';
import { surfaceDistances } from '../src/surface-distances';

/** Coordinates of a place of a grid. */
function coordinates(place: number, shape: readonly number[]): number[] {
  const at: number[] = [];
  let rest = place;
  for (const size of [...shape].reverse()) {
    at.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return at;
}

/** The least of the squared distances to all points. */
function nearest(
  place: number,
  points: Iterable<number>,
  shape: readonly number[],
  spacing: readonly number[],
): number {
  const from = coordinates(place, shape);
  let least = Infinity;
  for (const point of points) {
    const to = coordinates(point, shape);
    least = Math.min(
      least,
      from.reduce((sum, one, axis) => sum + ((one - to[axis]!) * spacing[axis]!) ** 2, 0),
    );
  }
  return least;
}

const grid = fc
  .array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 })
  .map((shape) => ({ shape, pixels: shape.reduce((product, size) => product * size, 1) }));

describe('NearestPoints', () => {
  it('finds the nearest of any points', () => {
    const job = grid.chain(({ shape, pixels }) => {
      const place = fc.integer({ min: 0, max: pixels - 1 });
      return fc.record({
        shape: fc.constant(shape),
        points: fc.array(place, { minLength: 1, maxLength: 300 }),
        queries: fc.array(place, { maxLength: 30 }),
        spacing: fc.tuple(...shape.map(() => fc.constantFrom(0.5, 1, 3))),
      });
    });
    fc.assert(
      fc.property(job, ({ shape, points, queries, spacing }) => {
        const tree = new NearestPoints(Int32Array.from(points), shape, spacing);
        const found = tree.squaredDistances(Int32Array.from(queries), shape);
        expect([...found]).toEqual(queries.map((query) => nearest(query, points, shape, spacing)));
      }),
    );
  });
});

describe('distancesToClose', () => {
  it('finds the nearest of many elements, or says that they are far', () => {
    const job = grid.chain(({ shape, pixels }) => {
      const place = fc.integer({ min: 0, max: pixels - 1 });
      return fc.record({
        shape: fc.constant(shape.length === 1 ? [1, ...shape] : shape),
        elements: fc.uniqueArray(place, { minLength: 1, maxLength: pixels }),
        queries: fc.uniqueArray(place, { minLength: 1, maxLength: 200 }),
        spacing: fc.tuple(...['z', 'y', 'x'].map(() => fc.constantFrom(0.1, 0.5, 1, 3, 7))),
      });
    });
    let found = 0;
    fc.assert(
      fc.property(job, ({ shape, elements, queries, spacing: [z, y, x] }) => {
        const spacing = [z!, y!, x!].slice(-shape.length);
        const places = Int32Array.from(queries).sort();
        const squared = distancesToClose(places, Int32Array.from(elements), shape, spacing);
        if (squared === undefined) return;
        found++;
        const wanted = [...places].map((query) => nearest(query, elements, shape, spacing));
        squared.forEach((one, i) => expect(one).toBeCloseTo(wanted[i]!, 10));
      }),
    );
    expect(found).toBeGreaterThan(50);
    const far = Int32Array.from({ length: 1000 }, (_, i) => 1000 + i);
    expect(distancesToClose(far, Int32Array.of(99 * 1000), [100, 1000], [1, 1])).toBeUndefined();
  });
});

describe('partition', () => {
  it('finds what would stand at a rank if the values were sorted', () => {
    const job = fc.array(fc.oneof(fc.integer({ min: 0, max: 4 }), fc.double({ noNaN: true })), { minLength: 1, maxLength: 60 }); // prettier-ignore
    fc.assert(
      fc.property(job, fc.nat(), (values, some) => {
        const rank = some % values.length;
        const parted = Float64Array.from(values);
        const sorted = Float64Array.from(values).sort();
        expect(partition(parted, rank) + 0).toBe(sorted[rank]! + 0); // -0 is 0
        expect(parted.slice(0, rank).every((value) => value <= parted[rank]!)).toBe(true);
        expect(parted.slice(rank).every((value) => value >= parted[rank]!)).toBe(true);
        expect(parted.sort()).toEqual(sorted);
      }),
    );
  });
});

describe('surfaceDistances', () => {
  it.each([[[64, 90]], [[17, 20, 23]]])('agree with distance maps: noise on a grid of %s', (shape) => {
    const pixels = shape.reduce((product, size) => product * size, 1);
    let state = 7;
    const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    const noise = (...labels: number[]) => Uint8Array.from({ length: pixels }, () => labels[Math.floor(random() * labels.length)]!); // prettier-ignore
    const [truth, predicted] = [noise(0, 1, 1, 2, 255), noise(0, 1, 2)];
    const strides = shape.map((_, axis) =>
      shape.slice(axis + 1).reduce((product, size) => product * size, 1),
    );
    const borderOf = (inside: (place: number) => boolean) =>
      Array.from({ length: pixels }, (_, place) => place).filter((place) => {
        if (!inside(place)) return false;
        return coordinates(place, shape).some((at, axis) => {
          const stride = strides[axis]!;
          return at === 0 || at === shape[axis]! - 1 || !inside(place - stride) || !inside(place + stride);
        });
      });
    const borders = [
      borderOf((place) => truth[place] === 1),
      borderOf((place) => predicted[place] === 1 && truth[place] !== 255),
    ] as const;
    for (const spacing of [shape.map(() => 1), [0.5, 3, 1.25].slice(0, shape.length)]) {
      const { truthToPredicted, predictedToTruth } = surfaceDistances(truth, predicted, { shape, spacing });
      for (const [found, from, to] of [
        [truthToPredicted, borders[0], borders[1]],
        [predictedToTruth, borders[1], borders[0]],
      ] as const) {
        const mask = new Uint8Array(pixels);
        for (const place of to) mask[place] = 1;
        const map = squaredDistanceTransform(mask, shape, spacing);
        expect([...found.distances]).toEqual(from.map((place) => Math.sqrt(map[place]!)));
      }
    }
  });

  it('are those of all pairs of border pixels, of regions within rows, across rows and across slices', () => {
    const job = grid.chain(({ shape, pixels }) =>
      fc.record({
        shape: fc.constant(shape),
        runs: fc.array(
          fc.tuple(
            fc.constantFrom(0, 1, 2, 255),
            fc.constantFrom(0, 1, 2),
            fc.integer({ min: 1, max: 2 * pixels }),
          ),
          { minLength: 1, maxLength: 9 },
        ),
        pixels: fc.constant(pixels),
      }),
    );
    fc.assert(
      fc.property(job, ({ shape, runs, pixels }) => {
        const [truth, predicted] = [new Uint8Array(pixels), new Uint8Array(pixels)];
        let start = 0;
        for (const [t, p, length] of runs) {
          truth.fill(t, start, start + Math.ceil(length / 4));
          predicted.fill(p, start, start + Math.ceil(length / 4));
          start += Math.ceil(length / 4);
        }
        const inTruth = (place: number) => truth[place] === 1;
        const inPredicted = (place: number) => predicted[place] === 1 && truth[place] !== 255;
        const border = (inside: (place: number) => boolean) =>
          Array.from({ length: pixels }, (_, place) => place).filter((place) => {
            if (!inside(place)) return false;
            let stride = pixels;
            return coordinates(place, shape).some((at, axis) => {
              stride /= shape[axis]!;
              return (
                at === 0 || at === shape[axis]! - 1 || !inside(place - stride) || !inside(place + stride)
              );
            });
          });
        const [ofTruth, ofPredicted] = [border(inTruth), border(inPredicted)];
        const ones = shape.map(() => 1);
        const distances = (from: number[], to: number[]) =>
          from.map((place) => Math.sqrt(nearest(place, to, shape, ones)));
        const { truthToPredicted, predictedToTruth } = surfaceDistances(truth, predicted, { shape });
        expect([...truthToPredicted.distances]).toEqual(distances(ofTruth, ofPredicted));
        expect([...predictedToTruth.distances]).toEqual(distances(ofPredicted, ofTruth));
      }),
    );
  });

  it('are exact where two small regions lie far apart', () => {
    const [height, width] = [200, 300];
    const square = (top: number, left: number, size: number) =>
      Uint8Array.from({ length: height * width }, (_, i) => {
        const [y, x] = [Math.floor(i / width) - top, (i % width) - left];
        return y >= 0 && y < size && x >= 0 && x < size ? 1 : 0;
      });
    const { truthToPredicted } = surfaceDistances(square(5, 5, 20), square(150, 200, 30), {
      shape: [height, width],
    });
    // From the corner (24, 24), the nearest pixel of the other square is (150, 200); from (5, 5), it is that one too.
    expect(Math.min(...truthToPredicted.distances)).toBe(Math.sqrt(126 ** 2 + 176 ** 2));
    expect(Math.max(...truthToPredicted.distances)).toBe(Math.sqrt(145 ** 2 + 195 ** 2));
    expect(truthToPredicted.distances).toHaveLength(4 * 19);
  });
});
