import { z } from 'zod';

import { MONITOR_ALIASES, MONITORED, type MonitoredMetric } from '../loop/monitor.js';
import { count, DEFAULT_NAMES, defaultName, notNegative, positive, share } from './schema-fields.js';

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

export const optimizer = z.discriminatedUnion('name', [
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

export const gradient = z.strictObject({
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
      .optional()
      .describe(
        'Length of the warm-up in epochs, 0 or more; fractions are allowed; by default 1 without `updates`',
      ),
    updates: count
      .optional()
      .describe('Length of the warm-up in updates of the weights, 1 or more; excludes `epochs`'),
    from: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('Fraction of the learning rate at the first update, 0 to 1'),
  })
  .superRefine(({ epochs, updates }, context) => {
    if (epochs === undefined || updates === undefined) return;
    context.addIssue({ code: 'custom', path: ['updates'], message: 'updates and epochs exclude each other: leave one out' }); // prettier-ignore
  })
  .transform(({ epochs, updates, from }) =>
    updates === undefined ? { epochs: epochs ?? 1, from } : { updates, from },
  )
  .optional()
  .describe('Linear increase of the learning rate at the start; none by default');
const minimum = notNegative.default(0).describe('Smallest learning rate, 0 or more');
const factor = (value: number) =>
  positive.lt(1).default(value).describe('Factor that the learning rate drops by, between 0 and 1');

export const schedule = z.discriminatedUnion('name', [
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

export const monitor = z
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

export const earlyStopping = z
  .strictObject({
    patience: count.describe(
      'Epochs without improvement of the monitored metric before the training ends, 1 or more; epochs in which it is undefined do not count',
    ),
    minDelta: notNegative.default(0).describe('Smallest change of the metric that counts as an improvement, 0 or more'), // prettier-ignore
  })
  .optional()
  .describe('Ends the training when the monitored metric stops improving; off by default');
