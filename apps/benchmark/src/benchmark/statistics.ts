/** Mean and sample standard deviation of a score over seeds. */
export interface Statistic {
  readonly mean: number;
  /** NaN with fewer than two values. */
  readonly std: number;
  readonly count: number;
}

/** Mean and sample standard deviation of the values that are not NaN. */
export function statistic(values: readonly number[]): Statistic {
  const known = values.filter((value) => !Number.isNaN(value));
  const count = known.length;
  const mean = known.reduce((sum, value) => sum + value, 0) / count;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: count < 2 ? NaN : Math.sqrt(squares / (count - 1)), count };
}

/** A statistic as text, `0.812 ± 0.010`; `n/a` where there is no value. */
export function format({ mean, std, count }: Statistic, digits: number): string {
  if (count === 0) return 'n/a';
  const value = mean.toFixed(digits);
  return Number.isNaN(std) ? value : `${value} ± ${std.toFixed(digits)}`;
}
