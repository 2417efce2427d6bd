import { describe, expect, it } from '@jest/globals';
import { connectedComponents, dilate, voronoiRegions, type Connectivity } from '@segloss/geometry';
import { numbers } from '@segloss/testing';

/** Random masks of every density and of odd shapes. */
function* randomMasks(shapes: readonly (readonly number[])[]) {
  const { next } = numbers(11);
  for (const shape of shapes) {
    for (const density of [0, 0.1, 0.3, 0.5, 0.7, 1]) {
      const size = shape.reduce((a, b) => a * b, 1);
      yield { shape, mask: Uint8Array.from({ length: size }, () => (next() < density ? 1 : 0)) };
    }
  }
}

const SHAPES_2D = [[1, 1], [1, 9], [9, 1], [7, 5], [16, 17]]; // prettier-ignore
const SHAPES_3D = [[1, 1, 1], [1, 5, 6], [4, 1, 7], [5, 6, 1], [5, 6, 7]]; // prettier-ignore

const axesOf = (shape: readonly number[], i: number): number[] => {
  const at: number[] = [];
  for (const size of [...shape].reverse()) {
    at.unshift(i % size);
    i = Math.floor(i / size);
  }
  return at;
};

/** Steps along axes between neighbors: at most so many, each of one pixel. */
const STEPS: Record<Connectivity, number> = { 4: 1, 8: 2, 6: 1, 18: 2, 26: 3 };

function touches(a: readonly number[], b: readonly number[], connectivity: Connectivity): boolean {
  const differences = a.map((x, axis) => Math.abs(x - b[axis]!));
  return Math.max(...differences) === 1 && differences.reduce((x, y) => x + y) <= STEPS[connectivity];
}

/** By the definition: labels spread over touching pixels until nothing changes. */
function flood(mask: Uint8Array, shape: readonly number[], connectivity: Connectivity): number[] {
  const labels = Array.from(mask, (value, i) => (value ? i + 1 : 0));
  const places = labels.map((_, i) => axesOf(shape, i));
  for (let changed = true; changed;) {
    changed = false;
    for (let i = 0; i < labels.length; i++) {
      for (let j = 0; j < labels.length; j++) {
        if (labels[i]! > labels[j]! && labels[j]! > 0 && touches(places[i]!, places[j]!, connectivity)) {
          labels[i] = labels[j]!;
          changed = true;
        }
      }
    }
  }
  const order = [...new Set(labels.filter((label) => label > 0))];
  return labels.map((label) => order.indexOf(label) + 1);
}

describe('connectedComponents', () => {
  it('labels as the definition says', () => {
    for (const [shapes, connectivities] of [
      [SHAPES_2D, [4, 8]],
      [SHAPES_3D, [6, 18, 26]],
    ] as const) {
      // prettier-ignore
      for (const { shape, mask } of randomMasks(shapes)) {
        for (const connectivity of connectivities) {
          const { count, labels, sizes } = connectedComponents(mask, shape, { connectivity });
          const wanted = flood(mask, shape, connectivity);
          expect(Array.from(labels)).toEqual(wanted);
          expect(count).toBe(wanted.reduce((a, b) => Math.max(a, b), 0));
          for (let label = 0; label <= count; label++) {
            expect(sizes[label]).toBe(wanted.filter((each) => each === label).length);
          }
        }
      }
    }
  });

  it('holds more runs than its first buffers', () => {
    const side = 301;
    const board = Uint8Array.from({ length: side * side }, (_, i) => (i + 1) % 2);
    const { count, sizes } = connectedComponents(board, [side, side], { connectivity: 4 });
    expect(count).toBe((side * side + 1) / 2);
    expect(sizes[0]).toBe((side * side - 1) / 2);
    expect(connectedComponents(board, [side, side]).count).toBe(1);
  });

  it('takes masks of every kind of array, also in the middle of a buffer', () => {
    const { next } = numbers(5);
    const mask = Array.from({ length: 77 }, () => (next() < 0.5 ? 1 + Math.floor(200 * next()) : 0));
    const wanted = connectedComponents(mask, [7, 11]);
    for (let offset = 0; offset < 4; offset++) {
      const part = Uint8Array.from([...new Array<number>(offset).fill(9), ...mask, 9, 9, 9]).subarray(
        offset,
        offset + 77,
      );
      expect(connectedComponents(part, [7, 11])).toEqual(wanted);
    }
    expect(
      connectedComponents(
        Float32Array.from(mask, (value) => value / 1000),
        [7, 11],
      ),
    ).toEqual(wanted);
    expect(
      connectedComponents(
        Int16Array.from(mask, (value) => -256 * value),
        [7, 11],
      ),
    ).toEqual(wanted);
  });

  it('joins a spiral whose ends meet late', () => {
    const rows = ['1111111', '0000001', '1111101', '1000101', '1011101', '1000001', '1111111'];
    const mask = rows.flatMap((row) => [...row].map(Number));
    expect(connectedComponents(mask, [7, 7], { connectivity: 4 }).count).toBe(1);
  });

  it('refuses what does not fit', () => {
    expect(() => connectedComponents([1], [1, 1], { connectivity: 26 })).toThrow(
      'wanted connectivity 4 or 8 in 2-D, got 26',
    );
    expect(() => connectedComponents([1], [1, 1, 1], { connectivity: 8 })).toThrow(
      'wanted connectivity 6 or 18 or 26',
    );
    expect(() => connectedComponents([1, 1], [1, 1])).toThrow('wanted 1 values for shape [1,1], got 2');
    expect(() => connectedComponents([1], [1, 1, 1, 1])).toThrow('wanted a shape of 1 to 3 axes');
  });
});

describe('voronoiRegions', () => {
  it('give each pixel the lowest label among the nearest, with spacing', () => {
    const { next } = numbers(3);
    for (const [shape, spacing] of [
      [[9], [1]],
      [
        [7, 8],
        [1, 1],
      ],
      [
        [6, 9],
        [2, 0.5],
      ],
      [
        [4, 5, 6],
        [3, 1, 1.5],
      ],
    ] as const) {
      // prettier-ignore
      for (const density of [0.02, 0.1, 0.4]) {
        const size = shape.reduce<number>((a, b) => a * b, 1);
        const labels = Array.from({ length: size }, () => (next() < density ? 1 + Math.floor(4 * next()) : 0));
        const regions = voronoiRegions(labels, shape, { spacing });
        for (let i = 0; i < size; i++) {
          const here = axesOf(shape, i);
          const all = labels.flatMap((label, j) => {
            const there = axesOf(shape, j);
            return label ? [{ label, distance: Math.hypot(...there.map((x, axis) => (x - here[axis]!) * spacing[axis]!)) }] : [];
          });
          const nearest = Math.min(...all.map(({ distance }) => distance));
          const lowest = Math.min(...all.filter(({ distance }) => distance < nearest + 1e-9).map(({ label }) => label));
          expect(regions[i]).toBe(all.length === 0 ? 0 : lowest);
        }
      }
    }
  });
});

describe('dilate', () => {
  it('is every pixel with a neighbor in the mask', () => {
    for (const [shapes, connectivities] of [
      [SHAPES_2D, [4, 8]],
      [SHAPES_3D, [6, 18, 26]],
    ] as const) {
      // prettier-ignore
      for (const { shape, mask } of randomMasks(shapes)) {
        const places = Array.from(mask, (_, i) => axesOf(shape, i));
        for (const connectivity of connectivities) {
          const wanted = places.map((a, i) =>
            mask[i] || places.some((b, j) => mask[j] && touches(a, b, connectivity)) ? 1 : 0,
          );
          const once = dilate(mask, shape, { connectivity });
          expect(Array.from(once)).toEqual(wanted);
          expect(dilate(mask, shape, { connectivity, iterations: 3 })).toEqual(
            dilate(dilate(once, shape, { connectivity }), shape, { connectivity }),
          );
        }
      }
    }
    expect(Array.from(dilate([0, 2], [1, 2], { iterations: 0 }))).toEqual([0, 1]);
    expect(() => dilate([1], [1, 1], { iterations: -1 })).toThrow(
      'wanted a whole number of iterations from 0',
    );
  });
});
