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
    description: 'compare five losses on embedded synthetic images, or on your own',
    load: () => import('./demo.js'),
  },
  benchmark: {
    description:
      'train a grid of losses, seeds, data sets, ...; the same command trains only what is missing',
    load: () => import('./benchmark.js'),
  },
  report: {
    description: 'draw table and report of a benchmark or a run from its folder',
    load: () => import('./report.js'),
  },
  train: {
    description: 'train one network from a configuration; a stopped training resumes',
    load: () => import('./train.js'),
  },
  run: {
    description: 'train one run of a plan, as schedulers do',
    load: () => import('./run.js'),
  },
  test: {
    description: 'score a trained run: per class, per image, and the label marginals',
    load: () => import('./test.js'),
  },
  predict: {
    description: 'write a label image (PNG), or volume (NIfTI), of class indices for every image of a folder',
    load: () => import('./predict.js'),
  },
  export: {
    description: 'write the model of a run as model.json and weights.bin, for pages and tf.loadLayersModel',
    load: () => import('./export.js'),
  },
  analyze: {
    description: 'compare predicted and true region sizes, in masks of any program',
    load: () => import('./analyze.js'),
  },
  losses: {
    description: 'list the losses that a spec can name',
    load: () => import('./losses.js'),
  },
  loss: {
    description: 'measure one loss: its bias card',
    load: () => import('./loss.js'),
  },
  data: {
    description: 'check a folder of images and masks',
    load: () => import('./data.js'),
  },
  config: {
    description: 'show the configuration of a training, and what it may hold',
    load: () => import('./config.js'),
  },
  doctor: {
    description: 'show which backends work here, why others do not, and how to get them',
    load: () => import('./doctor.js'),
  },
  'setup-native': {
    description: 'make the backend tensorflow work with the TensorFlow of a Python wheel (Linux x64)',
    load: () => import('./setup-native.js'),
  },
};
