import { PassThrough } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MetricsLine } from '@segloss/trainer';
import pc from 'picocolors';

import { liveTrainProgress, plainTrainProgress, trainEpochLine } from '../src/progress.js';

const extent = { epochs: 20, stepsPerEpoch: 10, classes: ['background', 'vessel', 'polyp', 'ulcer'] };
const line = (hard: number[]): MetricsLine => ({
  epoch: 2,
  step: 30,
  learningRate: 0.00123456,
  loss: 0.41234,
  terms: { ce: 0.41234 },
  gradientNorm: 1,
  val: {
    loss: 0.5,
    terms: { ce: 0.5 },
    dice: [0.9, 0.5, 0.4, NaN],
    iou: [0.8, 0.3, 0.2, NaN],
    foregroundDice: 0.45,
    foregroundIou: NaN,
    truth: [0.7, 0.2, 0.1, 0],
    soft: [0.77, 0.16, 0.07, 0],
    hard,
  },
});

describe('the line of an epoch', () => {
  it('says p/q of every class, soft and hard, and which class collapses', () => {
    expect(trainEpochLine(line([0.84, 0.15, 0.009, 0.001]), extent)).toBe(
      'epoch 3/20  loss 0.4123  lr 0.00123  val Dice 0.450 IoU n/a  ' +
        'p/q soft/hard: background 1.10/1.20, vessel 0.80/0.75, polyp 0.70/0.09 COLLAPSING, ulcer n/a/n/a',
    );
  });

  it('marks no class above a tenth of its true proportion, nor one that is nowhere', () => {
    expect(trainEpochLine(line([0.84, 0.15, 0.0101, 0]), extent)).not.toContain('COLLAPSING');
  });
});

/** A stream and what was written to it. */
const sink = () => {
  const stream = new PassThrough();
  return { stream, text: () => String((stream.read() as Buffer | null) ?? '') };
};

describe('progress where there is no terminal', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is one line for each epoch, and nothing for steps within a minute', () => {
    const { stream, text } = sink();
    const progress = plainTrainProgress(stream, extent);
    progress.step({ epoch: 0, step: 0, loss: 1 });
    progress.epoch(line([0.7, 0.2, 0.1, 0]));
    progress.note('resumed');
    progress.finish();
    expect(text()).toMatch(/^epoch 3\/20 .*\nresumed\n$/);
  });

  it('is at least one line a minute, with and without steps', () => {
    const { stream, text } = sink();
    const progress = plainTrainProgress(stream, extent);
    jest.setSystemTime(Date.now() + 61_000); // a step that holds the thread
    progress.step({ epoch: 1, step: 13, loss: 0.5 });
    expect(text()).toBe('epoch 2/20  step 4/10  loss 0.5000\n');
    progress.step({ epoch: 1, step: 14, loss: 0.4 });
    jest.advanceTimersByTime(59_000);
    expect(text()).toBe('');
    jest.advanceTimersByTime(180_000); // a long validation
    expect(text().trim().split('\n')).toEqual(Array(3).fill('epoch 2/20  step 5/10  loss 0.4000'));
    progress.finish();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('progress on a terminal', () => {
  it('is a bar with the lines of the epochs above it', () => {
    const { stream, text } = sink();
    const terminal = Object.assign(stream, {
      isTTY: true,
      columns: 120,
      cursorTo: () => true,
      clearLine: () => true,
    });
    const progress = liveTrainProgress(terminal, pc.createColors(true), { ...extent, stepsBefore: 20 });
    progress.step({ epoch: 2, step: 29, loss: 0.4 });
    progress.epoch(line([0.84, 0.15, 0.009, 0]));
    progress.finish();
    const shown = text();
    expect(shown).toContain('15%  epoch 3/20  step 10/10  loss 0.4000');
    expect(shown).toContain(`${pc.createColors(true).red('polyp 0.70/0.09 COLLAPSING')}, ulcer`);
  });
});
