import { type Augmentation } from '@segloss/data/samples';
import { type Loss } from '@segloss/losses';
import { supervisedModel } from '@segloss/models';
import { checkChoice, checkKeys, unknownName, withDefaults } from '@segloss/common';
import { type LayersModel } from '@tensorflow/tfjs-layers';

import { checkSamples, outputChannels, inMemory, type TrainingItem } from './batches.js';
import { type CheckpointStore } from './checkpoint.js';
import { type CaseEvaluation, type Evaluation } from './evaluate.js';
import { type GradientOptions } from './gradients.js';
import { type LearningRateSchedule, type ScheduleOptions } from './learning-rate.js';
import { MONITOR_ALIASES, MONITORED, type MonitoredMetric } from './monitor.js';
import { LEARNING_RATES, type AdamOptions, type OptimizerOptions } from './optimizers/index.js';
import { type SlidingWindowOptions } from './sliding-window.js';

/** What a sentence is about: `settings`, every run with the same settings and data gets it too; or this `run`. */
export type NoteSubject = 'settings' | 'run';

/** One update of the weights. */
export interface StepReport {
  readonly epoch: number;
  /** 0-based, counted from the start of the training. */
  readonly step: number;
  readonly learningRate: number;
  readonly loss: number;
  readonly terms: Record<string, number>;
  /** Norm of the complete gradient before clipping. */
  readonly gradientNorm: number;
}

/** One pass over the training images, and the validation after it. */
export interface EpochReport {
  /** 0-based. */
  readonly epoch: number;
  readonly seconds: number;
  /** Part of them spent waiting for training images. */
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
  /** Scores of each validation image, without distances between surfaces. */
  readonly cases: CaseEvaluation['cases'];
  /** The weights of this epoch are the checkpoint `best`: the monitored metric is the best so far, or was never defined. */
  readonly best: boolean;
}

/** Which number of {@link EpochReport} `val` tells how good a model is. */
export interface Monitor {
  /** Default `foregroundDice`, which `meanDice` also names; so does `meanIou` `foregroundIou`. */
  metric?: MonitoredMetric | 'meanDice' | 'meanIou';
  /** Default: `min` for the loss, else `max`. */
  mode?: 'max' | 'min';
}

/** Stops a training that no longer improves. */
export interface EarlyStopping {
  /** Epochs without improvement before the training ends, 1 or more; an epoch in which the metric is undefined does not count. */
  patience: number;
  /** Smallest improvement that counts, in units of the metric. Default 0. */
  minDelta?: number;
}

/** Where and how often a training saves what it needs to resume. */
export interface CheckpointOptions {
  /** Where they are kept; a training with the same options resumes from the newest one there. */
  store: CheckpointStore;
  /** Updates between two checkpoints, 1 or more; the end of an epoch always saves. */
  everySteps?: number;
  /** Receives a sentence about what happens to checkpoints: resumed, damaged. Default: a warning on the console. */
  say?: (text: string) => void;
  /** Called before the first step with where the training starts or resumes: this epoch and later ones are reported anew. */
  onResume?: (at: { epoch: number; step: number }) => void;
}

/** Options of {@link train}. */
export interface TrainOptions {
  /** Returns logits; one channel for binary data. */
  model: LayersModel;
  loss: Loss;
  /** In memory or read when needed; of the size of the model's input, or brought to it by `augment`. */
  train: readonly TrainingItem[];
  /** Of the size of the model's input, or of any size with `valWindow`; with different ids. */
  val: readonly TrainingItem[];
  /** Windows of the model's size slide over each validation image, as in {@link predictSliding}. Default: images have the model's size. */
  valWindow?: SlidingWindowOptions;
  /** Validates by the means of the probabilities over all mirrorings of each image; the loss stays that of the images as they are. Default false. */
  valTta?: boolean;
  /** Names of the classes; two are binary. */
  classes: readonly string[];
  /** Index of the background class, which the foreground means exclude; null where every class counts. Default 0. */
  background?: number | null;
  epochs: number;
  /** Images of one forward pass. Default 8. */
  batchSize?: number;
  /** Default `{ name: 'adam' }`; `learningRate`, from which the schedule starts, is 1e-3 by default, for SGD 0.01. */
  optimizer?: TrainOptimizer;
  /** Default `{ name: 'constant' }`; or a function of the base rate and the place in the training. */
  schedule?: ScheduleOptions | LearningRateSchedule;
  gradient?: GradientOptions;
  /** Determines every random number: order of the images, augmentation, dropout. Default 0. */
  seed?: number;
  /**
   * Changes image and mask of the training samples together: what `augmentation` of `@segloss/data` makes, which may also bring
   * samples of other sizes to that of the model; `true` (default) for random flips along both axes, `false` for nothing.
   */
  augment?: boolean | Augmentation;
  /**
   * Statistics by which batch normalization validates and predicts. `running` (default): the running averages of the training.
   * `exact`: recomputed before each validation from training images, as augmented in that epoch and at most 1024 of them, which costs up to a third
   * of the epoch's time; see `recomputeBatchNormalization` of `@segloss/models`.
   */
  batchNormStatistics?: 'running' | 'exact';
  /** `prior`: the bias of the last layer starts from the class proportions of the training images. Default `zero`: as the model is. */
  outputBias?: 'zero' | 'prior';
  /**
   * Decay of an exponential moving average of the weights, between 0 and 1, such as 0.999. Validation, checkpoints and the trained model have the
   * averages. Default: none.
   */
  ema?: number;
  monitor?: Monitor;
  earlyStopping?: EarlyStopping;
  checkpoint?: CheckpointOptions;
  /** Stops the training between two updates, and saves; an unfinished epoch is not reported. */
  signal?: AbortSignal;
  /** Called after every update. */
  onStep?: (step: StepReport) => void;
  /** Receives a sentence that a reader of the numbers should know, and what it is about. Default: a warning on the console. */
  onNote?: (text: string, about: NoteSubject) => void;
}

/** An optimizer with its learning rate; Adam where none is named. */
export type TrainOptimizer = (OptimizerOptions | (Omit<AdamOptions, 'name'> & { name?: undefined })) & {
  learningRate?: number;
};

type Optional =
  | 'background'
  | 'batchSize'
  | 'schedule'
  | 'seed'
  | 'augment'
  | 'batchNormStatistics'
  | 'outputBias'
  | 'valTta'
  | 'onNote';

/** {@link TrainOptions} with every default in its place. */
export type ResolvedOptions = Omit<
  TrainOptions,
  Optional | 'optimizer' | 'gradient' | 'monitor' | 'earlyStopping'
> &
  Required<Pick<TrainOptions, Optional>> & {
    optimizer: OptimizerOptions;
    /** Where the schedule starts from. */
    learningRate: number;
    gradient: GradientOptions & { accumulate: number };
    monitor: { metric: MonitoredMetric; mode: 'max' | 'min' };
    earlyStopping: Required<EarlyStopping> | undefined;
  };

const KNOWN = (
  'model loss train val valWindow valTta classes background epochs batchSize optimizer schedule gradient seed augment ' +
  'batchNormStatistics outputBias ema monitor earlyStopping checkpoint signal onStep onNote'
).split(' ');

const NO_CLIPPING: { [Key in keyof GradientOptions]: number | undefined } = {
  clipNorm: undefined,
  clipValue: undefined,
  accumulate: 1,
};

/** Options with their defaults, checked. */
export function resolveOptions(options: TrainOptions): ResolvedOptions {
  const { gradient = {}, monitor = {}, earlyStopping } = options;
  checkKeys('train', options, KNOWN);
  checkKeys('train: gradient', gradient, Object.keys(NO_CLIPPING));
  checkKeys('train: monitor', monitor, ['metric', 'mode']);
  if (earlyStopping) checkKeys('train: earlyStopping', earlyStopping, ['patience', 'minDelta']);
  if (options.checkpoint) {
    checkKeys('train: checkpoint', options.checkpoint, ['store', 'everySteps', 'say', 'onResume']);
  }
  const resolved: ResolvedOptions = {
    ...options,
    background: options.background === undefined ? 0 : options.background,
    batchSize: options.batchSize ?? 8,
    ...resolveOptimizer(options.optimizer),
    schedule: options.schedule ?? { name: 'constant' },
    gradient: withDefaults(NO_CLIPPING, gradient) as ResolvedOptions['gradient'],
    seed: options.seed ?? 0,
    augment: options.augment ?? true,
    batchNormStatistics: options.batchNormStatistics ?? 'running',
    outputBias: options.outputBias ?? 'zero',
    valTta: options.valTta ?? false,
    monitor: resolveMonitor(monitor),
    earlyStopping: earlyStopping && { minDelta: 0, ...earlyStopping },
    onNote: options.onNote ?? ((text) => console.warn(text)),
  };
  check(resolved);
  return resolved;
}

/** The optimizer without its learning rate, which the schedule changes, and the learning rate. */
function resolveOptimizer({ learningRate, ...given }: TrainOptimizer = {}): Pick<
  ResolvedOptions,
  'optimizer' | 'learningRate'
> {
  const optimizer = { name: 'adam', ...given } as OptimizerOptions;
  return { optimizer, learningRate: learningRate ?? LEARNING_RATES[optimizer.name] };
}

function resolveMonitor({ metric = 'foregroundDice', mode }: Monitor): ResolvedOptions['monitor'] {
  const name = MONITOR_ALIASES[metric] ?? (metric as MonitoredMetric);
  if (!MONITORED.includes(name)) {
    throw new RangeError(`train: monitor: ${unknownName('metric', String(metric), MONITORED)}`);
  }
  return {
    metric: name,
    mode: checkChoice('train', 'monitor.mode', mode ?? (name === 'loss' ? 'min' : 'max'), ['max', 'min']),
  };
}

/** Settings that the numbers of a training depend on, as far as JSON can hold them; a checkpoint resumes only with the same. */
export function settingsOf(options: ResolvedOptions): Record<string, unknown> {
  const {
    model,
    loss,
    classes,
    optimizer,
    learningRate,
    schedule,
    gradient,
    seed,
    augment,
    epochs,
    batchSize,
  } = options;
  const ids = (items: readonly TrainingItem[]) => items.map(({ id }) => id);
  return {
    loss: loss.spec,
    weights: (supervisedModel(model) ?? model).weights.map(({ shape }) => shape),
    ...{ classes, epochs, batchSize, optimizer, learningRate, gradient, seed },
    schedule: typeof schedule === 'function' ? 'a function' : schedule,
    augment: typeof augment === 'function' ? 'a function' : augment,
    background: options.background,
    batchNormStatistics: options.batchNormStatistics,
    outputBias: options.outputBias,
    ema: options.ema ?? null,
    monitor: options.monitor,
    earlyStopping: options.earlyStopping ?? null,
    train: ids(options.train),
    val: ids(options.val),
    ...(options.valWindow && { valWindow: options.valWindow }),
    ...(options.valTta && { valTta: true }),
  };
}

function check(options: ResolvedOptions): void {
  const { model, train, val, classes, augment, gradient, epochs, batchSize, learningRate } = options;
  const { everySteps = 1 } = options.checkpoint ?? {};
  const { patience = 1 } = options.earlyStopping ?? {};
  const counts = { epochs, batchSize, 'gradient.accumulate': gradient.accumulate, 'checkpoint.everySteps': everySteps, 'earlyStopping.patience': patience }; // prettier-ignore
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`train: wanted ${name} to be a positive integer, got ${String(value)}`);
    }
  }
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw new RangeError(`train: wanted a positive learning rate, got ${String(learningRate)}`);
  }
  checkClip(gradient);
  checkScoring(options);
  if (train.length === 0 || val.length === 0) {
    throw new RangeError(`train: wanted images to train and validate, got ${train.length} and ${val.length}`);
  }
  // Augmented images are checked after the augmentation, and images from sources after they were read.
  const final = [
    ...(typeof augment === 'function' ? [] : train),
    ...(options.valWindow === undefined ? val : []),
  ];
  checkSamples('train', inMemory(final), model.inputs[0]!.shape);
  const outputs = model.outputs[0]!.shape.at(-1);
  const wanted = outputChannels(classes);
  if (outputs !== wanted) {
    throw new RangeError(
      `train: wanted a model with ${wanted} output channels for ${classes.length} classes, got ${String(outputs)}`,
    );
  }
}

function checkScoring({
  background,
  classes,
  val,
  ema,
  batchNormStatistics,
  outputBias,
  valTta,
}: ResolvedOptions): void {
  if (
    background !== null &&
    !(Number.isInteger(background) && background >= 0 && background < classes.length)
  ) {
    throw new RangeError(
      `train: wanted background from 0 to ${classes.length - 1} or null, got ${String(background)}`,
    );
  }
  checkChoice('train', 'batchNormStatistics', batchNormStatistics, ['running', 'exact']);
  checkChoice('train', 'outputBias', outputBias, ['zero', 'prior']);
  if (typeof valTta !== 'boolean') {
    throw new TypeError(`train: wanted valTta as true or false, got ${typeof valTta}`);
  }
  if (ema !== undefined && !(ema > 0 && ema < 1)) {
    throw new RangeError(`train: wanted ema between 0 and 1, got ${String(ema)}; 0.999 is usual`);
  }
  const ids = new Set<string>();
  for (const { id } of val) {
    if (ids.has(id)) {
      throw new RangeError(
        `train: wanted a different id for each validation image, got ${id} twice; scores are listed by id`,
      );
    }
    ids.add(id);
  }
}

function checkClip({ clipNorm, clipValue }: GradientOptions): void {
  for (const [name, value] of Object.entries({ clipNorm, clipValue })) {
    if (value !== undefined && !(value > 0)) {
      throw new RangeError(`train: wanted gradient.${name} to be positive, got ${String(value)}`);
    }
  }
  if (clipNorm !== undefined && clipValue !== undefined) {
    throw new RangeError('train: wanted gradient.clipNorm or gradient.clipValue, got both; leave one out');
  }
}
