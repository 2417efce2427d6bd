/**
 * Scores of one loss on one data set: a row for each seed, a column for each case. NaN where a score is undefined, for
 * example the Dice of a class that neither mask has.
 */
export interface ScoreTable {
  readonly seeds: readonly number[];
  readonly cases: readonly string[];
  /** `scores[s][c]` is the score of seed `seeds[s]` on case `cases[c]`. */
  readonly scores: readonly Float64Array[];
}

/** Throws unless every row of the table has a score for each case. */
export function assertScoreTable(caller: string, { seeds, cases, scores }: ScoreTable): void {
  if (scores.length === seeds.length && scores.every(({ length }) => length === cases.length)) return;
  throw new RangeError(
    `${caller}: wanted ${seeds.length} rows (seeds) of ${cases.length} scores (cases), got ` +
      `${scores.length} rows of ${[...new Set(scores.map(({ length }) => length))].join(', ') || 'no'} scores`,
  );
}

/**
 * Returns the mean score of each case over the seeds where it is defined; NaN for a case without one.
 *
 * @example
 * ```ts
 * const scores = [Float64Array.of(1, NaN), Float64Array.of(0, NaN)];
 * [...caseMeans({ seeds: [0, 1], cases: ['a', 'b'], scores })]; // → [0.5, NaN]
 * ```
 */
export function caseMeans({ cases, scores }: ScoreTable): Float64Array {
  return Float64Array.from(cases, (_, c) => meanOfDefined(scores.map((row) => row[c]!)));
}

/** Returns the mean of the values that are not NaN; NaN if there is none. */
export function meanOfDefined(values: ArrayLike<number>): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i]!)) continue;
    sum += values[i]!;
    count++;
  }
  return sum / count;
}

/**
 * Returns `second - first` for the seeds and cases that both tables have, paired by seed and by case. Where the two share no
 * seed, each row is the difference of the case means and `seeds` is `[NaN]`.
 */
export function pairedDifferences(first: ScoreTable, second: ScoreTable): ScoreTable {
  const columns = new Map(second.cases.map((id, c) => [id, c]));
  const shared = first.cases.flatMap((id, c) => (columns.has(id) ? [{ id, c, d: columns.get(id)! }] : []));
  const rows = new Map(second.seeds.map((seed, s) => [seed, second.scores[s]!]));
  const seeds = first.seeds.filter((seed) => rows.has(seed));
  const cases = shared.map(({ id }) => id);
  const minus = (a: Float64Array, b: Float64Array) => Float64Array.from(shared, ({ c, d }) => b[d]! - a[c]!);
  if (seeds.length === 0)
    return { seeds: [NaN], cases, scores: [minus(caseMeans(first), caseMeans(second))] };
  const scores = seeds.map((seed) => minus(first.scores[first.seeds.indexOf(seed)]!, rows.get(seed)!));
  return { seeds, cases, scores };
}
