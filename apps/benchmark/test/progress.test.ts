import { PassThrough } from 'node:stream';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { EpochEvent, RunStartEvent, StepEvent } from '@segloss/trainer';
import pc from 'picocolors';

import { epochLine, liveProgress, outcomeText, plainProgress, sizeAdvice } from '../src/progress.js';

const extent = { epochs: 20, stepsPerEpoch: 10, classes: ['background', 'vessel', 'polyp', 'ulcer'] };
const start: RunStartEvent = {
  ...{
    type: 'run.start',
    run: 'a1',
    name: 'a',
    folder: 'a',
    parameters: 1,
    inputShape: [16, 16, 1],
    sources: [],
    ...extent,
  },
  backend: { name: 'cpu', reason: 'requested' },
  data: { name: 'd', description: '', warnings: [], train: 1, val: 1 },
};
const step = (epoch: number, at: number, loss: number): StepEvent => ({
  type: 'step',
  run: 'a1',
  epoch,
  step: at,
  loss,
});
const line = (hard: number[]): EpochEvent => ({
  ...{ type: 'epoch', run: 'a1', seconds: 1, waitingSeconds: 0, best: true },
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
  } as EpochEvent['val'],
});

describe('the line of an epoch', () => {
  it('says p/q of every class, soft and hard, and which class collapses', () => {
    expect(epochLine(line([0.84, 0.15, 0.009, 0.001]), extent)).toBe(
      'epoch 3/20  loss 0.4123  lr 0.00123  val Dice 0.450 IoU n/a  ' +
        'p/q soft/hard: background 1.10/1.20, vessel 0.80/0.75, polyp 0.70/0.09 COLLAPSING, ulcer n/a/n/a',
    );
  });

  it('marks no class above a tenth of its true proportion, nor one that is nowhere', () => {
    expect(epochLine(line([0.84, 0.15, 0.0101, 0]), extent)).not.toContain('COLLAPSING');
  });
});

describe('the advice at the end', () => {
  it('is about vanishing classes alone: another decoding where the probabilities have the size, training where they have not', () => {
    const event = line([0.84, 0.15, 0.009, 0.001]);
    expect(sizeAdvice(event, extent.classes)).toEqual([
      'polyp has 0.09 of its true size in the masks and 0.70 in the probabilities; segloss predict --decode volume makes masks of the size of the probabilities',
    ]);
    const few = { val: { ...event.val, soft: [0.77, 0.04, 0.04, 0], hard: [0.9, 0.01, 0.009, 0] } };
    expect(sizeAdvice(few, extent.classes)).toEqual([
      expect.stringMatching(
        /^vessel .* 0\.20 in the probabilities \(and so 1 more class\); train longer, .*outputBias=prior/,
      ),
    ]);
    expect(sizeAdvice(few, extent.classes, { outputBias: 'prior' })[0]).toMatch(
      /; train longer, or add a size term/,
    );
    expect(sizeAdvice(few, extent.classes, { sizeTerm: true })[0]).toMatch(
      /=prior\), or raise the learning rate \(--learning-rate\)$/,
    );
    expect(sizeAdvice(line([0.84, 0.15, 0.0101, 0]), extent.classes)).toEqual([]);
  });
});

/** A stream and what was written to it. */
const sink = () => {
  const stream = new PassThrough();
  return { stream, text: () => String((stream.read() as Buffer | null) ?? '') };
};

describe('the line of an epoch of one of several runs', () => {
  it('names the run, its rarest class, and classes that vanish', () => {
    expect(epochLine(line([0.84, 0.01, 0.09, 0.001]), extent, { name: 'dice, seed 1' })).toMatch(
      /^dice, seed 1 {2}epoch 3\/20 .* p\/q soft\/hard: vessel 0\.80\/0\.05 COLLAPSING, polyp 0\.70\/0\.90$/,
    );
  });
});

describe('the outcome of a run', () => {
  it.each([
    [
      { epoch: 4, metric: 'foregroundDice', value: 0.5 },
      'finished after 1 epoch; best foregroundDice 0.500 at epoch 5',
    ],
    [undefined, 'finished after 1 epoch'],
    [
      { epoch: 0, metric: 'foregroundDice', value: null },
      'finished after 1 epoch; foregroundDice was never defined: the last weights, of epoch 1, count as best',
    ],
  ])('%j', (best, text) => {
    expect(outcomeText({ status: 'finished', epochs: 1, ...(best && { best }) })).toBe(text);
  });
});

describe('progress where there is no terminal', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is one line for each epoch, and nothing for steps within a minute', () => {
    const { stream, text } = sink();
    const progress = plainProgress(stream, { runs: 1 });
    progress.event(start);
    progress.event(step(0, 0, 1));
    progress.event(line([0.7, 0.2, 0.1, 0]));
    progress.note('resumed');
    progress.finish();
    expect(text()).toMatch(/^epoch 3\/20 .*\nresumed\n$/);
  });

  it('is at least one line a minute, with and without steps', () => {
    const { stream, text } = sink();
    const progress = plainProgress(stream, { runs: 1 });
    progress.event(start);
    jest.setSystemTime(Date.now() + 61_000); // a step that holds the thread
    progress.event(step(1, 13, 0.5));
    expect(text()).toBe('epoch 2/20  step 4/10  loss 0.5000\n');
    progress.event(step(1, 14, 0.4));
    jest.advanceTimersByTime(59_000);
    expect(text()).toBe('');
    jest.advanceTimersByTime(180_000); // a long validation
    expect(text().trim().split('\n')).toEqual(Array(3).fill('epoch 2/20  step 5/10  loss 0.4000'));
    progress.finish();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('progress on a terminal', () => {
  it('has a bar for all runs and one for each that trains, and shows control characters', () => {
    const { stream, text } = sink();
    const terminal = Object.assign(stream, {
      isTTY: true,
      columns: 120,
      cursorTo: () => true,
      clearLine: () => true,
    });
    const progress = liveProgress(terminal, pc.createColors(false), {
      runs: 4,
      finished: 1,
      nameOf: () => 'evil\u001b[2J',
    });
    progress.event(start);
    progress.event(step(0, 0, 1));
    progress.ended('a1', 'good', 'evil\u001b[2J: finished');
    progress.finish();
    const shown = text();
    expect(shown).toContain('✓ evil\\x1b[2J: finished');
    expect(shown).toContain('2 of 4 runs');
    expect(shown).not.toContain('\u001b[2J');
  });

  it('is a bar with the lines of the epochs above it', () => {
    const { stream, text } = sink();
    const terminal = Object.assign(stream, {
      isTTY: true,
      columns: 120,
      cursorTo: () => true,
      clearLine: () => true,
    });
    const progress = liveProgress(terminal, pc.createColors(true), { runs: 1 });
    progress.event(start);
    progress.event(step(2, 29, 0.4));
    progress.event(line([0.84, 0.15, 0.009, 0]));
    progress.finish();
    const shown = text();
    expect(shown).toContain('15%  epoch 3/20  step 10/10  loss 0.4000');
    expect(shown).toContain(`${pc.createColors(true).red('polyp 0.70/0.09 COLLAPSING')}, ulcer`);
  });
});
