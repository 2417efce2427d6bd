import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { lossRegistry, parseLoss } from '@segloss/losses';
import { checkLoss } from '@segloss/losses/testing';
import { backends } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { contractOptions, contractSpecs } from '../../losses/test/contract-cases';
import { regionCase, regionErrors } from './region-cases';

const wasm = backends.find(({ name }) => name === 'wasm')!;
const suite = wasm.missing === undefined ? describe : describe.skip;
const title = 'fused region statistics on wasm' + (wasm.missing ? ` (skipped: ${wasm.missing})` : '');

const CASES = 200;

suite(title, () => {
  beforeAll(async () => {
    await wasm.use();
  });

  it('covers every mode, and labels of both kinds', () => {
    const kinds = new Set(
      Array.from({ length: CASES }, (_, seed) => regionCase(seed)).map(({ mode, soft }) => `${mode} ${soft}`),
    );
    expect([...kinds].sort()).toEqual([
      'binary false',
      'multiclass false',
      'multiclass true',
      'multilabel false',
    ]);
  });

  // Without the difference index labels go through a pass of their own, and any subset of the sums may be asked for.
  it.each(['all sums', 'all but the difference', 'some'] as const)(
    'agrees with float64 loops in value and gradient, in 200 random cases: %s',
    (asked) => {
      const wrong = Array.from({ length: CASES }, (_, seed) => regionErrors(regionCase(seed), seed, asked));
      expect(wrong.flat()).toEqual([]);
    },
  );

  it('sums 2^22 pixels to a relative error of 2e-6', () => {
    const [side, classes] = [2048, 2];
    const pixels = side * side;
    const logits = Float32Array.from({ length: pixels * classes }, (_, i) => 3 * Math.sin(i * 0.37));
    let wanted = 0;
    for (let i = 0; i < pixels; i++) {
      const gap = logits[2 * i + 1 - (i % 2)]! - logits[2 * i + (i % 2)]!; // the other score less the label's
      wanted += Math.max(gap, 0) + Math.log1p(Math.exp(-Math.abs(gap)));
    }
    const value = tf.tidy(() => {
      const labels = tf.tensor(
        Int32Array.from({ length: pixels }, (_, i) => i % 2),
        [1, side, side],
        'int32',
      );
      return parseLoss('ce')(labels, tf.tensor(logits, [1, side, side, classes])).dataSync()[0]!;
    });
    expect(Math.abs(value / (wanted / pixels) - 1)).toBeLessThan(2e-6);
  });

  it('says NaN where a valid logit is NaN', () => {
    const labels = tf.tensor2d([[0, 1]], [1, 2], 'int32');
    for (const spec of ['ce', 'dice', 'l1(temperature=10)']) {
      for (const place of [0, 1, 2, 3, 4, 5]) {
        const logits = tf.tensor(
          [0, 1, 2, 3, 4, 5].map((z, i) => (i === place ? NaN : z)),
          [1, 2, 3],
        );
        expect(parseLoss(spec)(labels, logits).dataSync()[0]).toBeNaN();
      }
    }
  });

  it.each([...lossRegistry().keys(), ...contractSpecs])('the contract holds with it: %s', (spec) => {
    const results = checkLoss(parseLoss(spec), contractOptions[spec.split('(')[0]!]);
    expect(
      results.flatMap(({ mode, rule, failures }) => failures.map((why) => `${mode}: ${rule}: ${why}`)),
    ).toEqual([]);
  });
});
