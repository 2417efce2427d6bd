/** A share in percent: `2 %`, `0.5 %`. */
export const percent = (share: number, digits = 3): string =>
  Number.isFinite(share) ? `${Number((100 * share).toPrecision(digits))} %` : 'n/a';

/** A number with a few significant digits. */
export const short = (value: number, digits = 3): string =>
  Number.isFinite(value) ? String(Number(value.toPrecision(digits))) : 'n/a';

/** A ratio: `0.82`. */
export const ratio = (value: number): string =>
  Number.isFinite(value) ? (value >= 9.95 ? value.toFixed(1) : value.toFixed(2)) : 'n/a';

/** A Dice score: `0.817`. */
export const score = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : 'n/a');

/** A number with its sign. */
export const signed = (value: number, digits = 3): string =>
  Number.isFinite(value)
    ? `${value > 0 ? '+' : value < 0 ? '−' : ''}${short(Math.abs(value), digits)}`
    : 'n/a';

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
