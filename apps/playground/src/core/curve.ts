import { lightLoss, type LightLoss } from './losses.js';
import { logit, pixelsOf } from './pixels.js';

/** The size that one loss prefers, for the table and the chart. */
export interface Curve {
  readonly spec: string;
  /** Predicted proportion and penalty less its least value. */
  readonly points: readonly (readonly [p: number, value: number])[];
  /** Where it is least: 0 or 1 where it falls to the end. */
  readonly minimizer: number;
  /** Derivative at p = q; NaN at a kink. */
  readonly slope: number;
  /** `penalty` in closed form; `uniform`: the whole loss, with the same probability in every pixel. */
  readonly kind: 'penalty' | 'uniform';
  readonly formula: string | undefined;
}

/** Ends of the axis of predicted proportions. */
export const P_RANGE = [0.0005, 0.9995] as const;
/** Pixels of the image of which a whole loss is computed. */
const PIXELS = 64 * 64;

/** The proportions at which curves are computed, evenly in the logit, and q itself. */
export function proportions(q: number, count = 161): number[] {
  const [from, to] = P_RANGE.map(logit) as [number, number];
  const even = Array.from(
    { length: count },
    (_, i) => 1 / (1 + Math.exp(-(from + ((to - from) * i) / (count - 1)))),
  );
  return [...even, q].sort((a, b) => a - b);
}

/** The curve of a loss at the true proportion q; undefined if the loss has no light form. */
export function curveOf(spec: string, q: number): Curve | undefined {
  const loss = lightLoss(spec, q);
  if (loss === undefined) return undefined;
  const { penalty } = loss;
  const p = proportions(q);
  const value = penalty ? (at: number) => penalty.value(at, q) : (at: number) => uniformValue(loss, at, q);
  const values = p.map(value);
  const least = values.reduce((a, b) => (b < a ? b : a), Infinity);
  const at = p[values.indexOf(least)];
  const end = at === p[0] ? 0 : at === p.at(-1) ? 1 : (at ?? NaN);
  const h = q * 1e-5;
  const [before, after] = [(value(q) - value(q - h)) / h, (value(q + h) - value(q)) / h];
  const kink = Math.abs(after - before) > 1e-2 * (1 + Math.abs(after));
  return {
    spec,
    points: p.map((x, i) => [x, values[i]! - least] as const),
    minimizer: penalty ? penalty.minimizer(q) : end,
    slope: kink ? NaN : penalty ? penalty.slope(q, q) : (after + before) / 2,
    kind: penalty ? 'penalty' : 'uniform',
    formula: penalty?.formula,
  };
}

/** The value of the whole loss where every pixel has the probability p. */
export function uniformValue(loss: LightLoss, p: number, q: number): number {
  const z = logit(p);
  const count = Float64Array.of(PIXELS * (1 - q), PIXELS * q);
  return loss.value(pixelsOf(Float64Array.of(z, z), Uint8Array.of(0, 1), count));
}
