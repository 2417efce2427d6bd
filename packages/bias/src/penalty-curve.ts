import { weightAt, type Loss } from '@segloss/losses';

import { marginalPenalties } from './penalties.js';

/** Options of {@link penaltyCurve}. */
export interface PenaltyCurveOptions {
  /** True proportion q of the foreground class, between 0 and 1. */
  truth: number;
  /** Predicted proportions; default 200 from 0.001 to 0.999, close together at both ends. */
  p?: readonly number[];
  /** Epoch (0-based) at which scheduled weights are read; default 0. */
  epoch?: number;
}

/** The hidden penalty of a loss over the predicted proportion. */
export interface PenaltyCurve {
  readonly p: number[];
  /** Weighted sum of the terms' penalties, moved so that its least value is 0. */
  readonly value: number[];
  /** The proportion of the list where it is least. */
  readonly minimizer: number;
  /** Names of the terms without a penalty in closed form: the curve leaves them out. */
  readonly unknown: string[];
}

/**
 * Returns what a loss costs for the predicted proportion of one foreground class alone: the sum of the marginal penalties of its terms.
 *
 * @param loss From a factory, `compound` or `parseLoss`.
 * @throws {RangeError} If the true proportion is not between 0 and 1.
 *
 * @example
 * ```ts
 * const { parseLoss } = await import('@segloss/losses');
 * const p = [0.01, 0.05, 0.1, 0.5];
 * penaltyCurve(parseLoss('ce + l1'), { truth: 0.05, p }).minimizer; // → 0.05
 * penaltyCurve(parseLoss('dice'), { truth: 0.05, p }).minimizer; // → 0.01
 * ```
 *
 * @see Liu et al., arXiv:2104.08717, §3.
 */
export function penaltyCurve(
  loss: Loss,
  { truth, p = defaultProportions(), epoch = 0 }: PenaltyCurveOptions,
): PenaltyCurve {
  if (!(truth > 0 && truth < 1)) {
    throw new RangeError(`penaltyCurve: wanted a true proportion between 0 and 1, got ${String(truth)}`);
  }
  const parts = loss.terms.map(({ name, definition, options, weight }) => {
    const penalty = marginalPenalties()[definition.name];
    return {
      name,
      options,
      weight: weightAt(weight, epoch),
      penalty: penalty?.holds(options) ? penalty : undefined,
    };
  });
  const raw = p.map((at) =>
    parts.reduce(
      (sum, { penalty, weight, options }) => sum + weight * (penalty?.value(at, truth, options) ?? 0),
      0,
    ),
  );
  const least = raw.reduce((a, b) => Math.min(a, b), Infinity);
  return {
    p: [...p],
    value: raw.map((value) => value - least),
    minimizer: p[raw.indexOf(least)]!,
    unknown: parts.filter(({ penalty }) => penalty === undefined).map(({ name }) => name),
  };
}

/** Evenly spaced in the logit from 0.001 to 0.999. */
function defaultProportions(): number[] {
  const end = Math.log(0.999 / 0.001);
  return Array.from({ length: 200 }, (_, i) => 1 / (1 + Math.exp(end - (2 * end * i) / 199)));
}
