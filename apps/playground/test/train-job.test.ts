import { expect, it } from '@jest/globals';
import '@segloss/kernels/wasm';
import * as tf from '@tensorflow/tfjs-core';

import { PREVIEWS, syntheticTrainData, trainJob, type TrainReport } from '../src/core/train-job.js';

it('shows the probabilities of the foreground: they sum to the predicted size that it reports', async () => {
  await tf.setBackend('wasm');
  const data = await syntheticTrainData();
  const val = data.val.slice(0, PREVIEWS); // what is shown is then all that is scored
  const job = trainJob({ spec: 'ce', epochs: 1, seed: 3 }, { ...data, val });
  const { previews, soft } = (await job.next()).value as TrainReport;
  await job.return(undefined as never);
  expect(previews.map(({ length }) => length)).toEqual(val.map(({ mask }) => mask.length));
  const sum = (all: readonly ArrayLike<number>[]) =>
    all.reduce((total, one) => Array.from(one).reduce((a, b) => a + b, total), 0);
  const truth = sum(val.map(({ mask }) => mask));
  expect(truth).toBeGreaterThan(0);
  // Rounding to 256 steps moves a mean of thousands of pixels by far less than half a step.
  const pixels = sum(val.map(({ mask }) => [mask.length]));
  expect(Math.abs(sum(previews) / 255 - soft * truth)).toBeLessThan((pixels * 0.25) / 255);
});
