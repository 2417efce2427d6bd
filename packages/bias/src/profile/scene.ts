import { inRandomOrder, randomNumbers } from '@segloss/common';
import { type ProfileFamily } from './types.js';

/** The pixels of a square from its middle outward; a middle between pixels, at no symmetric place, leaves no two equally far. */
export function pixelsByDistance(side: number, row = side / 2 - 0.437, column = side / 2 - 0.461) {
  const distance = Float64Array.from({ length: side * side }, (_, i) =>
    Math.hypot(Math.floor(i / side) - row, (i % side) - column),
  );
  const order = Array.from(distance.keys()).sort((a, b) => distance[a]! - distance[b]!);
  return { distance, order };
}

/** A disc of `count` pixels about a middle, as labels 0 and 1. */
export function disc(side: number, count: number, row?: number, column?: number): Int32Array {
  const labels = new Int32Array(side * side);
  for (const i of pixelsByDistance(side, row, column).order.slice(0, count)) labels[i] = 1;
  return labels;
}

/** Predictions z = base + b · moves, over all shifts b. */
export interface ShiftFamily {
  readonly base: Float64Array;
  /** 1 where the shift acts. */
  readonly moves: Float64Array;
}

/** The predictions of a family for a true region. */
export function shiftFamily(family: ProfileFamily, side: number, labels: Int32Array): ShiftFamily {
  const n = side * side;
  const everywhere = new Float64Array(n).fill(1);
  switch (family) {
    case 'uniform':
      return { base: new Float64Array(n), moves: everywhere };
    case 'nested':
      // Two logits for each pixel of distance: the border is about two pixels wide.
      return { base: pixelsByDistance(side).distance.map((distance) => -2 * distance), moves: everywhere };
    case 'noise':
      return { base: detectionScores(labels, 2), moves: everywhere };
    case 'matched':
      return { base: new Float64Array(n), moves: Float64Array.from(labels, (y) => 1 - y) };
  }
}

/**
 * Logits d · x of signal detection: x is normal about +d/2 in the region and -d/2 outside, its values the quantiles, so that no
 * sampling error is in them, at shuffled places.
 */
function detectionScores(labels: Int32Array, d: number): Float64Array {
  const scores = new Float64Array(labels.length);
  const random = randomNumbers(7);
  for (const y of [0, 1]) {
    const places = inRandomOrder(
      Array.from(labels.keys()).filter((i) => labels[i] === y),
      random,
    );
    places.forEach((i, rank) => {
      scores[i] = d * (normalQuantile((rank + 0.5) / places.length) + (y - 0.5) * d);
    });
  }
  return scores;
}

/** The quantile of the standard normal distribution, by bisection of its distribution function. */
function normalQuantile(share: number): number {
  let [low, high] = [-8, 8];
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (normalDistribution(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Φ(x), by the series x + x³/3 + x⁵/15 + ... about 0 (Marsaglia, J. Stat. Softw. 11(4), 2004), accurate for |x| up to 8. */
function normalDistribution(x: number): number {
  let [sum, term] = [x, x];
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

/** The logits of a shift. */
export function logitsAt({ base, moves }: ShiftFamily, shift: number): Float32Array {
  return Float32Array.from(base, (z, i) => z + shift * moves[i]!);
}

/** The predicted proportion of a shift, and its derivative. */
export function proportionAt({ base, moves }: ShiftFamily, shift: number): { p: number; slope: number } {
  let [p, slope] = [0, 0];
  for (let i = 0; i < base.length; i++) {
    const s = 1 / (1 + Math.exp(-base[i]! - shift * moves[i]!));
    p += s;
    slope += moves[i]! * s * (1 - s);
  }
  return { p: p / base.length, slope: slope / base.length };
}

/** The proportions between which a family moves. */
export function endsOf(family: ShiftFamily): { low: number; high: number } {
  const fixed = family.base.reduce((sum, z, i) => sum + (family.moves[i] ? 0 : 1 / (1 + Math.exp(-z))), 0);
  const moving = family.moves.reduce((sum, moves) => sum + moves, 0);
  const n = family.base.length;
  return { low: fixed / n, high: (fixed + moving) / n };
}

/** The shift at which the predicted proportion is p: Newton's steps, kept within a bracket. */
export function shiftFor(family: ShiftFamily, p: number): number {
  let [low, high] = [-100, 100];
  let shift = 0;
  for (let i = 0; i < 60; i++) {
    const at = proportionAt(family, shift);
    if (Math.abs(at.p - p) <= 1e-12) break;
    if (at.p < p) low = shift;
    else high = shift;
    const newton = shift + (p - at.p) / at.slope;
    shift = newton > low && newton < high ? newton : (low + high) / 2;
  }
  return shift;
}
