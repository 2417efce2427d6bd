import type { LossProfile, ProfileCurve, ProfileFamily } from '@segloss/bias';

import type { LossCard } from '../src/card/card.js';

const RATIOS = [0.1, 0.25, 0.5, 1, 2, 4, 10];

/** A curve over p from a tenth of q to ten times as much, with the value and the force of formulas in p. */
export function curve(
  family: ProfileFamily,
  q: number,
  { value, force, best }: { value: (p: number) => number | null; force: (p: number) => number | null; best: number | null }, // prettier-ignore
): ProfileCurve {
  const p = RATIOS.map((ratio) => ratio * q);
  return {
    family,
    q,
    p,
    value: p.map(value),
    slope: p.map(() => null),
    force: p.map(force),
    minimizer: best === null ? null : { p: best, low: 0.9 * best, high: 1.2 * best, edge: 'none' },
    equilibria: [],
  };
}

const QS = [0.001, 0.0095, 0.05];

/** A loss that knows nothing predicts no region with, and pushes three times as hard as cross-entropy. */
export function profile(more: Partial<LossProfile> = {}): LossProfile {
  const line = (family: ProfileFamily, best: number) => (q: number) =>
    curve(family, q, { value: (p) => Math.abs(p - best * q) / q, force: (p) => 3 * (p - q), best: best * q });
  return {
    spec: 'mine',
    mode: 'binary',
    findings: [],
    families: [...QS.map(line('uniform', 0)), ...QS.map(line('nested', 1)), ...QS.map(line('noise', 2))],
    posterior: [
      { name: 'label-noise', size: 2, posterior: [1, 0.5, 0.5, 0], prediction: [1, 1, 0, 0], volume: 0.5, soft: 0.4, hard: 0.6, softRatio: 0.8, hardRatio: 1.2, value: 0.3, unrest: 0, threshold: { low: 0.5, high: 0.5 } }, // prettier-ignore
      { name: 'shifted', size: 2, posterior: [1, 0.5, 0.5, 0], prediction: [0, 0, 0, 0], volume: 0.5, soft: 0.7, hard: 0, softRatio: 1.4, hardRatio: 0, value: 0.3, unrest: 0, threshold: null }, // prettier-ignore
    ],
    simplex: {
      q: [0.7, 0.2, 0.1],
      points: [
        { p: [1, 0, 0], value: 1, flow: [-0.1, 0.1, 0] },
        { p: [0, 1, 0], value: 2, flow: null },
        { p: [0, 0, 1], value: null, flow: null },
      ],
      minimum: [1, 0, 0],
    },
    ...more,
  };
}

export function card(more: Partial<LossCard> = {}): LossCard {
  return {
    spec: 'mine(<b>)',
    terms: [{ name: 'mine', weight: 0.5, spec: 'mine(<b>)', summary: 'a & b', source: null, penalty: 'log(p + q)', code: 'compute() { return p < q; }' }], // prettier-ignore
    sources: [],
    penalties: [0.001, 0.01, 0.05].map((q) => ({ q, points: [[q / 2, 0], [q, 1], [2 * q, 2]] as const, minimizer: 0, unknown: [] })), // prettier-ignore
    profile: profile(),
    ...more,
  };
}
