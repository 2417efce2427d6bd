import type { Writable } from 'node:stream';

import type { MetricsLine, StepReport } from '@segloss/trainer';
import type { Colors } from 'picocolors/types';

import { makeBars, ratioText } from './benchmark/progress.js';

/** Shows how one training goes on; `finish` leaves the terminal as it was. */
export interface TrainProgress {
  step(step: Pick<StepReport, 'epoch' | 'step' | 'loss'>): void;
  epoch(line: MetricsLine): void;
  /** Says something without disturbing what is on the screen. */
  note(text: string): void;
  finish(): void;
}

/** What a training is, as far as its progress needs it. */
export interface TrainExtent {
  readonly epochs: number;
  /** Updates of the weights in one epoch. */
  readonly stepsPerEpoch: number;
  readonly classes: readonly string[];
  /** Updates that were made before, where a training goes on. */
  readonly stepsBefore?: number;
}

/** Below this share of its true proportion, a class is about to vanish from the predictions. */
const COLLAPSE = 0.1;
const MINUTE = 60_000;

/** What one epoch says: loss, learning rate, scores, and for each class p/q, predicted over true proportion, soft and hard. */
export function trainEpochLine(
  line: MetricsLine,
  { epochs, classes }: TrainExtent,
  mark = (text: string) => text,
): string {
  const { val } = line;
  const ratios = classes.map((name, k) => {
    const [q, soft, hard] = [val.truth[k]!, val.soft[k]!, val.hard[k]!];
    const text = `${name} ${ratioText(soft, q)}/${ratioText(hard, q)}`;
    return q > 0 && hard / q < COLLAPSE ? mark(`${text} COLLAPSING`) : text;
  });
  return [
    `epoch ${line.epoch + 1}/${epochs}`,
    `loss ${line.loss.toFixed(4)}`,
    `lr ${shortNumber(line.learningRate)}`,
    `val Dice ${score(val.foregroundDice)} IoU ${score(val.foregroundIou)}`,
    `p/q soft/hard: ${ratios.join(', ')}`,
  ].join('  ');
}

const score = (value: number): string => (Number.isNaN(value) ? 'n/a' : value.toFixed(3));
const shortNumber = (value: number): string => String(Number(value.toPrecision(3)));

/** One plain line for each epoch, and at least one a minute: for logs, pipes and CI. */
export function plainTrainProgress(stream: Writable, extent: TrainExtent, now = Date.now): TrainProgress {
  let last = now();
  let state = 'no update yet';
  // For times without steps to tell of, such as a long validation.
  const timer = setInterval(() => print(state), MINUTE);
  timer.unref();
  const print = (text: string): void => {
    last = now();
    timer.refresh();
    stream.write(`${text}\n`);
  };
  return {
    step(step) {
      state = stepText(step, extent);
      if (now() - last >= MINUTE) print(state); // steps that hold the thread hold the timer too
    },
    epoch: (line) => print(trainEpochLine(line, extent)),
    note: print,
    finish: () => clearInterval(timer),
  };
}

/** One bar for the whole training; the lines of the epochs scroll by above it. */
export function liveTrainProgress(
  stream: Writable & { columns?: number },
  colors: Colors,
  extent: TrainExtent,
): TrainProgress {
  const bars = makeBars(stream, '{bar} {percentage}%  {text}  {eta_formatted} left');
  const before = extent.stepsBefore ?? 0;
  const bar = bars.create(extent.epochs * extent.stepsPerEpoch, before, { text: `epoch 1/${extent.epochs}` });
  return {
    step: (step) => bar.update(step.step + 1, { text: stepText(step, extent) }),
    epoch: (line) => void bars.log(`${trainEpochLine(line, extent, colors.red)}\n`),
    note: (text) => void bars.log(`${text}\n`),
    finish() {
      bars.update(); // the last notes are still in a buffer
      bars.stop();
    },
  };
}

function stepText({ epoch, step, loss }: Parameters<TrainProgress['step']>[0], extent: TrainExtent): string {
  const { epochs, stepsPerEpoch } = extent;
  return `epoch ${epoch + 1}/${epochs}  step ${(step % stepsPerEpoch) + 1}/${stepsPerEpoch}  loss ${loss.toFixed(4)}`;
}
