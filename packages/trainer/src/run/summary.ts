import { type MetricsLine } from '../logs/metrics-line.js';
import { type RunConfig } from '../config/schema.js';
import { BestSoFar, monitoredValue } from '../loop/monitor.js';
import { type RunStatus } from './run-folder.js';

/** What a run came to: `summary.json`. */
export interface RunSummary {
  readonly schemaVersion: 2;
  readonly id: string;
  readonly name: string;
  readonly status: RunStatus;
  /** Epochs that are finished. */
  readonly epochs: number;
  /**
   * The epoch whose weights are in `best.safetensors`; absent before the first. `value` is null where the monitored metric was never
   * defined: the epoch is the last one then.
   */
  readonly best?: { readonly epoch: number; readonly metric: string; readonly value: number | null };
  /** The last epoch. */
  readonly last?: MetricsLine;
  /** SHA-256 of the last weights. */
  readonly weightsSha256?: string;
  readonly versions: { readonly segloss: string; readonly tfjs: string; readonly node: string };
  /** Why it did not finish. */
  readonly message?: string;
}

/** The epoch of the checkpoint `best`, as the training chose it. */
export function bestEpoch(
  lines: readonly MetricsLine[],
  { metric, mode }: RunConfig['monitor'],
  background: number | null,
): RunSummary['best'] {
  const monitor = new BestSoFar(mode);
  let best: RunSummary['best'];
  for (const { epoch, val } of lines) {
    const value = monitoredValue(val, metric, background);
    if (monitor.observe(value)) best = { epoch, metric, value: Number.isNaN(value) ? null : value };
  }
  return best;
}
