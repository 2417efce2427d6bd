// How numbers are written wherever segloss prints them; shares are in percent.ts.

/** What stands where there is no number. */
export const NONE = 'n/a';

/** A number with this many decimal digits; `n/a` where there is none, or where it is not finite. */
export const fixed = (value: number | null | undefined, digits: number): string =>
  typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits) : NONE;

/** A score such as Dice: `0.812`. */
export const scoreText = (value: number | null | undefined): string => fixed(value, 3);

/** A ratio such as p/q: `1.05`. */
export const ratioText = (value: number | null | undefined): string => fixed(value, 2);

/** A number with three significant digits, and no more zeros than it needs: `0.001`. */
export const shortNumber = (value: number): string => String(Number(value.toPrecision(3)));

/** A ratio below this is drawn here: a logarithmic axis has no 0. */
export const SMALLEST_RATIO = 0.01;

/** Returns a ratio as a logarithmic axis shows it; NaN stays. */
export const drawableRatio = (ratio: number): number =>
  Number.isNaN(ratio) ? NaN : Math.max(SMALLEST_RATIO, ratio);
