import { type RunConfig } from '../config/schema.js';
import { type MetricsLine } from '../logs/metrics-line.js';
import { monitoredValue } from '../loop/monitor.js';

/** A training that was still improving when its epochs were over. */
export interface Unfinished {
  readonly metric: string;
  /** Best value before the last fifth of the epochs, and within it. */
  readonly from: number;
  readonly to: number;
  /** Epochs of the last fifth. */
  readonly epochs: number;
}

/** Improvement over the last fifth of a training from which on it has not converged: of a score, or as a share of a loss. */
const LEAST = 0.01;

/** Fewer epochs say nothing. */
const FEWEST = 5;

/**
 * Returns by how much the monitored metric still improved in the last fifth of a training; undefined where it has converged: its best value
 * there is less than 0.01 better than before (a loss: 1 %), or there are fewer than 5 epochs.
 *
 * @param lines Of `readMetrics`.
 *
 * @example
 * ```ts
 * const lines = [0.1, 0.3, 0.5, 0.6, 0.7].map((foregroundDice, epoch) => ({ epoch, val: { foregroundDice, truth: [0.9, 0.1] } }));
 * stillImproving(lines, { metric: 'foregroundDice', mode: 'max' }, 0); // → {"metric":"foregroundDice","from":0.6,"to":0.7,"epochs":1}
 * ```
 */
export function stillImproving(
  lines: readonly MetricsLine[],
  { metric, mode }: RunConfig['monitor'],
  background: number | null,
): Unfinished | undefined {
  if (lines.length < FEWEST) return undefined;
  const epochs = Math.floor(lines.length / 5);
  const values = lines.map(({ val }) => monitoredValue(val, metric, background));
  const bestOf = (part: readonly number[]) => {
    const known = part.filter((value) => !Number.isNaN(value));
    return mode === 'max' ? Math.max(...known) : Math.min(...known);
  };
  const [from, to] = [bestOf(values.slice(0, -epochs)), bestOf(values.slice(-epochs))];
  if (!Number.isFinite(from) || !Number.isFinite(to)) return undefined;
  const gain = mode === 'max' ? to - from : from - to;
  const least = metric === 'loss' ? LEAST * Math.abs(from) : LEAST;
  return gain >= least ? { metric, from, to, epochs } : undefined;
}
