import { type RecipeName } from '@segloss/data';
import { crossEntropy, parseLoss, type LossFactory } from '@segloss/losses';
import { z } from 'zod';

import { BACKEND_NAMES } from '../backend/types.js';
import { MONITOR_ALIASES, MONITORED, type MonitoredMetric } from '../loop/monitor.js';
import { modulesIn } from './modules.js';

/** Updates of the weights of a run that names neither `updates` nor `epochs`. */
const DEFAULT_UPDATES = 1000;

/** The mappings that have a `name`, and the name that is meant where none stands. */
export const DEFAULT_NAMES = { model: 'unet', optimizer: 'adam', schedule: 'constant' } as const;

// A record, so that the compiler asks for a name that is new elsewhere.
const AUGMENTATIONS: Record<RecipeName | 'none' | 'flip' | 'volume', true> = {
  none: true,
  flip: true,
  volume: true,
  'retinal-lesions': true,
  cityscapes: true,
  polyp: true,
};
const oneOf = <K extends string>(names: Record<K, true>) => z.enum(Object.keys(names) as [K, ...K[]]);

const count = z.int().min(1);
const positive = z.number().positive();
const notNegative = z.number().min(0);
const share = z.number().min(0).lt(1);
const side = z.int().min(8);

/** The mapping's name, which may be left out where it is the default. */
const defaultName = <N extends string>(name: N) => z.literal(name).optional().default(name);

const patchShape = {
  perVolume: count.default(4).describe('Patches of each volume in an epoch, 1 or more'),
  foreground: z
    .number()
    .min(0)
    .max(1)
    .default(0.33)
    .describe(
      'Fraction of patches that contain a random voxel of a random foreground class, 0 to 1; the others are anywhere',
    ),
};

/** `data.patches` with every default in its place. */
export function patchOptions({ data: { patches } }: Pick<RunConfig, 'data'>) {
  return z.strictObject(patchShape).parse(patches ?? {});
}

const data = z.strictObject({
  folder: z
    .string()
    .min(1)
    .describe(
      'Folder of images and masks (`segloss data check FOLDER` says whether it can be read), or a built-in data set: `demo`, `demo:rare`, `demo:mixed`, `demo:large`, `demo:nuclei`',
    ),
  images: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Pattern of the image files from `folder`, as in `img/*.jpg`, where no layout fits; `*` is any part of a name, `**` any folders, `{name}` what pairs image and mask; only with `masks`',
    ),
  masks: z
    .string()
    .min(1)
    .optional()
    .describe('Pattern of the mask files, as in `gt/{name}_1stHO.png`; only with `images`; both hold for the folder `test`, too'), // prettier-ignore
  size: z
      .union([side, z.tuple([side, side]), z.tuple([count, side, side]), z.enum(['auto', 'original'])])
      .optional()
      .describe('Size in pixels that images and masks are resized to: a number, [height, width], or [depth, height, width] of volumes and patches, 8 or more (depth 1 or more); `auto`, the default of images and slices, keeps their aspect ratio at no more than about 128 x 128 pixels, `original` keeps their size, the default of whole volumes'), // prettier-ignore
  volumes: z
    .enum(['slices', 'whole', 'patches'])
    .optional()
    .describe(
      'How NIfTI volumes are trained: `slices` are images (the default), `whole` volumes are resized to `size`, `patches` of `size` are cut at random places',
    ),
  patches: z
    .strictObject(patchShape)
    .optional()
    .describe('Which patches of a volume an epoch has; only with `volumes: patches`'),
  spacing: z
    .tuple([positive, positive, positive])
    .optional()
    .describe(
      'Distances of voxels in mm, [depth, height, width], to which volumes are resampled; only with `volumes: patches`; by default they keep theirs',
    ),
  intensityRange: z
    .tuple([z.number(), z.number()])
    .optional()
    .describe(
      'Values of volumes that become 0 and 1, as in [-200, 300] for CT; by default the percentiles 0.5 and 99.5 of each volume',
    ),
  limit: count
    .optional()
    .describe(
      'Largest number of training images, and of validation images, 1 or more; by default all are used',
    ),
  folds: z
    .int()
    .min(2)
    .optional()
    .describe(
      'Number of folds of a cross-validation, 2 or more: all images of `folder`, whatever its own split, are divided, and the fold `fold` is validated; by default the split of the folder is used',
    ),
  groups: z
    .strictObject({
      pattern: z
        .string()
        .min(1)
        .optional()
        .describe(
          'Regular expression that matches the name of every case; its first capture group, or the whole match, names the group: `^(patient\\d+)_`',
        ),
      file: z
        .string()
        .min(1)
        .optional()
        .describe('CSV file with a column `case` (names of the cases) and the column `column`'),
      column: z.string().min(1).optional().describe('Column of `file` that holds the group of each case'),
    })
    .optional()
    .describe(
      'Cases that stay together in one fold, such as the images of one patient, by `pattern` or by `file` and `column`; by default each case is its own group (all slices of a volume are one case)',
    ),
  innerFolds: z
    .int()
    .min(2)
    .optional()
    .describe(
      'Divides the training images once more, 2 or more parts: the part `innerFold` is validated, and the validation images are not used at all; `tune` of a benchmark sets it',
    ),
  test: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder of test images, or a built-in data set: all of its images are scored once, at the end, with the best weights, and never used for training or selection; none by default',
    ),
  background: z
    .union([z.literal(0), z.literal('none')])
    .optional()
    .describe(
      'Class that foreground means leave out: `0` or `none`; by default the layout and the class names decide',
    ),
  allowNoForeground: z
    .boolean()
    .optional()
    .describe('Whether a data set without any foreground pixel may be trained; by default it is refused'),
  workers: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'Threads that read and resize images ahead of time, 0 or more; results do not depend on the number',
    ),
  normalize: z
    .union([
      z.enum(['auto', 'none']),
      z.strictObject({
        mean: z
          .array(z.number())
          .min(1)
          .describe('Mean of each channel, which is subtracted; images have values from 0 to 1'),
        std: z
          .array(positive)
          .min(1)
          .describe('Standard deviation of each channel, by which values are divided; above 0'),
      }),
    ])
    .default('auto')
    .describe(
      '`{ mean, std }`, a list of one number per channel each; `none`, which keeps values from 0 to 1; or `auto`: the mean and std that belong to weights of a hub (`model.encoderWeights`), otherwise `none`',
    ),
});

const model = z.looseObject({
  name: z
    .string()
    .min(1)
    .default(DEFAULT_NAMES.model)
    .describe(
      'Name of a model of `@segloss/models`, or a module of your own, `./mine.mjs#build`; the other keys of `model` are its options',
    ),
  encoderWeights: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Pretrained weights of the encoder: `imagenet`, `hf:owner/name[@revision][/file.safetensors]` of a hub, or the path of a `.safetensors` file, `./weights.safetensors`; by default they are drawn from the seed',
    ),
});

const learningRate = (value: number) =>
  positive.default(value).describe('Learning rate, above 0; a schedule may change it');

const adam = {
  learningRate: learningRate(1e-3),
  beta1: share.default(0.9).describe('Decay of the running mean of the gradients, at least 0 and below 1'),
  beta2: share
    .default(0.999)
    .describe('Decay of the running mean of the squared gradients, at least 0 and below 1'),
  epsilon: positive.default(1e-7).describe('Added to the denominator of an update, above 0'),
};
const weightDecay = (value: number) =>
  notNegative
    .default(value)
    .describe('Weight decay, 0 or more; adam and sgd add it to the gradient (L2, as in PyTorch), adamw decouples it'); // prettier-ignore

const optimizer = z.discriminatedUnion('name', [
  z.strictObject({
    name: defaultName(DEFAULT_NAMES.optimizer).describe('`adam`, `adamw` or `sgd`'),
    ...adam,
    weightDecay: weightDecay(0),
  }),
  z.strictObject({ name: z.literal('adamw'), ...adam, weightDecay: weightDecay(0.01) }),
  z.strictObject({
    name: z.literal('sgd'),
    learningRate: learningRate(0.01),
    momentum: share
      .default(0)
      .describe('Momentum: the fraction of the last update that is kept, at least 0 and below 1'),
    nesterov: z.boolean().default(false).describe('Nesterov momentum; needs a momentum above 0'),
    weightDecay: weightDecay(0),
  }),
]);

const gradient = z.strictObject({
  clipNorm: positive
    .optional()
    .describe('Largest norm of the gradient over all weights, above 0; excludes clipValue'),
  clipValue: positive
    .optional()
    .describe('Largest absolute value of an element of the gradient, above 0; excludes clipNorm'),
  accumulate: count.default(1).describe('Number of batches whose mean gradient makes one update, 1 or more'),
});

const warmup = z
  .strictObject({
    epochs: notNegative
      .default(1)
      .describe('Length of the warm-up in epochs, 0 or more; fractions are allowed'),
    from: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('Fraction of the learning rate at the first update, 0 to 1'),
  })
  .optional()
  .describe('Linear increase of the learning rate at the start; none by default');
const minimum = notNegative.default(0).describe('Smallest learning rate, 0 or more');
const factor = (value: number) =>
  positive.lt(1).default(value).describe('Factor that the learning rate drops by, between 0 and 1');

const schedule = z.discriminatedUnion('name', [
  z.strictObject({
    name: defaultName(DEFAULT_NAMES.schedule).describe(
      '`constant`, `poly`, `cosine`, `step`, `plateau` or `one-cycle`',
    ),
    warmup,
  }),
  z.strictObject({
    name: z.literal('poly'),
    power: positive.default(0.9).describe('Exponent of the fraction of the training that remains, above 0'),
    minimum,
    warmup,
  }),
  z.strictObject({ name: z.literal('cosine'), minimum, warmup }),
  z.strictObject({
    name: z.literal('step'),
    every: count.describe('Epochs between two drops, 1 or more'),
    factor: factor(0.1),
    warmup,
  }),
  z.strictObject({
    name: z.literal('plateau'),
    factor: factor(0.5),
    patience: z
      .int()
      .min(0)
      .default(3)
      .describe('Epochs without improvement before the learning rate drops, 0 or more'),
    minimum,
    threshold: share
      .default(1e-4)
      .describe('Smallest relative change of the monitored metric that counts as an improvement'),
    warmup,
  }),
  z.strictObject({
    name: z.literal('one-cycle'),
    divide: positive
      .min(1)
      .default(25)
      .describe('The initial learning rate is this many times smaller than the peak, 1 or more'),
    finalDivide: positive
      .min(1)
      .default(1e4)
      .describe('The final learning rate is this many times smaller than the initial one, 1 or more'),
    rise: positive.lt(1).default(0.3).describe('Fraction of the training before the peak, between 0 and 1'),
    warmup,
  }),
]);

const monitor = z
  .strictObject({
    metric: z
      .enum([...MONITORED, 'meanDice', 'meanIou'])
      .default('foregroundDice')
      .describe(
        'Validation metric that chooses the best checkpoint: `foregroundDice` or `foregroundIou`, means over all classes but the background, ' +
          'or `loss`; `meanDice` and `meanIou` are old names of the first two',
      ),
    mode: z
      .enum(['max', 'min'])
      .optional()
      .describe('`max` if larger is better, `min` if smaller is; by default it follows from the metric'),
  })
  .transform(({ metric, mode = metric === 'loss' ? 'min' : 'max' }) => ({
    metric: MONITOR_ALIASES[metric] ?? (metric as MonitoredMetric),
    mode,
  }));

const earlyStopping = z
  .strictObject({
    patience: count.describe(
      'Epochs without improvement of the monitored metric before the training ends, 1 or more; epochs in which it is undefined do not count',
    ),
    minDelta: notNegative.default(0).describe('Smallest change of the metric that counts as an improvement, 0 or more'), // prettier-ignore
  })
  .optional()
  .describe('Ends the training when the monitored metric stops improving; off by default');

const logs = z.strictObject({
  csv: z.boolean().default(true).describe('Writes `metrics.csv` next to `metrics.jsonl` after each epoch'),
  tensorboard: z.boolean().default(false).describe('Writes an event file for TensorBoard'),
  plugins: z
    .array(z.string().regex(/\.[cm]?[jt]s(#[\w$]+)?$/, 'wanted a module as in ./mine.mjs#name'))
    .default([])
    .describe('Modules of your own that receive every epoch, as in `[./mine.mjs#name]`'),
  trackers: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Servers that receive every epoch, as in `[mlflow=http://localhost:5000]`; `mlflow` alone takes the address from `MLFLOW_TRACKING_URI`',
    ),
});

// A module of the user's own stands for any loss here: whoever loads it knows its options.
const anyLoss = (() => crossEntropy()) as unknown as LossFactory;

const loss = z
  .string()
  .min(1)
  .superRefine((spec, context) => {
    try {
      parseLoss(spec, { losses: Object.fromEntries(modulesIn(spec).map((module) => [module, anyLoss])) });
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });

/** Every key of a run, with what it means, its range and its default: their one home. */
const runShape = {
  data: data.prefault({} as never).describe('Images and masks'),
  model: model.prefault({}).describe('The network: `name` and the options of that model'),
  loss: loss
    .default('ce')
    .describe(
      'Loss spec, as in `ce + 0.5*l1(temperature=10)`; `segloss losses` lists the names, and a module of your own is `./mine.ts#name`',
    ),
  optimizer: optimizer.prefault({}).describe('The optimizer and its options'),
  gradient: gradient.prefault({}).describe('Clipping and accumulation of gradients'),
  schedule: schedule.prefault({}).describe('Learning-rate schedule'),
  updates: count
    .optional()
    .describe(
      `Budget of updates of the weights, 1 or more: the training has the number of epochs, at least 1, whose updates come closest to it; excludes \`epochs\`; by default ${DEFAULT_UPDATES} without \`epochs\``,
    ),
  epochs: count
    .optional()
    .describe('Number of epochs (passes over the training images), 1 or more; by default `updates` decides'),
  batchSize: count.default(8).describe('Images per batch, 1 or more'),
  seed: z.int().min(0).lt(2 ** 31).default(0).describe('Seed of initial weights, order of the images, augmentation and dropout, 0 to 2147483647'), // prettier-ignore
  fold: z.int().min(0).optional().describe('Fold that is validated, 0 to `data.folds` - 1; required with `data.folds`'), // prettier-ignore
  innerFold: z
    .int()
    .min(0)
    .optional()
    .describe('Part of the training images that is validated, 0 to `data.innerFolds` - 1; required with `data.innerFolds`'), // prettier-ignore
  augment: oneOf(AUGMENTATIONS)
    .default('flip')
    .describe(`Augmentation of the training images: ${Object.keys(AUGMENTATIONS).map((name) => `\`${name}\``).join(', ')}; \`volume\` rotates, scales, mirrors and brightens volumes`), // prettier-ignore
  backend: z
    .enum(['auto', ...BACKEND_NAMES])
    .default('auto')
    .describe(`TensorFlow.js backend: ${['auto', ...BACKEND_NAMES].map((name) => `\`${name}\``).join(', ')}`),
  threads: z
    .union([count, z.literal('auto')])
    .default(1)
    .describe('Threads of the wasm backend, 1 or more, or `auto`; results do not depend on the number'),
  batchNormStatistics: z
    .enum(['running', 'exact'])
    .default('running')
    .describe(
      'Statistics that batch normalization uses in validation and prediction: `running` averages, or `exact`, recomputed before each validation from up to 1024 training images',
    ),
  outputBias: z
    .enum(['zero', 'prior'])
    .default('zero')
    .describe(
      'Initial bias of the last layer: `zero`, or `prior`, which predicts the class proportions of the training images',
    ),
  ema: positive
    .lt(1)
    .optional()
    .describe(
      'Decay of an exponential moving average of the weights, between 0 and 1; the average is validated and saved; off by default',
    ),
  validation: z
    .strictObject({
      tta: z
        .boolean()
        .default(false)
        .describe(
          'Test-time augmentation in validation: scores of the mean of the probabilities over all mirrorings, 4 of an image and 8 of a volume; the validation loss stays that of the images as they are',
        ),
    })
    .prefault({})
    .describe('How validation images are scored'),
  monitor: monitor.prefault({}).describe('Metric that chooses the best epoch'),
  earlyStopping,
  checkpoint: z
    .strictObject({
      everySteps: count.optional().describe('Number of updates between checkpoints within an epoch, 1 or more; by default they are written at the end of each epoch only'), // prettier-ignore
    })
    .prefault({})
    .describe('Additional checkpoints, besides the one at the end of each epoch'),
  logs: logs.prefault({}).describe('Logs in addition to `metrics.jsonl`'),
  out: z.string().min(1).default('runs').describe('Folder that run folders are created in'),
};

/** What the keys about volumes contradict, by key. */
function* volumeProblems(
  { volumes = 'slices', size, patches, spacing, intensityRange }: z.output<typeof data>,
  augment: keyof typeof AUGMENTATIONS,
): Generator<{ path: string[]; message: string }> {
  const sides = Array.isArray(size) ? size.length : 2;
  const of = (key: string) => ['data', key];
  if (volumes === 'patches' && sides !== 3) {
    yield { path: of('size'), message: 'volumes: patches needs the size of a patch: [depth, height, width]' };
  }
  if (volumes === 'whole' && size !== undefined && sides !== 3) {
    yield { path: of('size'), message: 'volumes: whole needs a size of three sides: [depth, height, width]' };
  }
  if (volumes === 'slices' && sides === 3) {
    yield {
      path: of('size'),
      message: 'a size of three sides is one of volumes: set volumes to whole or patches',
    };
  }
  if (volumes !== 'patches' && patches !== undefined) {
    yield { path: of('patches'), message: 'only volumes: patches has patches' };
  }
  if (volumes !== 'patches' && spacing !== undefined) {
    yield {
      path: of('spacing'),
      message: 'only volumes: patches resamples to a spacing; whole volumes and slices are resized to size',
    };
  }
  if (intensityRange !== undefined && !(intensityRange[0] < intensityRange[1])) {
    yield { path: of('intensityRange'), message: `wanted [low, high], got [${intensityRange.join(', ')}]` };
  }
  if (volumes !== 'slices' && !['none', 'flip', 'volume'].includes(augment)) {
    yield {
      path: ['augment'],
      message: `the recipe ${augment} is one for images; volumes have none, flip and volume`,
    };
  }
  if (volumes === 'slices' && augment === 'volume') {
    yield {
      path: ['augment'],
      message: 'the augmentation volume is one of volumes: set data.volumes to whole or patches',
    };
  }
}

/** What the keys say together is checked after each of them. */
const checkedRun = z.strictObject(runShape).superRefine((run, context) => {
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message });
  const { normalize, size } = run.data;
  if (typeof normalize === 'object' && normalize.mean.length !== normalize.std.length) {
    refuse(
      ['data', 'normalize'],
      `mean and std must have the same number of channels, got ${normalize.mean.length} and ${normalize.std.length}`,
    );
  }
  for (const { path, message } of volumeProblems(run.data, run.augment)) refuse(path, message);
  if ((size === undefined || typeof size === 'string') && !['none', 'flip', 'volume'].includes(run.augment)) {
    refuse(['data', 'size'], `the recipe ${run.augment} produces images of one size: set data.size`);
  }
  for (const [key, folds, fold] of [
    ['fold', run.data.folds, run.fold],
    ['innerFold', run.data.innerFolds, run.innerFold],
  ] as const) {
    if (fold === undefined && folds === undefined) continue;
    if (folds === undefined) refuse([key], `needs data.${key}s, the number of folds`);
    else if (fold === undefined) refuse([key], `data.${key}s is ${folds}: wanted a fold from 0 to ${folds - 1}`);
    else if (fold >= folds) refuse([key], `data.${key}s is ${folds}: wanted a fold from 0 to ${folds - 1}, got ${fold}`); // prettier-ignore
  }
  const { groups, folds, innerFolds, test, images, masks } = run.data;
  if ((images === undefined) !== (masks === undefined)) {
    refuse(['data', images === undefined ? 'images' : 'masks'], 'wanted images and masks, or neither');
  }
  if (groups !== undefined) {
    if (folds === undefined && innerFolds === undefined) refuse(['data', 'groups'], 'groups keep cases together in one fold: set data.folds'); // prettier-ignore
    const byFile = groups.file !== undefined || groups.column !== undefined;
    if ((groups.pattern !== undefined) === byFile) refuse(['data', 'groups'], 'wanted either pattern, or file and column'); // prettier-ignore
    if (byFile && (groups.file === undefined || groups.column === undefined)) refuse(['data', 'groups'], 'wanted both file and column'); // prettier-ignore
    if (groups.pattern !== undefined && !isPattern(groups.pattern)) refuse(['data', 'groups', 'pattern'], `wanted a regular expression, got ${groups.pattern}`); // prettier-ignore
  }
  if (test !== undefined && test === run.data.folder) {
    refuse(['data', 'test'], 'these are the images of data.folder: name a folder of other images');
  }
  if (run.updates !== undefined && run.epochs !== undefined) {
    refuse(['updates'], 'updates and epochs exclude each other: leave one out');
  }
  if (run.gradient.clipNorm !== undefined && run.gradient.clipValue !== undefined) {
    refuse(['gradient', 'clipValue'], 'clipNorm and clipValue exclude each other');
  }
  if (run.optimizer.name === 'sgd' && run.optimizer.nesterov && run.optimizer.momentum === 0) {
    refuse(['optimizer', 'nesterov'], 'Nesterov momentum needs a momentum above 0');
  }
});

/** A whole run. */
export const runSchema = checkedRun.transform((run) =>
  run.updates === undefined && run.epochs === undefined ? { ...run, updates: DEFAULT_UPDATES } : run,
);

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

/** Optional keys are there or not, never undefined. */
type Exact<T> = T extends readonly unknown[] | string | number | boolean
  ? T
  : { [K in keyof T]: Exact<Exclude<T[K], undefined>> };

/** A training run, every default in its place. */
export type RunConfig = Exact<z.output<typeof runSchema>>;
