import { describe, expect, it } from '@jest/globals';
import { forEachRun, Tally } from '@segloss/common';
import fc from 'fast-check';

import { KeptMasks } from '../src/read/kept-masks';

type Run = [a: number, b: number, start: number, end: number];

function runsOf(a: ArrayLike<number>, b: ArrayLike<number>): Run[] {
  const runs: Run[] = [];
  forEachRun(a, b, (...run) => runs.push(run));
  return runs;
}

/** Place by place. */
function naiveRuns(a: ArrayLike<number>, b: ArrayLike<number>): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i < a.length; i++) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === a[i] && last[1] === b[i]) last[3] = i + 1;
    else runs.push([a[i]!, b[i]!, i, i + 1]);
  }
  return runs;
}

/** Long and short runs of bytes, from any place of a buffer on. */
const bytes = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom(0, 1, 127, 128, 255), fc.integer({ min: 1, max: 19 })), {
      maxLength: 12,
    }),
    fc.integer({ min: 0, max: 5 }),
  )
  .map(([runs, offset]) => {
    const values = runs.flatMap(([value, count]) => new Array<number>(count).fill(value));
    return Uint8Array.from([...new Array<number>(offset).fill(9), ...values, 9, 9, 9]).subarray(
      offset,
      offset + values.length,
    );
  });

describe('forEachRun', () => {
  it('finds the runs of bytes, wherever they start in their buffer', () => {
    fc.assert(fc.property(bytes, (a) => expect(runsOf(a, a)).toEqual(naiveRuns(a, a))));
  });

  it('finds the places where neither of two sequences changes', () => {
    fc.assert(
      fc.property(bytes, bytes, (one, two) => {
        const length = Math.min(one.length, two.length);
        const [a, b] = [one.subarray(0, length), two.subarray(0, length)];
        expect(runsOf(a, b)).toEqual(naiveRuns(a, b));
        expect(runsOf(Uint16Array.from(a), b)).toEqual(naiveRuns(a, b));
      }),
    );
  });
});

describe('Tally', () => {
  it('counts any numbers, and gives them rising', () => {
    const tally = new Tally();
    for (const value of [300, 1, 0.5, 255, -1, 1, 256]) tally.add(value, 2);
    expect(tally.entries()).toEqual([[-1, 2], [0.5, 2], [1, 4], [255, 2], [256, 2], [300, 2]]); // prettier-ignore
  });
});

describe('KeptMasks', () => {
  const mask = (values: Uint8Array | Uint16Array) =>
    ({ width: values.length / 32, height: 32, kind: 'png', lossy: false, values }) as const;

  it('gives back what it was given', () => {
    const kept = new KeptMasks();
    const a = mask(new Uint8Array(1024).fill(3, 10, 700).fill(255, 1000));
    const b = mask(new Uint16Array(1024).fill(300, 0, 9));
    expect(kept.keep('a', a)).toEqual([[0, 310], [3, 690], [255, 24]]); // prettier-ignore
    expect(kept.keep('b', b)).toEqual([[0, 1015], [300, 9]]); // prettier-ignore
    expect(kept.get('a')).toEqual(a);
    expect(kept.get('b')).toEqual(b);
    expect(kept.get('c')).toBeUndefined();
  });

  it('keeps no mask of more runs than a sixteenth of its pixels', () => {
    const kept = new KeptMasks();
    kept.keep('a', mask(Uint8Array.from({ length: 1024 }, (_, i) => Math.floor(i / 16) % 2)));
    const many = kept.keep('b', mask(Uint8Array.from({ length: 1024 }, (_, i) => Math.floor(i / 15) % 2)));
    expect(many).toEqual([[0, 514], [1, 510]]); // prettier-ignore
    expect(kept.get('a')).toBeDefined();
    expect(kept.get('b')).toBeUndefined();
  });

  it('keeps at most 32 MiB', () => {
    const kept = new KeptMasks();
    // 2^20 runs of 6 bytes each.
    const stripes = mask(Uint8Array.from({ length: 2 ** 24 }, (_, i) => (i >> 4) & 1));
    for (const file of ['a', 'b', 'c', 'd', 'e', 'f']) kept.keep(file, stripes);
    expect(['a', 'b', 'c', 'd', 'e', 'f'].filter((file) => kept.get(file) !== undefined)).toHaveLength(5);
  });
});
