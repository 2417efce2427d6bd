import type { Settings } from '../options.js';

/** `segloss demo`: the comparison that the project is about, small enough for two cores and three minutes. */
export const demoSettings = {
  data: undefined,
  losses: ['ce', 'dice', 'ce + dice', 'ce + 0.1*l1(temperature=10)', 'ce + kl'],
  seeds: [0, 1],
  epochs: 20,
  size: undefined,
  batchSize: 4,
  learningRate: 0.003,
  widths: [8, 16, 32],
  norm: 'none',
  limit: undefined,
  backend: 'auto',
  out: 'segloss-report',
  jobs: undefined,
} as const satisfies Settings;

/** `segloss run`: the same training on images of the user's own; the losses are asked for. */
export const runDefaults = {
  data: undefined,
  seeds: [0],
  epochs: 20,
  size: { height: 128, width: 128 },
  batchSize: 4,
  learningRate: 0.003,
  widths: [8, 16, 32, 64],
  norm: 'batch', // photographs do not train without it in so few epochs
  limit: undefined,
  backend: 'auto',
  out: 'segloss-report',
  jobs: undefined,
} as const satisfies Omit<Settings, 'losses'>;
