import { penaltyCurve } from '@segloss/bias';
import type { Loss } from '@segloss/losses';

import type { EventOf } from './events.js';

type Penalty = EventOf<'experiment.start'>['penalties'][number];

/** The predicted proportions of the curves: evenly spaced on a logarithmic axis, and the true one itself. */
function proportionsAround(truth: number): number[] {
  const [low, high, count] = [truth / 30, Math.min(0.95, 12 * truth), 120];
  const even = Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
  return [...even, truth].sort((a, b) => a - b);
}

/** The marginal penalty of a loss for one class against the rest, at the true proportion of that class. */
export function penaltyOf(loss: Loss, truth: number): Penalty {
  const { p, value, minimizer, unknown } = penaltyCurve(loss, { truth, p: proportionsAround(truth) });
  const known = unknown.length < loss.terms.length;
  return {
    spec: loss.spec,
    truth,
    points: known ? p.map((at, index): [number, number] => [at, value[index]!]) : [],
    argmin: known ? minimizer : null,
    unknown,
  };
}
