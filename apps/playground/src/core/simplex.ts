import { simplexPenalties } from '@segloss/bias';
import type { Proportions, SimplexPoint } from '@segloss/charts';

/** Penalties over three classes that are shown, by their name in `simplexPenalties`. */
export const SIMPLEX: readonly { readonly name: string; readonly title: string }[] = [
  { name: 'kl', title: 'Cross-entropy: KL(q ‖ p)' },
  { name: 'dice', title: 'Dice: Σ log(p + q)' },
  { name: 'l1', title: 'L1: Σ |p − q|' },
  { name: 'weighted-ce', title: 'Inverse-frequency cross-entropy' },
];

/** A penalty over the proportions of three classes, and where gradient descent takes an even start. */
export interface SimplexMap {
  readonly name: string;
  readonly title: string;
  readonly truth: Proportions;
  readonly points: readonly SimplexPoint[];
  readonly path: readonly Proportions[];
  readonly end: Proportions;
  readonly minimizer: Proportions;
}

const LATTICE = 24;
const DESCENT = 4000;

/** Every map at the true proportions q; one is computed at a time. */
export function* simplexMaps(q: Proportions): Generator<SimplexMap> {
  for (const { name, title } of SIMPLEX) {
    const penalty = simplexPenalties()[name]!;
    const options = name === 'weighted-ce' ? { classWeights: q.map((share) => 1 / (3 * share)) } : {};
    const flow = (p: Proportions) => descent(p, penalty.gradient(p, q, options));
    const path: Proportions[] = [[1 / 3, 1 / 3, 1 / 3]];
    let b = [0, 0, 0];
    for (let step = 1; step <= DESCENT; step++) {
      const p = softmax(b);
      const force = through(p, penalty.gradient(p, q, options));
      const rate = 0.2 / (1 + (4 * step) / DESCENT) ** 2; // an L1 term needs small steps at its kink
      b = b.map((one, k) => Math.max(-9, one - rate * force[k]!));
      if (step % 10 === 0) path.push(softmax(b));
    }
    yield {
      name,
      title,
      truth: q,
      points: lattice().map((p) => ({ p, value: penalty.value(p, q, options), flow: flow(p) })),
      path,
      end: path.at(-1)!,
      minimizer: penalty.minimizer(q, options) as unknown as Proportions,
    };
  }
}

/** ∂B/∂b of the logits b: the gradient through the softmax. */
function through(p: Proportions, gradient: readonly number[]): number[] {
  const mean = p.reduce((sum, share, k) => sum + share * gradient[k]!, 0);
  return p.map((share, k) => share * (gradient[k]! - mean));
}

/** Direction of the proportions when the logits go down the gradient. */
function descent(p: Proportions, gradient: readonly number[]): Proportions {
  const force = through(p, gradient).map((one) => -one);
  return through(p, force) as unknown as Proportions;
}

function softmax(b: readonly number[]): Proportions {
  const most = Math.max(...b);
  const e = b.map((one) => Math.exp(one - most));
  const sum = e.reduce((total, one) => total + one, 0);
  return e.map((one) => one / sum) as unknown as Proportions;
}

/** Points of a triangular lattice inside of the border, where penalties are finite. */
function lattice(): Proportions[] {
  const share = (i: number) => (i + 1 / 3) / (LATTICE + 1);
  return Array.from({ length: LATTICE + 1 }, (_, i) =>
    Array.from({ length: LATTICE + 1 - i }, (_, j): Proportions => [
      share(i),
      share(j),
      share(LATTICE - i - j),
    ]),
  ).flat();
}
