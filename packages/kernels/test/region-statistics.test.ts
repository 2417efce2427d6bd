import { beforeAll, describe, expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import { lossRegistry, parseLoss } from '@segloss/losses';
import { checkLoss } from '@segloss/losses/testing';
import { backends } from '@segloss/testing';
import * as tf from '@tensorflow/tfjs-core';

import { contractOptions, contractSpecs } from '../../losses/test/contract-cases';
import { errorOfManyPixels, wrongRegionStatistics } from './checks/region-statistics';
import { makeCase } from './reference';

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
      Array.from({ length: CASES }, (_, seed) => makeCase(seed)).map(({ mode, soft }) => `${mode} ${soft}`),
    );
    expect([...kinds].sort()).toEqual([
      'binary false',
      'multiclass false',
      'multiclass true',
      'multilabel false',
    ]);
  });

  it.each(['all sums', 'all but the difference', 'some', 'those of labels'] as const)(
    'agrees with float64 loops in value and gradient, in 200 random cases: %s',
    async (asked) => expect(await wrongRegionStatistics(CASES, asked)).toEqual([]),
  );

  it('sums 2^22 pixels to a relative error of 2e-6', async () => {
    const { value, gradient } = await errorOfManyPixels(2048, 2);
    expect(value).toBeLessThan(2e-6);
    expect(gradient).toBeLessThan(2e-6);
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
