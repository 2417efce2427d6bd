import { penaltyCurve } from '@segloss/bias';
import { type Loss } from '@segloss/losses';

/** The closed-form penalty that a loss puts on the predicted size, at one true proportion. */
export interface SizePenalty {
  /** True proportion. */
  readonly q: number;
  /** Predicted proportion p and penalty minus its minimum. */
  readonly points: readonly (readonly [p: number, value: number])[];
  /** Where it is least: 0 or 1 where it falls to the end of the axis. */
  readonly minimizer: number;
  /** Names of the terms that it leaves out: no closed form. */
  readonly unknown: readonly string[];
}

/** Computes the size penalty of a loss at the true proportion q, from 0 to 1 (both excluded). */
export function sizePenalty(loss: Loss, q: number, epoch = 0): SizePenalty {
  const { p, value, minimizer, unknown } = penaltyCurve(loss, { truth: q, p: proportionsAround(q), epoch });
  const end = minimizer === p[0] ? 0 : minimizer === p.at(-1) ? 1 : minimizer;
  return { q, points: p.map((x, i) => [x, value[i]!] as const), minimizer: end, unknown };
}

/** From a hundredth of the true proportion to the whole image, evenly in the logit, and the true one itself. */
function proportionsAround(q: number): number[] {
  const logit = (p: number) => Math.log(p / (1 - p));
  const [from, to, count] = [logit(q / 100), logit(0.9999), 160];
  const even = Array.from({ length: count }, (_, i) => 1 / (1 + Math.exp(-(from + ((to - from) * i) / (count - 1))))); // prettier-ignore
  return [...even, q].sort((a, b) => a - b);
}
