import type { Interval } from '@segloss/metrics';

import { NONE, ratioText } from '../page/numbers.js';
import { percentText } from '../page/percent.js';

export { ratioText };

/** A ratio with its interval. */
export function intervalText(
  value: number,
  interval: Interval,
  text: (value: number) => string = ratioText,
): string {
  if (!Number.isFinite(value) || interval === null) return text(value);
  return `${text(value)} [${text(interval[0])}, ${text(interval[1])}]`;
}

/** A difference of shares, in percentage points, with its sign. */
export const pointsText = (share: number): string =>
  percentText(share)
    .replace(/^(?=[1-9]|0\.)/, '+')
    .replace('%', 'pp');

/** A difference of ratios, with its sign. */
export const signedText = (value: number): string =>
  Number.isFinite(value) ? `${value > 0 ? '+' : ''}${value.toFixed(2)}` : NONE;

/** A divergence that is infinite in some cases. */
export function divergenceText(mean: number, infinite: number): string {
  const text = Number.isFinite(mean) ? mean.toPrecision(3) : NONE;
  return infinite === 0 ? text : `${text} (${infinite} infinite)`;
}
