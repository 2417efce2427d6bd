import { type RecipeName } from '@segloss/data';
import { crossEntropy, parseLoss, type LossFactory } from '@segloss/losses';
import { z } from 'zod';

import { BACKEND_NAMES } from '../backend/types.js';
import { MONITOR_ALIASES, MONITORED, type MonitoredMetric } from '../loop/monitor.js';
import { modulesIn } from './modules.js';

/** The mappings that have a `name`, and the name that is meant where none stands. */
export const DEFAULT_NAMES = { model: 'unet', optimizer: 'adam', schedule: 'constant' } as const;

// A record, so that the compiler asks for a name that is new elsewhere.
const AUGMENTATIONS: Record<RecipeName | 'none' | 'flip', true> = {
  none: true,
  flip: true,
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

const data = z.strictObject({
  folder: z
    .string()
    .min(1)
    .describe(
      'Folder of images and masks in a layout that `openDataset` knows, or a built-in data set: `demo`, `demo:rare`, `demo:mixed`, `demo:large`, `demo:nuclei`',
    ),
  size: z
      .union([side, z.tuple([side, side])])
      .optional()
      .describe('Size in pixels, from 8, to which images and masks are resized: a number or [height, width]; not resized without it'), // prettier-ignore
  limit: count
    .optional()
    .describe('Use at most N training and N validation images, N from 1; all without it'),
  background: z
    .union([z.literal(0), z.literal('none')])
    .optional()
    .describe(
      'Which class is background, which the foreground mean leaves out: 0 or none; without it by the layout and the names of the classes',
    ),
  allowNoForeground: z
    .boolean()
    .optional()
    .describe('Whether to train although no pixel of any mask is foreground; not without it'),
  workers: z
    .int()
    .min(0)
    .default(0)
    .describe('Threads that read and resize images ahead, from 0; the results are the same for any number'),
  normalize: z
    .union([
      z.literal('none'),
      z.strictObject({
        mean: z
          .array(z.number())
          .min(1)
          .describe('Of each channel, subtracted; images have values from 0 to 1'),
        std: z.array(positive).min(1).describe('Of each channel, divided by; above 0'),
      }),
    ])
    .default('none')
    .describe('{ mean, std } of each channel, or `none`: values from 0 to 1 as they are'),
});

const model = z.looseObject({
  name: z
    .string()
    .min(1)
    .default(DEFAULT_NAMES.model)
    .describe(
      'A model of the registry, or a module of your own: ./mine.mjs#build; other keys are its options',
    ),
});

const learningRate = (value: number) =>
  positive.default(value).describe('Step size, above 0; a schedule may change it');

const adam = {
  learningRate: learningRate(1e-3),
  beta1: share.default(0.9).describe('Decay of the mean of the gradients, from 0 to below 1'),
  beta2: share.default(0.999).describe('Decay of the mean of their squares, from 0 to below 1'),
  epsilon: positive.default(1e-7).describe('Added to the root of the squares, above 0'),
};
const weightDecay = (value: number) =>
  notNegative
    .default(value)
    .describe('From 0; adam, sgd: times the weights, added to the gradient (L2, as in PyTorch); adamw: apart from it'); // prettier-ignore

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
    momentum: share.default(0).describe('Share of the last update that is kept, from 0 to below 1'),
    nesterov: z.boolean().default(false).describe('Nesterov momentum; wants a momentum above 0'),
    weightDecay: weightDecay(0),
  }),
]);

const gradient = z.strictObject({
  clipNorm: positive
    .optional()
    .describe('Longest gradient (norm over all weights), above 0; not with clipValue'),
  clipValue: positive.optional().describe('Largest element of a gradient, above 0; not with clipNorm'),
  accumulate: count.default(1).describe('Batches, from 1, whose mean gradient makes one update'),
});

const warmup = z
  .strictObject({
    epochs: notNegative.default(1).describe('Length in epochs, from 0; fractions are fine'),
    from: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('Share of the learning rate at the first step, 0 to 1'),
  })
  .optional()
  .describe('Lets the learning rate grow linearly at first; none without it');
const minimum = notNegative.default(0).describe('Smallest learning rate, from 0');
const factor = (value: number) =>
  positive.lt(1).default(value).describe('What the learning rate is multiplied by, between 0 and 1');

const schedule = z.discriminatedUnion('name', [
  z.strictObject({
    name: defaultName(DEFAULT_NAMES.schedule).describe(
      '`constant`, `poly`, `cosine`, `step`, `plateau` or `one-cycle`',
    ),
    warmup,
  }),
  z.strictObject({
    name: z.literal('poly'),
    power: positive.default(0.9).describe('Exponent of the share of the training that is left, above 0'),
    minimum,
    warmup,
  }),
  z.strictObject({ name: z.literal('cosine'), minimum, warmup }),
  z.strictObject({
    name: z.literal('step'),
    every: count.describe('Epochs, from 1, between two drops'),
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
    threshold: share.default(1e-4).describe('Relative change of the monitored metric that counts as better'),
    warmup,
  }),
  z.strictObject({
    name: z.literal('one-cycle'),
    divide: positive.min(1).default(25).describe('The first learning rate is N times smaller, N from 1'),
    finalDivide: positive
      .min(1)
      .default(1e4)
      .describe('The last learning rate is N times smaller than the first, N from 1'),
    rise: positive.lt(1).default(0.3).describe('Share of the training until the top, between 0 and 1'),
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
          'or `loss`; `meanDice` and `meanIou` are older names of the first two',
      ),
    mode: z
      .enum(['max', 'min'])
      .optional()
      .describe('Whether more or less is better; by the metric without it'),
  })
  .transform(({ metric, mode = metric === 'loss' ? 'min' : 'max' }) => ({
    metric: MONITOR_ALIASES[metric] ?? (metric as MonitoredMetric),
    mode,
  }));

const earlyStopping = z
  .strictObject({
    patience: count.describe(
      'Epochs without improvement of the monitored metric before the training ends, from 1; an epoch in which it is undefined does not count',
    ),
    minDelta: notNegative.default(0).describe('Smallest change that counts as better, from 0, in units of the metric'), // prettier-ignore
  })
  .optional()
  .describe('Ends the training early; never without it');

const logs = z.strictObject({
  csv: z.boolean().default(true).describe('Writes metrics.csv beside metrics.jsonl after each epoch'),
  tensorboard: z.boolean().default(false).describe('Writes events that TensorBoard reads'),
  plugins: z
    .array(z.string().regex(/\.[cm]?[jt]s(#[\w$]+)?$/, 'wanted a module as in ./mine.mjs#name'))
    .default([])
    .describe('Modules of your own that receive every epoch: [./mine.mjs#name]'),
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
  data: data.prefault({} as never).describe('The images and masks'),
  model: model.prefault({}).describe('The network; what stands here beside `name` goes to it as options'),
  loss: loss
    .default('ce')
    .describe('A loss spec, as in `ce + 0.5*l1(temperature=10)`; a name may be ./mine.ts#name'),
  optimizer: optimizer.prefault({}).describe('How gradients become updates'),
  gradient: gradient.prefault({}).describe('What is done to gradients before the optimizer'),
  schedule: schedule.prefault({}).describe('The learning rate over the epochs'),
  epochs: count.default(20).describe('Passes over the training images, from 1'),
  batchSize: count.default(8).describe('Images of one batch, from 1'),
  seed: z.int().min(0).lt(2 ** 31).default(0).describe('Seed of weights, order, augmentation and dropout, from 0 to 2147483647'), // prettier-ignore
  augment: oneOf(AUGMENTATIONS)
    .default('flip')
    .describe(`Changes of the training images: ${Object.keys(AUGMENTATIONS).map((name) => `\`${name}\``).join(', ')}`), // prettier-ignore
  backend: z
    .enum(['auto', ...BACKEND_NAMES])
    .default('auto')
    .describe(`What computes: ${['auto', ...BACKEND_NAMES].map((name) => `\`${name}\``).join(', ')}`),
  threads: z
    .union([count, z.literal('auto')])
    .default(1)
    .describe('Threads of the wasm backend, from 1, or `auto`; the results are the same for any number'),
  batchNormStatistics: z
    .enum(['running', 'exact'])
    .default('running')
    .describe(
      'Statistics by which batch normalization validates and predicts: `running` averages of the training, or `exact`, recomputed before each validation from at most 1024 training images',
    ),
  outputBias: z
    .enum(['zero', 'prior'])
    .default('zero')
    .describe(
      'Bias of the last layer at the start: `zero`, or `prior`, the class proportions of the training images',
    ),
  ema: positive
    .lt(1)
    .optional()
    .describe(
      'Decay, between 0 and 1, of an exponential moving average of the weights, which validates and is saved; none without it',
    ),
  monitor: monitor.prefault({}).describe('What decides which epoch is the best'),
  earlyStopping,
  checkpoint: z
    .strictObject({
      everySteps: count.optional().describe('Updates, from 1, between checkpoints; without it, at the end of an epoch only'), // prettier-ignore
    })
    .prefault({})
    .describe('When the state of the training is written, beside the end of every epoch'),
  logs: logs.prefault({}).describe('What is written beside metrics.jsonl, which always is'),
  out: z.string().min(1).default('runs').describe('Folder in which each run gets a folder of its own'),
};

/** A whole run; what the keys say together is checked after each of them. */
export const runSchema = z.strictObject(runShape).superRefine((run, context) => {
  const refuse = (path: (string | number)[], message: string) =>
    context.addIssue({ code: 'custom', path, message });
  const { normalize, size } = run.data;
  if (normalize !== 'none' && normalize.mean.length !== normalize.std.length) {
    refuse(
      ['data', 'normalize'],
      `mean and std want the same number of channels, got ${normalize.mean.length} and ${normalize.std.length}`,
    );
  }
  if (size === undefined && run.augment !== 'none' && run.augment !== 'flip') {
    refuse(['data', 'size'], `the recipe ${run.augment} makes images of one size and wants to know it`);
  }
  if (run.gradient.clipNorm !== undefined && run.gradient.clipValue !== undefined) {
    refuse(['gradient', 'clipValue'], 'clipNorm and clipValue exclude each other');
  }
  if (run.optimizer.name === 'sgd' && run.optimizer.nesterov && run.optimizer.momentum === 0) {
    refuse(['optimizer', 'nesterov'], 'Nesterov momentum wants a momentum above 0');
  }
});

/** Optional keys are there or not, never undefined. */
type Exact<T> = T extends readonly unknown[] | string | number | boolean
  ? T
  : { [K in keyof T]: Exact<Exclude<T[K], undefined>> };

/** A training run, every default in its place. */
export type RunConfig = Exact<z.output<typeof runSchema>>;
