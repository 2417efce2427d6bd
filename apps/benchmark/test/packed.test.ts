import { describe, expect, it } from '@jest/globals';
import { scoreCase, summarizeCases } from '@segloss/metrics';

import { kept, packed } from '../src/benchmark/packed.js';

describe('packed JSON', () => {
  it('is made again as it was, with every kind of value', () => {
    const value = {
      ...{ a: 0.1, none: null, texts: ['x', 'y', ''], flag: true, off: false, zero: -0, NaN: NaN, much: Infinity },
      nested: [{ deep: [[1, 2], []] }, { deep: [] }],
    }; // prettier-ignore
    expect(packed(value)()).toEqual(value);
    expect(Object.keys(packed(value)())).toEqual(Object.keys(value));
  });

  it('does not mix up values of one form, or of forms that differ a little', () => {
    const values = [
      { a: 1, b: null },
      { a: 2, b: 3 },
      { b: 3, a: 2 },
      { a: 1 },
      { a: 1, b: { c: 1 } },
      { a: 1, b: [1] },
      { a: 1, b: [1, 2] },
      { a: 'text', b: 4 },
      { a: true, b: 1 },
      { a: 1, b: true },
    ];
    const all = Array.from({ length: 60 }, (_, i) => values[i % values.length]!);
    const unpackers = all.map((value) => packed(value));
    unpackers.forEach((unpack, i) => {
      expect(unpack()).toEqual(all[i]);
      expect(Object.keys(unpack())).toEqual(Object.keys(all[i]!));
    });
  });

  it('keeps summaries of scores, and what is made of one is not seen by the next', () => {
    const classes = ['background', 'lesion'];
    const truth = [0, 1, 1, 0];
    const cases = [[0, 1, 0, 0], [0, 0, 0, 0]].map((predicted, i) => scoreCase({ id: `${i}`, truth, predicted, shape: [2, 2], classes, lesions: {} })); // prettier-ignore
    const summary = summarizeCases(cases, { classes });
    const unpack = packed(summary);
    (unpack() as { cases: number }).cases = 99;
    expect(unpack()).toEqual(summary);
  });

  it('shares memory without sharing numbers', () => {
    const lists = Array.from({ length: 3000 }, (_, i) => Array.from({ length: 50 }, (_, k) => i + k / 100));
    const all = lists.map((list) => kept(list));
    all.forEach((numbers, i) => expect([...numbers]).toEqual(lists[i]));
    expect(new Set(all.map(({ buffer }) => buffer)).size).toBeLessThan(10);
    const large = Float64Array.from({ length: 20_000 }, (_, i) => i);
    expect(kept(large)).toEqual(large);
    expect(kept(large)).not.toBe(large);
  });
});
