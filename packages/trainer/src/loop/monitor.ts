import { type Evaluation } from './evaluate.js';
import { isBetter } from './learning-rate.js';

/** Numbers of an {@link Evaluation} that can choose the best checkpoint. */
export const MONITORED = ['foregroundDice', 'foregroundIou', 'loss'] as const;
export type MonitoredMetric = (typeof MONITORED)[number];

/** Names that older configurations use. */
export const MONITOR_ALIASES: Readonly<Record<string, MonitoredMetric>> = {
  meanDice: 'foregroundDice',
  meanIou: 'foregroundIou',
};

/**
 * Returns the monitored number of an evaluation, or NaN where it is meaningless: a foreground mean over images without any
 * foreground is undefined, or 0 as soon as one pixel is predicted.
 *
 * @param background Index of the background class; null where every class is a foreground class.
 *
 * @example
 * ```ts
 * const val = { loss: 0.3, foregroundDice: 0, truth: [1, 0] };
 * monitoredValue(val, 'foregroundDice', 0); // → NaN
 * monitoredValue(val, 'loss', 0); // → 0.3
 * ```
 */
export function monitoredValue(
  val: Pick<Evaluation, MonitoredMetric | 'truth'>,
  metric: MonitoredMetric,
  background: number | null,
): number {
  const hasForeground = val.truth.some((share, k) => k !== background && share > 0);
  return metric === 'loss' || hasForeground ? val[metric] : NaN;
}

/** State of {@link BestSoFar}: plain numbers, to be saved. */
export interface MonitorState {
  /** Best value so far; null while the metric was never defined. */
  best: number | null;
  /** The value that early stopping compares with: the last that was better by `minDelta`. */
  reference: number | null;
  /** Epochs since then in which the metric was defined. */
  stale: number;
}

/** Follows the monitored metric. An epoch in which it is undefined is neither better nor worse. */
export class BestSoFar {
  state: MonitorState = { best: null, reference: null, stale: 0 };

  constructor(
    private readonly mode: 'max' | 'min',
    private readonly minDelta = 0,
  ) {}

  /** Whether the weights of the epoch are to be kept as the best: also while the metric was never defined. */
  observe(value: number): boolean {
    const { state, mode } = this;
    if (Number.isNaN(value)) return state.best === null;
    const delta = mode === 'max' ? this.minDelta : -this.minDelta;
    if (state.reference === null || isBetter(value, state.reference + delta, mode)) {
      Object.assign(state, { reference: value, stale: 0 });
    } else {
      state.stale++;
    }
    if (state.best !== null && !isBetter(value, state.best, mode)) return false;
    state.best = value;
    return true;
  }
}
