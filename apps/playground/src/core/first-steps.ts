import { parseLoss } from '@segloss/losses';
import { train } from '@segloss/trainer/loop';

import { networkOf, type TrainData, type TrainSettings } from './train-job.js';
import { BATCH } from './train-settings.js';

/** What the first steps of a training did, on the backend that was in use. */
export interface FirstSteps {
  /** Loss of each step, and at last of the validation. */
  readonly losses: readonly number[];
  /** By how much each weight changed. */
  readonly changes: readonly { readonly name: string; readonly values: Float32Array }[];
  /** Milliseconds of the fastest step. */
  readonly ms: number;
}

const STEPS = 2;
/** Gradient descent as it is: the changes are sums of gradients. Adam divides by their size, and would hide a wrong factor. */
const OPTIMIZER = { name: 'sgd', learningRate: 0.1 } as const;

/** Takes the first steps of a training by gradient descent. */
export async function firstSteps(
  { spec, seed }: TrainSettings,
  { classes, train: samples, val }: TrainData,
): Promise<FirstSteps> {
  const model = networkOf(samples[0]!, seed);
  const read = () =>
    Promise.all(model.weights.map(async (one) => Float32Array.from(await one.read().data())));
  try {
    const before = await read();
    const losses: number[] = [];
    const times = [performance.now()];
    const onStep = ({ loss }: { loss: number }) => {
      losses.push(loss);
      times.push(performance.now());
    };
    const options = {
      ...{ model, loss: parseLoss(spec), classes, seed, epochs: 1, batchSize: BATCH, optimizer: OPTIMIZER },
      train: Array.from({ length: STEPS * BATCH }, (_, i) => samples[i % samples.length]!),
      val: val.slice(0, BATCH),
      ...{ onStep, onNote: () => {} },
    };
    for await (const { val: scores } of train(options)) losses.push(scores.loss);
    const after = await read();
    return {
      losses,
      changes: model.weights.map(({ originalName: name }, i) => ({
        name,
        values: after[i]!.map((value, j) => value - before[i]![j]!),
      })),
      ms: Math.min(...times.slice(1).map((time, i) => time - times[i]!)),
    };
  } finally {
    model.dispose();
  }
}

/** Part of a loss, and of the largest change of a weight, by which two backends may differ: rounding stays far below. */
const TOLERANCE = 0.01;
/** Changes below this part of the largest one are rounding. */
const FLOOR = 0.01;

/** Says in which number two backends differ by more than rounding does; undefined where they agree. */
export function disagreement(expected: FirstSteps, found: FirstSteps): string | undefined {
  for (const [i, loss] of expected.losses.entries()) {
    const other = found.losses[i]!;
    if (!(Math.abs(other - loss) <= TOLERANCE * Math.abs(loss)))
      return `${i < STEPS ? `the loss of step ${i + 1}` : 'the loss of the validation'} is ${other} instead of ${loss}`;
  }
  const largest = Math.max(...expected.changes.map(({ values }) => most(values)));
  for (const [i, { name, values }] of expected.changes.entries()) {
    const off = most(values.map((value, j) => value - found.changes[i]!.values[j]!));
    const share = off / Math.max(most(values), FLOOR * largest);
    if (!(share <= TOLERANCE)) return `the gradient of ${name} is off by ${(100 * share).toPrecision(2)} %`;
  }
  return undefined;
}

/** The largest absolute value; NaN if there is one. */
function most(values: Float32Array): number {
  return values.reduce((all, one) => (Number.isNaN(one) ? NaN : Math.max(all, Math.abs(one))), 0);
}
