import { type Augmentation } from '@segloss/data';
import { type Loss } from '@segloss/losses';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { type TrainingItem } from './batches.js';
import { type Evaluation } from './evaluate.js';
import { type GradientOptions } from './gradients.js';
import { type LearningRateSchedule, type ScheduleOptions } from './learning-rate.js';
import { type OptimizerOptions } from './optimizers/index.js';
import { Training } from './training.js';

/** One update of the weights. */
export interface StepReport {
  readonly epoch: number;
  /** 0-based, counted from the start of the training. */
  readonly step: number;
  readonly learningRate: number;
  readonly loss: number;
  readonly terms: Record<string, number>;
  /** Length of the whole gradient, before it was clipped. */
  readonly gradientNorm: number;
}

/** One pass over the training images, and what the model reaches after it. */
export interface EpochReport {
  /** 0-based. */
  readonly epoch: number;
  readonly seconds: number;
  /** Part of them that was spent waiting for training images. */
  readonly waitingSeconds: number;
  /** Updates of the weights in this epoch. */
  readonly steps: number;
  /** Updates since the start of the training. */
  readonly step: number;
  /** That of the last update. */
  readonly learningRate: number;
  /** Means over the training images of the epoch. */
  readonly loss: number;
  readonly terms: Record<string, number>;
  /** Mean over the updates. */
  readonly gradientNorm: number;
  readonly val: Evaluation;
  /** The monitored metric is the best so far. */
  readonly best: boolean;
}

/** Which number of {@link EpochReport} `val` says how good a model is. */
export interface Monitor {
  /** Default `meanDice`. */
  metric?: 'meanDice' | 'meanIou' | 'loss';
  /** Default: `min` for the loss, else `max`. */
  mode?: 'max' | 'min';
}

/** Ends a training that no longer gets better. */
export interface EarlyStopping {
  /** Epochs without a better metric, after which it ends. */
  patience: number;
  /** By how much a better metric has to be better. Default 0. */
  minDelta?: number;
}

/** Where a training keeps what it needs to go on. */
export interface CheckpointOptions {
  /** Gets `last`, `previous` and `best`.safetensors. If it holds a checkpoint of the same options, the training goes on there. */
  folder: string;
  /** Also saves after every so many updates; the end of an epoch always saves. */
  everySteps?: number;
  /** Is told what happens to checkpoints: resumed, damaged. Default: a warning of the process. */
  say?: (text: string) => void;
  /** Is told where the training begins or goes on, before its first step: later epochs than this are done again. */
  onResume?: (at: { epoch: number; step: number }) => void;
}

/** Options of {@link train}. */
export interface TrainOptions {
  /** Returns logits; one channel for binary data. */
  model: LayersModel;
  loss: Loss;
  /** In memory or read when needed; they have, or `augment` gives, the size that the model takes. */
  train: readonly TrainingItem[];
  /** Of the size that the model takes. */
  val: readonly TrainingItem[];
  /** Names of the classes; two are binary. */
  classes: readonly string[];
  epochs: number;
  /** Images of one forward pass. Default 8. */
  batchSize?: number;
  /** Default `{ name: 'adam' }`. */
  optimizer?: OptimizerOptions;
  /** Where the schedule starts from. Default 1e-3, for SGD 0.01. */
  learningRate?: number;
  /** Default `{ name: 'constant' }`; or a function of the base rate and the place in the training. */
  schedule?: ScheduleOptions | LearningRateSchedule;
  gradient?: GradientOptions;
  /** Owns every random number: order of the images, augmentation, dropout. Default 0. */
  seed?: number;
  /**
   * Changes image and mask of the training samples together: what `augmentation` of `@segloss/data` makes, which may also bring
   * samples of other sizes to that of the model; `true` (default) for random flips along both axes, `false` for nothing.
   */
  augment?: boolean | Augmentation;
  monitor?: Monitor;
  earlyStopping?: EarlyStopping;
  checkpoint?: CheckpointOptions;
  /** Ends the training between two updates, and saves; the epoch that was under way gives no report. */
  signal?: AbortSignal;
  /** Called after every update. */
  onStep?: (step: StepReport) => void;
}

/**
 * Trains a model, one report for each epoch. The seed fixes the order of the images, the augmentation and dropout, so on the wasm
 * and cpu backends the same options give the same weights, bit by bit; so does a training that was ended, or killed, and goes on
 * from its checkpoint, whose epochs that are finished are not reported again. The end of an epoch is saved when the next report is
 * asked for: what a program writes of a report is never missing from a resumed training.
 *
 * @param options See {@link TrainOptions}.
 * @throws {DivergedError} Before an update that would carry NaN or infinity into the weights.
 * @throws {RangeError} If a sample does not fit the model or an option is out of range.
 * @throws {CheckpointError} If the folder's checkpoints are damaged, or of other options.
 *
 * @example
 * ```ts
 * await selectBackend('cpu');
 * const { parseLoss } = await import('@segloss/losses');
 * const sample = { id: 'a', width: 4, height: 4, channels: 1, image: new Float32Array(16).fill(1), mask: new Uint8Array(16).fill(1) };
 * const model = unet({ inputShape: [4, 4, 1], outputs: 1, widths: [2], seed: 1 });
 * const losses = [];
 * const options = { model, loss: parseLoss('ce'), train: [sample], val: [sample], classes: ['no', 'yes'], epochs: 3, learningRate: 0.1 };
 * for await (const { loss } of train(options)) losses.push(loss);
 * losses[2] < losses[0]; // → true
 * ```
 */
export async function* train(options: TrainOptions): AsyncGenerator<EpochReport, void, undefined> {
  const training = new Training(options);
  try {
    training.resume();
    while (!training.finished) {
      const report = await training.epoch();
      if (report === undefined) return;
      yield report;
      await training.finishEpoch();
    }
  } finally {
    training.dispose();
  }
}
