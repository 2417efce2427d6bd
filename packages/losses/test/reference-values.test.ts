import { describe, expect, it } from '@jest/globals';
import { lossRegistry, parseLoss } from '@segloss/losses';
import { describeEachBackend } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { answeredLosses } from './parity/fixture';
import { images, references } from './reference-values';

const nameOf = (spec: string) => spec.split('(')[0]!;

describeEachBackend('values from plain float64 loops', () => {
  it.each(Object.entries(references))('%s', (spec, reference) => {
    const value = tf.tidy(() => {
      const labels = tf.tensor(
        images.flatMap((image) => image.labels),
        [2, 4, 5],
        'int32',
      );
      const logits = tf.tensor(
        images.flatMap((image) => image.logits.flat()),
        [2, 4, 5, 3],
      );
      return parseLoss(spec)(labels, logits).dataSync()[0]!;
    });
    const wanted = reference();
    expect(Math.abs(value - wanted)).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted)));
    expect(Math.abs(wanted)).toBeGreaterThan(1e-6); // nothing is proven by 0
  });
});

describe('every registered loss', () => {
  const proven = new Set([...answeredLosses(), ...Object.keys(references).map(nameOf)]);

  it.each([...lossRegistry().keys()])('%s has golden or reference values', (name) => {
    expect(proven).toContain(name);
  });
});
