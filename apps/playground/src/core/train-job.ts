import { syntheticDataset, loadAll, type Sample } from '@segloss/data/samples';
import { parseLoss } from '@segloss/losses';
import { unet } from '@segloss/models';
import { predict, train, type StepReport } from '@segloss/trainer/loop';

import { BATCH, LEARNING_RATE, RARE, WIDTHS } from './train-settings.js';

/** What is trained. */
export interface TrainSettings {
  readonly spec: string;
  readonly epochs: number;
  readonly seed: number;
}

/** Images with masks, for training and validation. */
export interface TrainData {
  readonly classes: readonly string[];
  readonly train: readonly Sample[];
  readonly val: readonly Sample[];
  /** What was done to the images, if anything. */
  readonly remarks?: readonly string[];
}

/** State after an epoch. */
export interface TrainReport {
  readonly epoch: number;
  readonly loss: number;
  readonly dice: number;
  /** Predicted over true size of the foreground: probabilities summed, labels counted. */
  readonly soft: number;
  readonly hard: number;
  /** Probabilities of the foreground of the first validation images, 0 to 255. */
  readonly previews: readonly Uint8Array[];
}

/** How many validation images are shown. */
export const PREVIEWS = 6;

/** The small U-Net that is trained, for images such as this one. */
export function networkOf({ width, height, channels }: Sample, seed: number) {
  return unet({
    inputShape: [height, width, channels],
    outputs: 1,
    widths: WIDTHS,
    norm: 'batch',
    seed,
  });
}

/** Rare regions of 32 x 32 images, the same on every machine. */
export async function syntheticTrainData(): Promise<TrainData> {
  const { classes, train, val } = syntheticDataset(RARE);
  return { classes, train: await loadAll(train), val: await loadAll(val) };
}

/**
 * Trains a small U-Net and yields a report for each epoch; the generator returns the model. The wasm and cpu backends give the same
 * weights for the same settings, in Node and in a page.
 *
 * @param onStep Called after each step with its number in the epoch, from 1, how many steps that has, and the epoch, from 0.
 */
export async function* trainJob(
  { spec, epochs, seed }: TrainSettings,
  { classes, train: samples, val }: TrainData,
  signal?: AbortSignal,
  onStep: (step: number, steps: number, epoch: number) => void = () => {},
) {
  const model = networkOf(samples[0]!, seed);
  const steps = Math.ceil(samples.length / BATCH);
  const options = {
    ...{ model, loss: parseLoss(spec), train: samples, val, classes, epochs, seed, batchSize: BATCH },
    optimizer: { name: 'adam', learningRate: LEARNING_RATE },
    ...(signal && { signal }),
    onStep: ({ epoch, step }: StepReport) => onStep((step % steps) + 1, steps, epoch),
    onNote: () => {},
  } as const;
  for await (const { epoch, loss, val: scores } of train(options)) {
    const shown = await predict(model, val.slice(0, PREVIEWS));
    const [truth, soft, hard] = [scores.truth[1]!, scores.soft[1]!, scores.hard[1]!];
    const report: TrainReport = {
      epoch,
      loss,
      dice: scores.foregroundDice,
      soft: soft / truth,
      hard: hard / truth,
      // Two probabilities for each pixel: of the background and of the foreground.
      previews: shown.map(({ labels, probabilities }) =>
        Uint8Array.from(labels, (_, i) => Math.round(255 * probabilities[2 * i + 1]!)),
      ),
    };
    yield report;
  }
  return model;
}

/** SHA-256 of all weights, as hexadecimal digits. */
export async function hashOfWeights(weights: readonly Float32Array[]): Promise<string> {
  const bytes = new Uint8Array(weights.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of weights) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
