import { expect, it } from '@jest/globals';
import { lossRegistry } from '@segloss/losses';
import { type Part } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { checkPairs, valuesOf } from './option-pairs';

/** The cases of a part; each file beside this one runs one. */
export function optionPairs(part: Part): void {
  it.each(part([...lossRegistry()]))(
    'every pair of options of %s has a finite value and the right gradient',
    async (_, factory) => {
      await tf.setBackend('cpu');
      const { failures, pairs, refused } = checkPairs(factory);
      expect(failures).toEqual([]);
      // Most pairs are called, and an option has more than its default unless it stands alone.
      expect(refused).toBeLessThanOrEqual(pairs / 2);
      for (const [key, values] of valuesOf(factory)) expect([key, values.length > 1]).toEqual([key, true]);
    },
  );
}
