import type { LossProfile, Minimizer, ProfileCurve, ProfileFamily } from '@segloss/bias';

/** Families in the order of a card, with their name there. */
export const FAMILIES: Readonly<Record<ProfileFamily, string>> = {
  uniform: 'uniform',
  noise: 'calibrated noise',
  nested: 'nested regions',
  matched: 'matching held fixed',
};

/** The numbers of a card for one true proportion. */
export interface CardRow {
  /** As the pixels have it. */
  readonly q: number;
  /** Where each family of predictions is best; null where the loss is nowhere finite. */
  readonly minimizer: Partial<Record<ProfileFamily, Minimizer | null>>;
  /** Force of the loss over that of cross-entropy, p - q, in the family `nested`; null where it is not known. */
  readonly push: { readonly half: number | null; readonly double: number | null };
}

/** One row for each true proportion of the profile. */
export function cardRows({ families }: LossProfile): CardRow[] {
  const byQ = new Map<number, ProfileCurve[]>();
  // The families draw the same region, so that they have the same q.
  for (const curve of families) byQ.set(curve.q, [...(byQ.get(curve.q) ?? []), curve]);
  return [...byQ].map(([q, curves]) => ({
    q,
    minimizer: Object.fromEntries(curves.map(({ family, minimizer }) => [family, minimizer])),
    push: { half: relativePush(curves, q, q / 2), double: relativePush(curves, q, 2 * q) },
  }));
}

/** How hard the loss pushes back at a proportion, where cross-entropy pushes with p - q; negative where it pushes on. */
function relativePush(curves: readonly ProfileCurve[], q: number, p: number): number | null {
  const nested = curves.find(({ family }) => family === 'nested');
  const force = nested === undefined ? null : interpolate(nested.p, nested.force, p);
  return force === null ? null : force / (p - q);
}

/** Value at x by straight lines between the points; null outside, or beside a point without a value. */
export function interpolate(xs: readonly number[], ys: readonly (number | null)[], x: number): number | null {
  const after = xs.findIndex((at) => at >= x);
  if (after === -1) return null;
  if (xs[after] === x) return ys[after]!;
  const [y0, y1] = [ys[after - 1], ys[after]!];
  if (y0 === undefined || y0 === null || y1 === null) return null;
  const share = (x - xs[after - 1]!) / (xs[after]! - xs[after - 1]!);
  return y0 + share * (y1 - y0);
}

/** The row whose true proportion is nearest to `q`, by ratio. */
export function nearestRow(rows: readonly CardRow[], q: number): CardRow | undefined {
  const distance = (row: CardRow) => Math.abs(Math.log(row.q / q));
  return rows.reduce<CardRow | undefined>(
    (best, row) => (best === undefined || distance(row) < distance(best) ? row : best),
    undefined,
  );
}
