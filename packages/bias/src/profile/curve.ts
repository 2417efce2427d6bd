import { tensor4d } from '@tensorflow/tfjs-core';

import { type Meter, measured } from './meter.js';
import { disc, endsOf, logitsAt, proportionAt, shiftFamily, shiftFor } from './scene.js';
import { type Equilibrium, type Minimizer, type ProfileCurve, type ProfileFamily } from './types.js';

/** Width of the images, unless a larger one is requested: in the largest a pixel is 0.1 %. */
export const LEAST_SIDE = 16;
export const LARGEST_SIDE = 32;

/** A loss at one shift. */
interface Point {
  readonly shift: number;
  readonly p: number;
  /** NaN where it is not finite. */
  readonly value: number;
  /** dL/db; NaN where there is none. */
  readonly force: number;
  readonly slope: number;
}

/** What a curve is measured at. */
export interface CurveOptions {
  /** Wanted true proportion. */
  readonly q: number;
  /** Number of predicted proportions, or these over the true one. */
  readonly points: number | readonly number[];
  readonly largestSide: number;
}

/** A loss along a family of predictions for a region of the proportion q. */
export async function profileCurve(
  meter: Meter,
  family: ProfileFamily,
  { q: wanted, points, largestSide }: CurveOptions,
): Promise<ProfileCurve> {
  // Small images are quick; the region shall have five pixels, if that is possible.
  const side = Math.min(largestSide, Math.max(LEAST_SIDE, Math.ceil(Math.sqrt(5 / wanted))));
  const pixels = side * side;
  const count = Math.min(pixels - 1, Math.max(1, Math.round(wanted * pixels)));
  const region = disc(side, count);
  const predictions = shiftFamily(family, side, region);
  const ends = endsOf(predictions);
  const labels = tensor4d(region, [1, side, side, 1], 'int32');
  const at = async (shift: number): Promise<Point> => {
    const { value, gradient } = await meter.read(family, labels, logitsAt(predictions, shift));
    const force =
      gradient === undefined ? NaN : gradient.reduce((sum, g, i) => sum + g * predictions.moves[i]!, 0);
    const { p, slope } = proportionAt(predictions, shift);
    return { shift, p, value: finite(value), force: finite(force), slope: finite(force) / slope };
  };

  try {
    const curve: Point[] = [];
    const sizes = typeof points === 'number' ? proportions(points, ends) : points.map((ratio) => (ratio * count) / pixels).filter((p) => p > ends.low && p < ends.high); // prettier-ignore
    for (const p of sizes) curve.push(await at(shiftFor(predictions, p)));
    noteWrongSigns(meter, family, curve);
    const zeros = await forceZeros(curve, at);
    return {
      family,
      q: count / pixels,
      p: curve.map(({ p }) => p),
      value: curve.map(({ value }) => measured(value)),
      slope: curve.map(({ slope }) => measured(slope)),
      force: curve.map(({ force }) => measured(force)),
      minimizer: minimizerOf(curve, zeros, ends),
      equilibria: zeros.map(({ p, stable }): Equilibrium => ({ p, stable })),
    };
  } finally {
    labels.dispose();
  }
}

const finite = (x: number) => (Number.isFinite(x) ? x : NaN);

/** Evenly spaced in the logit, from 1e-4 to 0.99 of the way between the ends. */
function proportions(points: number, { low, high }: { low: number; high: number }): number[] {
  const logit = (p: number) => Math.log(p / (1 - p));
  const [first, last] = [logit(1e-4), logit(0.99)];
  return Array.from({ length: points }, (_, i) => {
    const way = 1 / (1 + Math.exp(-(first + ((last - first) * i) / (points - 1))));
    return low + (high - low) * way;
  });
}

/** A zero of the force between two points of the curve. */
interface Zero extends Equilibrium {
  readonly low: number;
  readonly high: number;
  /** Of the point before it. */
  readonly index: number;
}

/** Below this a force is rounding. */
const NO_FORCE = 1e-9;
/** A zero is found within this much of a logit, a thousandth of p. */
const ZERO_WIDTH = 1e-3;

/** Every change of sign of the force, closed in. */
async function forceZeros(curve: readonly Point[], at: (shift: number) => Promise<Point>): Promise<Zero[]> {
  const zeros: Zero[] = [];
  const signed = curve.flatMap((point, index) =>
    Math.abs(point.force) > NO_FORCE ? [{ point, index }] : [],
  );
  for (const [i, { point, index }] of signed.entries()) {
    const next = signed[i + 1]?.point;
    if (next === undefined || Math.sign(next.force) === Math.sign(point.force)) continue;
    const { left, right } = await closeIn(point, next, at);
    zeros.push({ p: (left.p + right.p) / 2, low: left.p, high: right.p, stable: point.force < 0, index });
  }
  return zeros;
}

/** False position, the force at an end that stays being halved (Dowell and Jarratt, BIT 11, 1971: the Illinois algorithm). */
async function closeIn(left: Point, right: Point, at: (shift: number) => Promise<Point>) {
  let [f, g] = [left.force, right.force];
  for (let step = 0; step < 20 && right.shift - left.shift > ZERO_WIDTH; step++) {
    const guess = (left.shift * g - right.shift * f) / (g - f);
    // Never nearer to an end than half the width wanted, so that the other end follows.
    const shift = Math.max(left.shift + ZERO_WIDTH / 2, Math.min(right.shift - ZERO_WIDTH / 2, guess));
    const middle = await at(shift);
    if (Math.sign(middle.force) === Math.sign(f)) {
      left = middle;
      f = middle.force;
      g /= 2;
    } else {
      right = middle;
      g = middle.force;
      f /= 2;
    }
  }
  return { left, right };
}

/** Where the curve is least: at a zero of the force beside the least point, at an end, or within a flat stretch. */
function minimizerOf(
  curve: readonly Point[],
  zeros: readonly Zero[],
  ends: { low: number; high: number },
): Minimizer | null {
  const values = curve.map(({ value }) => value);
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return null;
  const least = Math.min(...known);
  const best = values.indexOf(least);
  const zero = zeros.find(({ index, stable }) => stable && (index === best || index + 1 === best));
  if (zero) return { p: zero.p, low: zero.low, high: zero.high, edge: 'none' };

  const rounding = 2e-7 * Math.max(...known.map(Math.abs));
  let [first, last] = [best, best];
  while (first > 0 && values[first - 1]! - least <= rounding) first--;
  while (last < curve.length - 1 && values[last + 1]! - least <= rounding) last++;
  const end = curve.length - 1;
  /** Whether the loss still falls at the end of the curve; without gradient, whether the least value alone lies there. */
  const pulls = (index: number, sign: number) => {
    const { force } = curve[index]!;
    return Number.isNaN(force) ? first === last : sign * force > NO_FORCE;
  };
  if (first === 0 && pulls(0, 1)) return { p: ends.low, low: ends.low, high: curve[last]!.p, edge: 'low' };
  if (last === end && pulls(end, -1))
    return { p: ends.high, low: curve[first]!.p, high: ends.high, edge: 'high' };
  const low = first === 0 ? ends.low : curve[first - 1]!.p;
  const high = last === end ? ends.high : curve[last + 1]!.p;
  return { p: curve[best]!.p, low, high, edge: 'none' };
}

/** Notes a loss that falls where its gradient says that it rises, or the other way round. */
function noteWrongSigns(meter: Meter, family: ProfileFamily, curve: readonly Point[]): void {
  const range = Math.max(...curve.map(({ value }) => value)) - Math.min(...curve.map(({ value }) => value));
  const wrong = curve.slice(1).filter((right, i) => {
    const left = curve[i]!;
    const change = right.value - left.value;
    const agree = Math.sign(left.force) === Math.sign(right.force) && Math.abs(left.force) > NO_FORCE;
    return agree && Math.abs(change) > 0.01 * range && Math.sign(change) !== Math.sign(left.force);
  });
  if (wrong.length < 3) return;
  const { p } = wrong[0]!;
  meter.findings.add(
    'wrong-gradient',
    family,
    `the gradient has the wrong sign on ${wrong.length} of ${curve.length - 1} stretches, first before p = ${p.toPrecision(3)}`,
  );
}
