import { describe, expect, it } from '@jest/globals';
import { distanceTransform, signedDistanceMap } from '@segloss/losses';
import * as fc from 'fast-check';

const grids = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
    fc.infiniteStream(fc.constantFrom(0, 1)),
  )
  .map(([shape, bits]) => {
    const pixels = shape.reduce((a, b) => a * b, 1);
    return { shape, mask: Array.from({ length: pixels }, () => bits.next().value as number) };
  });

/** Coordinates of a pixel. */
const place = (i: number, shape: readonly number[]) =>
  shape.reduceRight<number[]>((at, size, axis) => {
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    return [Math.floor(i / inner) % size, ...at];
  }, []);

function nearest(
  i: number,
  others: readonly number[],
  shape: readonly number[],
  spacing: readonly number[],
): number {
  const from = place(i, shape);
  return Math.min(
    ...others.map((j) =>
      Math.hypot(...place(j, shape).map((at, axis) => spacing[axis]! * (at - from[axis]!))),
    ),
  );
}

describe('signedDistanceMap', () => {
  it('equals the search over all pixels, with any number of axes and spacing', () => {
    fc.assert(
      fc.property(grids, ({ shape, mask }) => {
        const spacing = shape.map((_, axis) => [0.5, 1, 3][axis]!);
        const [outside, inside] = [0, 1].map((side) =>
          mask.flatMap((value, i) => (value === side ? [i] : [])),
        );
        const map = signedDistanceMap(mask, shape, { spacing });
        mask.forEach((value, i) => {
          const wanted =
            outside!.length === 0 || inside!.length === 0
              ? 0
              : value
                ? -nearest(i, outside!, shape, spacing)
                : nearest(i, inside!, shape, spacing);
          expect(map[i]).toBeCloseTo(wanted, 10);
        });
      }),
      { seed: 5 },
    );
  });

  it('is 0 on the inner border if asked, and elsewhere the same', () => {
    fc.assert(
      fc.property(grids, ({ shape, mask }) => {
        const plain = signedDistanceMap(mask, shape);
        signedDistanceMap(mask, shape, { innerBorder: 'zero' }).forEach((distance, i) => {
          expect(distance).toBeCloseTo(plain[i] === -1 ? 0 : plain[i]!, 10);
        });
      }),
      { seed: 6 },
    );
  });
});

it('distanceTransform names what does not fit', () => {
  expect(() => distanceTransform([1, 0], [3])).toThrow('wanted 3 values for shape [3], got 2');
});
