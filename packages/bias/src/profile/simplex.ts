import { add, reshape, tensor4d, zeros, type Tensor } from '@tensorflow/tfjs-core';

import { descend } from './descend.js';
import { type Meter, measured } from './meter.js';
import { pixelsByDistance } from './scene.js';
import { type SimplexMap, type Triple } from './types.js';

const SIDE = 10;
const ROWS = 9;

/**
 * A loss of three classes over the proportions of a prediction without knowledge of the pixels; undefined for a loss that reads each
 * channel by a sigmoid: its proportions need not sum to 1.
 */
export async function simplexMap(meter: Meter, wanted: Triple): Promise<SimplexMap | undefined> {
  const { labels: indices, q } = bandsOf(wanted);
  const labels = tensor4d(indices, [1, SIDE, SIDE, 1], 'int32');
  const everywhere = (bias: Tensor) => add(zeros([1, SIDE, SIDE, 3]), reshape(bias, [1, 1, 1, 3]));
  const at = (bias: Float32Array) => meter.readAt('simplex', labels, bias, everywhere);
  try {
    const points: { p: Triple; value: number | null; flow: Triple | null }[] = [];
    for (const p of triangle()) {
      const { value, gradient } = await at(Float32Array.from(p, Math.log));
      const finite = gradient?.every(Number.isFinite) ?? false;
      if (finite && !isSoftmax(gradient!)) return undefined;
      points.push({ p, value: measured(value), flow: finite ? flowOf(p, gradient!) : null });
    }
    const known = points.filter(({ value }) => value !== null);
    if (known.length === 0) return { q, points, minimum: null };
    const best = known.reduce((a, b) => (b.value! < a.value! ? b : a));
    const found = await descend(Float64Array.from(best.p, Math.log), at, { steps: 60, limit: 12 });
    return { q, points, minimum: found ? snapped(softmax(found.x)) : best.p };
  } finally {
    labels.dispose();
  }
}

/** The last class in the middle, the others about it. */
function bandsOf(wanted: Triple): { labels: Int32Array; q: Triple } {
  const n = SIDE * SIDE;
  const count = (k: 1 | 2) => Math.max(1, Math.round(wanted[k] * n));
  const labels = new Int32Array(n);
  pixelsByDistance(SIDE).order.forEach((pixel, rank) => {
    labels[pixel] = rank < count(2) ? 2 : rank < count(2) + count(1) ? 1 : 0;
  });
  const share = (k: number) => labels.reduce((sum, y) => sum + (y === k ? 1 : 0), 0) / n;
  return { labels, q: [share(0), share(1), share(2)] };
}

/** Points evenly over the triangle, none on a side. */
function triangle(): Triple[] {
  const points: Triple[] = [];
  for (let i = 0; i <= ROWS; i++) {
    for (let j = 0; i + j <= ROWS; j++) {
      const share = (count: number) => (count + 1 / 3) / (ROWS + 1);
      points.push([share(i), share(j), share(ROWS - i - j)]);
    }
  }
  return points;
}

/** Softmax does not see a shift of all logits: its forces sum to 0. */
function isSoftmax(force: Float32Array): boolean {
  const sum = force.reduce((a, b) => a + b, 0);
  return Math.abs(sum) <= 1e-3 * Math.max(...force.map(Math.abs)) + 1e-6;
}

/** dp/dt = -(diag p - p pᵀ) dL/db, for gradient descent on the bias b of p = softmax(b). */
function flowOf(p: Triple, force: ArrayLike<number>): Triple {
  const mean = p.reduce((sum, share, k) => sum + share * force[k]!, 0);
  return p.map((share, k) => -share * (force[k]! - mean)) as unknown as Triple;
}

function softmax(z: Float64Array): Triple {
  const largest = Math.max(...z);
  const e = Array.from(z, (each) => Math.exp(each - largest));
  const sum = e.reduce((a, b) => a + b, 0);
  return e.map((each) => each / sum) as unknown as Triple;
}

/** What descends to below a ten-thousandth goes on to 0. */
function snapped(p: Triple): Triple {
  const kept = p.map((share) => (share < 1e-4 ? 0 : share));
  const sum = kept.reduce((a, b) => a + b, 0);
  return kept.map((share) => share / sum) as unknown as Triple;
}
