import type { Command } from 'commander';

import {
  collect,
  parseBackend,
  parseCount,
  parseNorm,
  parsePositive,
  parseSeeds,
  parseSize,
  parseWidths,
  type Settings,
  type Size,
} from '../options.js';

export type Flags = Partial<Omit<Settings, 'losses'>> & {
  loss?: string[];
  json?: boolean;
  verbose?: boolean;
};

const defaultText = (value: unknown): string => {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'object' && value !== null) {
    const { height, width } = value as Size;
    return `${height}x${width}`;
  }
  return String(value);
};

/** The flags that both commands share; the help names the defaults of each command. */
export function withTrainingFlags(command: Command, defaults: Partial<Settings>): Command {
  const shown = (text: string, key: keyof Settings) =>
    defaults[key] === undefined ? text : `${text} (default: ${defaultText(defaults[key])})`;
  return command
    .option(
      '--loss <spec>',
      `loss to train with; repeat it for more. A spec (segloss losses) or a module: ./mine.ts#name${defaults.losses ? ` (default: ${defaults.losses.join(' | ')})` : ''}`,
      collect,
    )
    .option('--seeds <n>', shown('number of seeds (3 means 0,1,2) or a list (5,8)', 'seeds'), parseSeeds)
    .option('--epochs <n>', shown('passes over the training images', 'epochs'), parseCount)
    .option('--size <hxw>', shown('resize images to N x N or H x W pixels', 'size'), parseSize)
    .option('--batch-size <n>', shown('images of one step', 'batchSize'), parseCount)
    .option('--learning-rate <x>', shown('step size of the optimizer', 'learningRate'), parsePositive)
    .option('--widths <list>', shown('filters of each level of the U-Net', 'widths'), parseWidths)
    .option('--norm <kind>', shown('batch or none: normalization in the U-Net', 'norm'), parseNorm)
    .option('--limit <n>', 'use at most n training and n validation images', parseCount)
    .option('--backend <name>', shown('auto, tensorflow, webgpu, wasm or cpu', 'backend'), parseBackend)
    .option('--out <folder>', shown('where the results go', 'out'))
    .option('--jobs <n>', 'runs at the same time (default: the number of cores)', parseCount)
    .option('--json', 'events as JSON lines on stdout instead of the table');
}

export function settingsOf(
  flags: Flags,
  defaults: Omit<Settings, 'losses'> & { losses?: readonly string[] },
): Settings {
  const { loss, ...given } = flags;
  return { ...defaults, ...given, losses: loss ?? defaults.losses ?? [] };
}
