import type { Command } from 'commander';

import type { Terminal } from '../terminal.js';

/** Adds flags, arguments and the action to a command; `finish` receives the exit code. */
type Define = (command: Command, terminal: Terminal, finish: (code: number) => void) => void;

interface Entry {
  readonly description: string;
  /** Loads the file of the command, which alone may import what the command needs. */
  readonly load: () => Promise<{ define: Define }>;
}

/** Every command, in the order of the help. A file is loaded when its command is given. */
export const commands: Readonly<Record<string, Entry>> = {
  demo: {
    description: 'show what four losses do to region sizes, in 96 small trainings',
    load: () => import('./demo.js'),
  },
  benchmark: {
    description: 'train a grid of losses, seeds, data sets, ...; run it again to resume',
    load: () => import('./benchmark.js'),
  },
  replicate: {
    description: "test the paper's claims on your data sets: plans, rows, verdicts",
    load: () => import('./replicate.js'),
  },
  report: {
    description: 'write the table and the report of a benchmark or a run from its folder',
    load: () => import('./report.js'),
  },
  train: {
    description: 'train one network; run it again to resume a stopped training',
    load: () => import('./train.js'),
  },
  run: {
    description: 'train one run of a benchmark plan, for cluster schedulers',
    load: () => import('./run.js'),
  },
  worker: {
    description: 'train queued runs of benchmarks (segloss benchmark --queue) on this machine',
    load: () => import('./worker.js'),
  },
  test: {
    description: 'score a trained run: Dice, IoU and predicted sizes, per class and image',
    load: () => import('./test.js'),
  },
  predict: {
    description: 'predict a folder of images: a PNG or NIfTI of class indices for each',
    load: () => import('./predict.js'),
  },
  export: {
    description: 'write model.json and weights.bin of a run, for tf.loadLayersModel',
    load: () => import('./export.js'),
  },
  analyze: {
    description: 'compare predicted and true region sizes in the masks of any program',
    load: () => import('./analyze.js'),
  },
  losses: {
    description: 'list all losses and their options',
    load: () => import('./losses.js'),
  },
  loss: {
    description: 'measure which region sizes a loss prefers (bias card)',
    load: () => import('./loss.js'),
  },
  data: {
    description: 'check a folder of images and masks',
    load: () => import('./data.js'),
  },
  config: {
    description: 'show a configuration, its JSON Schema, or the presets',
    load: () => import('./config.js'),
  },
  doctor: {
    description: 'show which backends work on this machine, and how to get the others',
    load: () => import('./doctor.js'),
  },
  'setup-native': {
    description: 'build the tensorflow backend against a Python wheel (Linux x64)',
    load: () => import('./setup-native.js'),
  },
};
