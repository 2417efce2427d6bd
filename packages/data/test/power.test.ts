import { describe, expect, it } from '@jest/globals';

import { raise } from '../src/augment/power';

/** The powers of values, before they are rounded to float32. */
function powers(gamma: number, values: readonly number[]): number[] {
  const results = new Float64Array(values.length);
  raise(gamma, Float32Array.from(values), results);
  return [...results];
}

describe('raise', () => {
  it.each([0.001, 0.3, 0.8, 1, 1.25, 2, 3.7, 8, 9, 1000])('gives v ** %d of float32 values', (gamma) => {
    // All octaves from 2^-126 to 1, at the ends and within the parts of the table.
    const values: number[] = [];
    for (let exponent = -126; exponent < 0; exponent++) {
      for (const step of [0, 1, 4095, 4096, 4097, 1234567, 8388607])
        values.push(Math.fround(2 ** exponent * (1 + step * 2 ** -23)));
    }
    let [most, compared] = [0, 0];
    powers(gamma, values).forEach((power, i) => {
      const wanted = values[i]! ** gamma;
      if (wanted < 1e-300) return;
      most = Math.max(most, Math.abs(power / wanted - 1));
      compared++;
    });
    expect(most).toBeLessThan(1e-12);
    expect(compared).toBeGreaterThan(0);
  });

  it('keeps 0 and 1, and holds what lies beyond within them', () => {
    for (const gamma of [0.5, 1.5, 2, 3, 9]) {
      expect(powers(gamma, [0, 2, Infinity, NaN])).toEqual([0, 1, 1, NaN]);
      expect(powers(gamma, [1])[0]).toBeCloseTo(1, 12);
      expect(powers(gamma, [2 ** -140])[0]).toBe((2 ** -140) ** gamma);
    }
    expect(powers(2, [-0.5])).toEqual([0.25]);
    expect(powers(3, [-0.5])).toEqual([0]);
    expect(powers(0.5, [-0.5])).toEqual([NaN]);
  });

  it('may write over its values', () => {
    const values = Float32Array.of(0.25, 0.5, 1);
    raise(2, values, values);
    expect([...values]).toEqual([0.0625, 0.25, 1]);
  });
});
