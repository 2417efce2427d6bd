import type { Interval } from '@segloss/metrics';

import { NONE, ratioText, scoreText } from '../page/numbers.js';
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

/** The mean Dice of a class over the cases that have it in either mask. @param dice Of each class in each case. */
export function meanDice(dice: readonly (readonly (number | null)[])[], k: number): string {
  const scores = dice.map((one) => one[k]!).filter((score) => score !== null);
  return scoreText(scores.reduce((sum, score) => sum + score, 0) / scores.length);
}
