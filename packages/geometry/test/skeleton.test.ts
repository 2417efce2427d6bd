import { describe, expect, it } from '@jest/globals';
import { connectedComponents, dilate, eulerSkeleton, skeleton } from '@segloss/geometry';
import { numbers } from '@segloss/testing';

/** Components of the mask, and of what is outside of it with a frame around. */
function topology(mask: Uint8Array, shape: readonly number[]): [inside: number, outside: number] {
  const framed = shape.map((size) => size + 2);
  const outside = new Uint8Array(framed.reduce((a, b) => a * b)).fill(1);
  mask.forEach((value, i) => {
    let [rest, at, stride] = [i, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += ((rest % shape[axis]!) + 1) * stride;
      rest = Math.floor(rest / shape[axis]!);
      stride *= framed[axis]!;
    }
    if (value) outside[at] = 0;
  });
  const background = shape.length === 3 ? 6 : 4;
  return [
    connectedComponents(mask, shape).count,
    connectedComponents(outside, framed, { connectivity: background }).count,
  ];
}

describe('skeleton', () => {
  it.each([
    ['2-D', [24, 26], [1, 1]],
    ['a slice', [1, 20, 20], [1, 1]],
    ['3-D', [9, 10, 11], [1, 1]],
  ])('keeps components and holes of random masks: %s', (_, shape) => {
    const { next } = numbers(9);
    for (let round = 0; round < 12; round++) {
      const size = shape.reduce((a, b) => a * b);
      const seeds = Uint8Array.from({ length: size }, () => (next() < 0.03 + 0.03 * round ? 1 : 0));
      const mask = round % 2 ? seeds : dilate(seeds, shape);
      const thin = skeleton(mask, shape);
      expect(thin.every((value, i) => value <= mask[i]!)).toBe(true);
      if (shape[0] !== 1) expect(topology(thin, shape)).toEqual(topology(mask, shape));
      else expect(topology(thin, shape.slice(1))).toEqual(topology(mask, shape.slice(1)));
      expect(skeleton(thin, shape)).toEqual(thin);
    }
  });

  it('of a ring is a closed line, of a hollow cube a closed surface, of a bar a line', () => {
    const ring = Uint8Array.from({ length: 81 }, (_, i) => {
      const r = Math.max(Math.abs((i % 9) - 4), Math.abs(Math.floor(i / 9) - 4));
      return r >= 2 && r <= 4 ? 1 : 0;
    });
    const line = skeleton(ring, [9, 9]);
    expect(topology(line, [9, 9])).toEqual([1, 2]);
    expect(line.reduce((a, b) => a + b)).toBeLessThan(30);
    const bar = new Uint8Array(3 * 3 * 15).fill(1);
    const middle = Array.from(bar, (_, i) => (Math.floor(i / 15) === 4 && i % 15 > 0 && i % 15 < 14 ? 1 : 0));
    const thin = skeleton(bar, [3, 3, 15]);
    expect(Array.from(thin).filter((value, i) => value > middle[i]! && Math.floor(i / 15) !== 4)).toEqual([]);
    expect(topology(thin, [3, 3, 15])).toEqual([1, 1]);
  });

  it('never deletes a column that spans the volume', () => {
    const column = Uint8Array.from({ length: 5 * 4 * 4 }, (_, i) => {
      const [y, x] = [Math.floor(i / 4) % 4, i % 4];
      return (y === 1 || y === 2) && (x === 1 || x === 2) ? 1 : 0;
    });
    expect(connectedComponents(skeleton(column, [5, 4, 4]), [5, 4, 4]).count).toBe(1);
  });

  it('refuses shapes of other sizes', () => {
    expect(() => skeleton([1], [1])).toThrow('wanted a shape of 2 or 3 axes, got [1]');
    expect(() => skeleton([1, 1], [1, 1])).toThrow('wanted 1 values for shape [1,1], got 2');
  });
});

describe('eulerSkeleton', () => {
  it('keeps components and holes of random images, and is thin', () => {
    const { next } = numbers(4);
    const shape = [21, 22];
    for (let round = 0; round < 12; round++) {
      const seeds = Uint8Array.from({ length: 21 * 22 }, () => (next() < 0.03 + 0.03 * round ? 1 : 0));
      const mask = round % 2 ? seeds : dilate(seeds, shape);
      const thin = eulerSkeleton(mask, shape, 30);
      expect(thin.every((value, i) => value <= mask[i]!)).toBe(true);
      expect(topology(thin, shape)).toEqual(topology(mask, shape));
      expect(eulerSkeleton(thin, shape, 30)).toEqual(thin);
    }
  });

  it('keeps the Euler characteristic of a hollow cube and of a bar with a tunnel', () => {
    const at = (i: number) => [Math.floor(i / 49), Math.floor(i / 7) % 7, i % 7] as const;
    const cube = Uint8Array.from({ length: 343 }, (_, i) => {
      const r = Math.max(...at(i).map((x) => Math.abs(x - 3)));
      return r <= 2 && r >= 1 ? 1 : 0;
    });
    expect(topology(eulerSkeleton(cube, [7, 7, 7], 10), [7, 7, 7])).toEqual([1, 2]);
    const bar = Uint8Array.from({ length: 343 }, (_, i) => {
      const [z, y, x] = at(i);
      return z > 0 && z < 6 && Math.max(Math.abs(y - 3), Math.abs(x - 3)) === 2 ? 1 : 0;
    });
    const ring = eulerSkeleton(bar, [7, 7, 7], 10);
    expect(topology(ring, [7, 7, 7])).toEqual([1, 1]);
    const around = [0, 1, 2, 3, 4, 5, 6].map((z) =>
      ring.subarray(z * 49, (z + 1) * 49).reduce((a, b) => a + b),
    );
    expect(around.filter((count) => count > 0).length).toBeGreaterThan(0);
    expect(Math.max(...around)).toBeLessThanOrEqual(16); // of one loop around the tunnel
  });

  it('thins one round after the other', () => {
    const square = new Uint8Array(81).fill(1);
    const left = [0, 1, 2, 30].map((rounds) => eulerSkeleton(square, [9, 9], rounds).reduce((a, b) => a + b));
    expect(left[0]).toBe(81);
    expect(left).toEqual([...left].sort((a, b) => b - a));
    expect(left[1]).toBeLessThan(81);
    expect(left[3]).toBeLessThanOrEqual(17); // two diagonals
  });

  it('refuses other shapes and rounds', () => {
    expect(() => eulerSkeleton([1], [1])).toThrow('eulerSkeleton: wanted a shape of 2 or 3 axes, got [1]');
    expect(() => eulerSkeleton([1], [1, 1], -1)).toThrow(
      'wanted iterations to be an integer of at least 0, got -1',
    );
  });
});
