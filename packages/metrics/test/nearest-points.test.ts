import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { NearestPoints } from '../src/nearest-points';
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

describe('surfaceDistances', () => {
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
