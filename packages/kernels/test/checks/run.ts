// The checks that a child process or a page runs on one backend: everything as one object of JSON.
import { lossRegistry, parseLoss } from '@segloss/losses';
import * as tf from '@tensorflow/tfjs-core';

import { numbers } from '../../../testing/src/random';
import { wrongFocalSums } from './focal';
import { apart, errorOfManyPixels, read, wrongRegionStatistics } from './region-statistics';
import { trainingStep, wrongConvolutions, type TrainingStep } from './training';

/** How much of each check. */
export interface Amount {
  readonly statistics: number;
  readonly subsets: number;
  readonly focal: number;
  readonly side: number;
  readonly convolutions: number;
}

/** What {@link runChecks} found. */
export interface Findings {
  readonly backend: string;
  readonly wrong: readonly string[];
  readonly many: { readonly value: number; readonly gradient: number };
  readonly step: TrainingStep;
  readonly leaked: number;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Runs the checks of the losses, the convolutions and a training step on the current backend. */
export async function runChecks(amount: Amount): Promise<Findings> {
  const milliseconds: Record<string, number> = {};
  const timed = async <T>(name: string, check: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const found = await check();
    milliseconds[name] = Math.round(performance.now() - start);
    return found;
  };
  const before = tf.memory().numTensors;
  const wrong = [
    ...(await timed('statistics', () =>
      wrongRegionStatistics({ cases: amount.statistics, asked: 'all sums' }),
    )),
    ...(await timed('subsets', () => wrongRegionStatistics({ cases: amount.subsets, asked: 'some' }))),
    ...(await timed('channels ignored one by one', () =>
      wrongRegionStatistics({ cases: amount.subsets, asked: 'all sums', activation: 'softmax' }),
    )),
    ...(await timed('labels', () =>
      wrongRegionStatistics({ cases: amount.subsets, asked: 'those of labels' }),
    )),
    ...(await timed('focal', () => wrongFocalSums(amount.focal))),
    ...(await timed('convolutions', () => wrongConvolutions(amount.convolutions))),
  ];
  const many = await timed('many', () => errorOfManyPixels(amount.side, 3));
  const leaked = tf.memory().numTensors - before;
  const step = await timed('step', trainingStep);
  return { backend: tf.getBackend(), wrong, many, step, leaked, milliseconds };
}

/**
 * What every loss of the registry gives on another backend than on the cpu backend, whose operations are composed: a message for
 * each that differs in value or gradient or cannot be computed there.
 */
export async function wrongLosses(
  backend: string,
  specs: Iterable<string> = lossRegistry().keys(),
  tolerance = 2e-4,
): Promise<Record<string, string>> {
  const wrong: Record<string, string> = {};
  for (const spec of specs) {
    await tf.setBackend('cpu');
    const wanted = await gradientOf(spec);
    await tf.setBackend(backend);
    try {
      const off = apart(await gradientOf(spec), wanted, 1e-3);
      if (!(off < tolerance)) wrong[spec] = `off by ${off}`;
    } catch (error) {
      wrong[spec] = (error as Error).message;
    }
  }
  return wrong;
}

/** Value and gradient of two images of 24 x 24 pixels with an ignored stripe: large enough that tfjs leaves them to a GPU. */
async function gradientOf(spec: string): Promise<Float32Array> {
  const [size, classes] = [24, 3];
  const { next } = numbers(3);
  const results = tf.tidy(() => {
    const labels = tf.tensor(Int32Array.from({ length: 2 * size * size }, (_, i) => (i % size === 5 ? 255 : Math.floor(i / 200) % classes)), [2, size, size], 'int32'); // prettier-ignore
    const logits = tf.tensor(Float32Array.from({ length: 2 * size * size * classes }, () => 4 * next() - 2), [2, size, size, classes]); // prettier-ignore
    const loss = parseLoss(spec);
    const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => loss(labels, z))(logits);
    return [value, grad];
  });
  const [value, gradient] = await read(results);
  return Float32Array.from([value![0]!, ...gradient!]);
}
