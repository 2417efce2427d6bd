import { checkSamples, inMemory, type TrainingItem } from './batches.js';
import { type GradientOptions } from './gradients.js';
import { checkKeys, withDefaults } from '../options.js';
import { LEARNING_RATES } from './optimizers/index.js';
import { type EarlyStopping, type Monitor, type TrainOptions } from './train.js';

type Optional = 'batchSize' | 'optimizer' | 'learningRate' | 'schedule' | 'seed' | 'augment';

/** {@link TrainOptions} with every default in its place. */
export type ResolvedOptions = Omit<TrainOptions, Optional | 'gradient' | 'monitor' | 'earlyStopping'> &
  Required<Pick<TrainOptions, Optional>> & {
    gradient: GradientOptions & { accumulate: number };
    monitor: Required<Monitor>;
    earlyStopping: Required<EarlyStopping> | undefined;
  };

const KNOWN = [
  ...[
    'model',
    'loss',
    'train',
    'val',
    'classes',
    'epochs',
    'batchSize',
    'optimizer',
    'learningRate',
    'schedule',
  ],
  ...['gradient', 'seed', 'augment', 'monitor', 'earlyStopping', 'checkpoint', 'signal', 'onStep'],
];

const NO_CLIPPING: { [Key in keyof GradientOptions]: number | undefined } = {
  clipNorm: undefined,
  clipValue: undefined,
  accumulate: 1,
};

/** Options with their defaults, checked. */
export function resolveOptions(options: TrainOptions): ResolvedOptions {
  const { optimizer = { name: 'adam' }, gradient = {}, monitor = {}, earlyStopping } = options;
  checkKeys('train', options, KNOWN);
  checkKeys('train: gradient', gradient, Object.keys(NO_CLIPPING));
  checkKeys('train: monitor', monitor, ['metric', 'mode']);
  if (earlyStopping) checkKeys('train: earlyStopping', earlyStopping, ['patience', 'minDelta']);
  if (options.checkpoint) {
    checkKeys('train: checkpoint', options.checkpoint, ['folder', 'everySteps', 'say', 'onResume']);
  }
  const metric = monitor.metric ?? 'meanDice';
  const resolved: ResolvedOptions = {
    ...options,
    batchSize: options.batchSize ?? 8,
    optimizer,
    learningRate: options.learningRate ?? LEARNING_RATES[optimizer.name],
    schedule: options.schedule ?? { name: 'constant' },
    gradient: withDefaults(NO_CLIPPING, gradient) as ResolvedOptions['gradient'],
    seed: options.seed ?? 0,
    augment: options.augment ?? true,
    monitor: withDefaults({ metric, mode: metric === 'loss' ? 'min' : 'max' }, monitor) as Required<Monitor>,
    earlyStopping: earlyStopping && { minDelta: 0, ...earlyStopping },
  };
  check(resolved);
  return resolved;
}

/** What the numbers of a training depend on, as far as it can be written down: a checkpoint is only for the same. */
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
    weights: model.weights.map(({ shape }) => shape),
    ...{ classes, epochs, batchSize, optimizer, learningRate, gradient, seed },
    schedule: typeof schedule === 'function' ? 'a function' : schedule,
    augment: typeof augment === 'function' ? 'a function' : augment,
    monitor: options.monitor,
    earlyStopping: options.earlyStopping ?? null,
    train: ids(options.train),
    val: ids(options.val),
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
  if (train.length === 0 || val.length === 0) {
    throw new RangeError(`train: wanted images to train and validate, got ${train.length} and ${val.length}`);
  }
  // What an augmentation gives is checked when it has given it, and what is read when it has been read.
  const final = typeof augment === 'function' ? val : [...train, ...val];
  checkSamples('train', inMemory(final), model.inputs[0]!.shape);
  const outputs = model.outputs[0]!.shape.at(-1);
  const wanted = classes.length === 2 ? 1 : classes.length;
  if (outputs !== wanted) {
    throw new RangeError(
      `train: wanted a model with ${wanted} output channels for ${classes.length} classes, got ${String(outputs)}`,
    );
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
