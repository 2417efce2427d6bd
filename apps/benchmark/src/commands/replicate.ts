import type { Command } from 'commander';
import path from 'node:path';

import { UsageError } from '../errors.js';
import { collect, parseCount, parseSeeds } from '../options.js';
import { replicateCommand, SCALES } from '../replicate/command.js';
import type { Terminal } from '../terminal.js';
import { oneOf } from './choices.js';

interface ReplicateFlags {
  data?: string;
  scale: string;
  out: string;
  plan?: string[];
  seeds?: number[];
  set?: string[];
  encoderWeights?: string;
  jobs?: number;
  dryRun?: boolean;
}

/** `segloss replicate`. */
export function define(command: Command, terminal: Terminal, finish: (code: number) => void): void {
  command
    .argument('<what>', 'paper: the claims of Liu et al. on region sizes')
    .option(
      '--data <folder>',
      'folder that holds a folder for each data set; those that are missing are named',
    )
    .option(
      '--scale <scale>',
      "small: minutes to hours on a laptop; full: the paper's networks and presets",
      'small',
    )
    .option('--out <folder>', 'folder for prepared images, runs, rows, figures and the page', 'replication')
    .option('--plan <name>', 'only this plan; repeat for several', collect)
    .option(
      '--seeds <n>',
      'number of seeds (3 means 0,1,2) or a list (5,8); default: those of the plans',
      parseSeeds,
    )
    .option('--set <key=value>', 'override a key of every run, as in epochs=2; repeat for several', collect)
    .option(
      '--encoder-weights <weights>',
      'with --scale full: imagenet, or a .safetensors file with the weights of a ResNet-50',
    )
    .option('--jobs <n>', 'number of trainings at the same time', parseCount)
    .option('--dry-run', 'list the trainings and their state, without training')
    .action(async (what: string, flags: ReplicateFlags) => {
      if (what !== 'paper') throw new UsageError(`replicate: wanted "paper", got "${what}"`);
      const { data = '.', out, plan = [], seeds, set = [], encoderWeights, jobs, dryRun = false } = flags;
      const scale = oneOf('scale', flags.scale, [...SCALES]);
      const place = (file: string) => path.resolve(terminal.folder, file);
      const weights =
        encoderWeights === undefined || /^(imagenet$|hf:)/.test(encoderWeights)
          ? encoderWeights
          : place(encoderWeights);
      finish(
        await replicateCommand(
          { data: place(data), scale, out: place(out), plans: plan, seeds, set, encoderWeights: weights, jobs, dryRun }, // prettier-ignore
          terminal,
        ),
      );
    });
}
