import { describe, expect, it } from '@jest/globals';

import { powerOf } from '../src/augment/power';

describe('powerOf', () => {
  it.each([0.001, 0.3, 0.8, 1, 1.25, 2, 3.7, 8, 9, 1000])('is v ** %d for float32 values', (gamma) => {
    const power = powerOf(gamma);
    let most = 0;
    // All octaves down to 2^-126, at the ends and within the parts of the table.
    for (let exponent = -126; exponent <= 3; exponent++) {
      for (const step of [0, 1, 4095, 4096, 4097, 1234567, 8388607]) {
        const value = Math.fround(2 ** exponent * (1 + step * 2 ** -23));
        const wanted = value ** gamma;
        if (wanted > 1e-300 && wanted < 1e300) most = Math.max(most, Math.abs(power(value) / wanted - 1));
      }
    }
    expect(most).toBeLessThan(1e-12);
  });

  it('keeps 0 and 1, and gives what ** gives for what is no normal positive number', () => {
    for (const gamma of [0.5, 1.5, 2]) {
      const power = powerOf(gamma);
      expect(power(0)).toBe(0);
      expect(power(1)).toBeCloseTo(1, 12);
      for (const odd of [-0.5, 2 ** -140, Infinity, NaN]) expect(power(odd)).toBe(odd ** gamma);
    }
  });
});
