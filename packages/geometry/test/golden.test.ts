import { describe, expect, it } from '@jest/globals';
import { connectedComponents, dilate, skeleton, voronoiRegions, type Connectivity } from '@segloss/geometry';
import { goldenFile } from '@segloss/testing';

interface Golden {
  masks: Record<string, { shape: number[]; values: number[] }>;
  cases: ({ id: string; kind: string } & Record<string, unknown>)[];
}

const golden = goldenFile('components') as unknown as Golden | undefined;

if (golden === undefined) {
  describe.skip('golden components (skipped: ../shared/golden is not there)', () => it('', () => undefined));
} else {
  const of = (kind: string) => golden.cases.filter((each) => each.kind === kind);
  const maskOf = (id: unknown) => golden.masks[id as string]!;

  describe('golden components', () => {
    it.each(of('label').map((each) => [each.id, each] as const))(
      '%s',
      (_, { mask, connectivity, ...wanted }) => {
        const { shape, values } = maskOf(mask);
        const { count, labels, sizes } = connectedComponents(values, shape, {
          connectivity: connectivity as Connectivity,
        });
        expect(count).toBe(wanted['count']);
        expect(Array.from(labels)).toEqual(wanted['labels']);
        expect(Array.from(sizes.subarray(1))).toEqual(wanted['sizes']);
        expect(sizes[0]).toBe(values.filter((value) => value === 0).length);
      },
    );

    it.each(
      of('ccDice')
        .filter(({ voronoi }) => voronoi)
        .map((each) => [each.id, each] as const),
    )('%s: Voronoi regions', (_, each) => {
      const { shape, values } = maskOf(each['gt']);
      const { labels } = connectedComponents(values, shape, {
        connectivity: each['connectivity'] as Connectivity,
      });
      expect(Array.from(voronoiRegions(labels, shape))).toEqual(each['voronoi']);
    });

    it.each(of('skeleton').map((each) => [each.id, each] as const))('%s', (_, each) => {
      const { shape, values } = maskOf(each['mask']);
      const volume = shape.length === 3 ? shape : [1, ...shape];
      expect(Array.from(skeleton(values, volume))).toEqual(each['lee']);
      if (shape.length === 3) return;
      expect(Array.from(skeleton(values, shape))).toEqual(each['guoHall']);
      const tube = dilate(each['zhang'] as number[], shape, { connectivity: 4, iterations: 2 });
      expect(Array.from(tube)).toEqual(each['tubedZhang']);
    });
  });
}
