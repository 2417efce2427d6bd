import type { Command } from 'commander';

import { collect, parseCount, parsePositive, parseSize, parseWidths } from '../options.js';

/** Flags that stand for keys of a run's configuration, in the commands that train. */
const FLAGS = [
  { flag: '--images <pattern>', key: 'data.images', text: "image files where no layout fits, as in 'img/*.jpg'", parse: String }, // prettier-ignore
  { flag: '--masks <pattern>', key: 'data.masks', text: "their masks, as in 'gt/{name}_1stHO.png'", parse: String }, // prettier-ignore
  { flag: '--epochs <n>', key: 'epochs', text: 'number of epochs', parse: parseCount },
  { flag: '--updates <n>', key: 'updates', text: 'number of updates of the weights, instead of epochs', parse: parseCount }, // prettier-ignore
  {
    flag: '--size <hxw>',
    key: 'data.size',
    text: 'resize images to N x N or H x W pixels, auto or original',
    parse: parseSize,
  },
  { flag: '--limit <n>', key: 'data.limit', text: 'use at most n training images and n validation images', parse: parseCount }, // prettier-ignore
  { flag: '--batch-size <n>', key: 'batchSize', text: 'images per batch', parse: parseCount },
  { flag: '--learning-rate <x>', key: 'optimizer.learningRate', text: 'learning rate', parse: parsePositive }, // prettier-ignore
  {
    flag: '--widths <list>',
    key: 'model.widths',
    text: 'filters per level of the U-Net, as in 16,32,64',
    parse: parseWidths,
  },
  { flag: '--norm <kind>', key: 'model.norm', text: 'normalization in the network: batch, instance, none, ...', parse: String }, // prettier-ignore
  {
    flag: '--track <tracker>',
    key: 'logs.trackers',
    text: 'log to mlflow=http://HOST:PORT, or wandb=PROJECT (files for wandb sync); repeat for several',
    parse: collect,
  },
  { flag: '--backend <name>', key: 'backend', text: 'auto, tensorflow, webgpu, wasm or cpu', parse: String },
] as const;

/** Adds `--set` and the flags that stand for keys of a configuration. */
export function withConfigFlags(command: Command): Command {
  for (const { flag, key, text, parse } of FLAGS)
    command.option(flag, `${text} (${key})`, parse as (text: string, before?: unknown) => unknown);
  return command.option(
    '--set <key=value>',
    'set any key of the configuration, as in optimizer.name=sgd; repeat for several',
    collect,
  );
}

/** Returns the values of the flags by the keys that they stand for. */
export function valuesOf(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const given = FLAGS.map(({ flag, key }): [string, unknown] => [key, flags[property(flag)]]);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** `--batch-size <n>` as commander names it: `batchSize`. */
function property(flag: string): string {
  return flag
    .split(' ')[0]!
    .slice(2)
    .replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
