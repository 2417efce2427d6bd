import { type RecipeName } from '@segloss/data';
import { crossEntropy, parseLoss, type LossFactory } from '@segloss/losses';
import { z } from 'zod';

import { BACKEND_NAMES } from '../backend/types.js';
import { modulesIn } from './modules.js';
import { dataKeys, dataProblems } from './schema-data.js';
import { count, DEFAULT_NAMES, positive } from './schema-fields.js';
import { earlyStopping, gradient, monitor, optimizer, schedule } from './schema-optimization.js';

/** Updates of the weights of a run that names neither `updates` nor `epochs`. */
const DEFAULT_UPDATES = 1000;

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
      'Trackers that receive every epoch: `mlflow=http://HOST:PORT` (or `mlflow`, with `MLFLOW_TRACKING_URI`), `wandb=PROJECT` (or `wandb`, with `WANDB_PROJECT`), which writes an offline run',
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
  data: dataKeys.prefault({} as never).describe('Images and masks'),
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

/** What the keys say together is checked after each of them. */
const checkedRun = z.strictObject(runShape).superRefine((run, context) => {
  const refuse = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  for (const { path, message } of dataProblems(run.data, run)) refuse(path, message);
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
/** Optional keys are there or not, never undefined. */
type Exact<T> = T extends readonly unknown[] | string | number | boolean
  ? T
  : { [K in keyof T]: Exact<Exclude<T[K], undefined>> };

/** A training run, every default in its place. */
export type RunConfig = Exact<z.output<typeof runSchema>>;
