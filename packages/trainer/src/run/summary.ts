import { type MetricsLine } from '../logs/metrics-line.js';
import { type RunConfig } from '../config/schema.js';
import { isBetter } from '../loop/learning-rate.js';
import { type RunStatus } from './run-folder.js';

/** What a run came to: `summary.json`. */
export interface RunSummary {
  readonly schemaVersion: 2;
  readonly id: string;
  readonly name: string;
  readonly status: RunStatus;
  /** Epochs that are finished. */
  readonly epochs: number;
  /** The epoch whose weights are in `best.safetensors`; absent where the monitored metric was never defined. */
  readonly best?: { readonly epoch: number; readonly metric: string; readonly value: number };
  /** The last epoch. */
  readonly last?: MetricsLine;
  /** SHA-256 of the last weights. */
  readonly weightsSha256?: string;
  readonly versions: { readonly segloss: string; readonly tfjs: string; readonly node: string };
  /** Why it did not finish. */
  readonly message?: string;
}

/** The best epoch by the monitored metric; undefined where no epoch has it. */
export function bestEpoch(
  lines: readonly MetricsLine[],
  { metric, mode }: RunConfig['monitor'],
): RunSummary['best'] {
  let best: RunSummary['best'];
  for (const { epoch, val } of lines) {
    const value = val[metric];
    if (best === undefined ? !Number.isNaN(value) : isBetter(value, best.value, mode))
      best = { epoch, metric, value };
  }
  return best;
}
