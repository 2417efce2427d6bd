// Optimizers and schedules give the numbers of PyTorch (fixtures/torch-optim.json, made by torch/optimizers.py in float64).
import { describe, expect, it } from '@jest/globals';
import {
  createOptimizer,
  learningRateSchedule,
  type OptimizerOptions,
  type ScheduleOptions,
} from '@segloss/trainer';
import { describeEachBackend } from '@segloss/testing';
import '@segloss/kernels/wasm';
import * as tf from '@tensorflow/tfjs-core';

import torch from './fixtures/torch-optim.json';
import { Plateau } from '../src/loop/learning-rate';

const OPTIMIZERS: Record<keyof typeof torch.optimizers, OptimizerOptions> = {
  sgd: { name: 'sgd' },
  'sgd momentum': { name: 'sgd', momentum: 0.9, weightDecay: 0.01 },
  'sgd nesterov': { name: 'sgd', momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  adam: { name: 'adam' },
  'adam decay': { name: 'adam', beta1: 0.8, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1 },
  adamw: { name: 'adamw', weightDecay: 0.05 },
};

describeEachBackend('an optimizer', () => {
  describe.each(Object.entries(OPTIMIZERS))('%s', (name, options) => {
    const steps = torch.optimizers[name as keyof typeof torch.optimizers];
    const step = (optimizer: ReturnType<typeof createOptimizer>, i: number) => {
      const gradient = tf.tensor1d(torch.gradients[i]!);
      optimizer.apply([gradient], 0.1);
      gradient.dispose();
    };

    it('takes the steps of torch.optim', () => {
      const weight = tf.tidy(() => tf.variable(tf.tensor1d(torch.weights)));
      const optimizer = createOptimizer(options, [weight]);
      steps.forEach((expected, i) => {
        step(optimizer, i);
        weight.dataSync().forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5));
      });
      expect(optimizer.updates).toBe(4);
    });

    it('goes on from its slots to the bit, and leaves no tensor behind', () => {
      const before = tf.memory().numTensors;
      const weight = tf.tidy(() => tf.variable(tf.tensor1d(torch.weights)));
      const first = createOptimizer(options, [weight]);
      [0, 1].forEach((i) => step(first, i));
      const middle = weight.clone();
      const second = createOptimizer(options, [weight]);
      second.restore(first.slots(), first.updates);
      [2, 3].forEach((i) => step(first, i));
      const expected = weight.dataSync().slice();
      weight.assign(middle);
      [2, 3].forEach((i) => step(second, i));
      expect(weight.dataSync()).toEqual(expected);
      [first, second, weight, middle].forEach((one) => one.dispose());
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  it.each<[object, string]>([
    [{ name: 'rmsprop' }, 'createOptimizer: unknown optimizer "rmsprop"; known optimizers: sgd, adam, adamw'],
    [{ name: 'adam', beta: 1 }, 'createOptimizer: adam: unknown option "beta" (did you mean "beta1"?)'],
    [{ name: 'sgd', momentum: 1 }, 'wanted momentum from 0 up to 1, got 1'],
    [{ name: 'sgd', nesterov: true }, 'wanted a momentum for nesterov, got 0'],
    [{ name: 'adam', epsilon: 0 }, 'wanted epsilon positive, got 0'],
  ])('refuses %j', (options, message) => {
    expect(() => createOptimizer(options as OptimizerOptions, [])).toThrow(message);
  });
});

describe('a learning-rate schedule', () => {
  const rates = (options: ScheduleOptions, epochs: number, stepsPerEpoch: number) => {
    const schedule = learningRateSchedule(options);
    return Array.from({ length: epochs * stepsPerEpoch }, (_, step) =>
      schedule(0.1, { step, epoch: Math.floor(step / stepsPerEpoch), stepsPerEpoch, epochs }),
    );
  };

  it.each<[keyof typeof torch.schedules, ScheduleOptions, number, number]>([
    ['cosine, 12 steps, minimum 0.01', { name: 'cosine', minimum: 0.01 }, 4, 3],
    ['poly, 12 steps, power 0.9', { name: 'poly', power: 0.9 }, 6, 2],
    ['one-cycle, 12 steps', { name: 'one-cycle' }, 3, 4],
    ['step, every 2 of 6 epochs', { name: 'step', every: 2 }, 6, 1],
  ])("is torch's: %s", (name, options, epochs, stepsPerEpoch) => {
    const ours = rates(options, epochs, stepsPerEpoch);
    expect(ours).toHaveLength(torch.schedules[name].length);
    ours.forEach((rate, i) => expect(rate).toBeCloseTo(torch.schedules[name][i]!, 12));
  });

  it("lowers the rate on a plateau as torch's", () => {
    const { metrics, max, min } = torch.plateau;
    const run = (plateau: Plateau, values: readonly number[]) =>
      values.map((value) => {
        plateau.observe(value);
        return plateau.rate(0.1);
      });
    const close = (ours: number[], theirs: number[]) =>
      ours.forEach((rate, i) => expect(rate).toBeCloseTo(theirs[i]!, 12));
    close(run(new Plateau({ name: 'plateau', factor: 0.5, patience: 2 }, 'max'), metrics), max);
    const options = { name: 'plateau', factor: 0.1, patience: 1, minimum: 0.0005 } as const;
    close(run(new Plateau(options, 'min'), metrics.map((metric) => 1 - metric)), min); // prettier-ignore
  });

  it('warms up linearly', () => {
    const warm = rates({ name: 'constant', warmup: { epochs: 2, from: 0.2 } }, 3, 2);
    [0.02, 0.04, 0.06, 0.08, 0.1, 0.1].forEach((rate, i) => expect(warm[i]).toBeCloseTo(rate, 12));
    const short = rates({ name: 'constant', warmup: { updates: 2, from: 0.5 } }, 3, 2);
    [0.05, 0.075, 0.1, 0.1, 0.1, 0.1].forEach((rate, i) => expect(short[i]).toBeCloseTo(rate, 12));
  });

  it.each<[object, string]>([
    [{ name: 'cosin' }, 'unknown schedule "cosin" (did you mean "cosine"?); known schedules: constant, poly'],
    [
      { name: 'poly', gamma: 2 },
      'learningRateSchedule: poly: unknown option "gamma"; known options: power, minimum',
    ],
    [{ name: 'step' }, 'step: wanted every to be a positive number, got NaN'],
    [{ name: 'constant', warmup: { epochs: -1 } }, 'wanted epochs to be a number not below 0, got -1'],
    [{ name: 'constant', warmup: { updates: 0 } }, 'wanted updates to be a positive number, got 0'],
    [
      { name: 'constant', warmup: { updates: 2, epochs: 1 } },
      'wanted epochs or updates of the warm-up, got both',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => learningRateSchedule(options as ScheduleOptions)).toThrow(message);
  });
});
