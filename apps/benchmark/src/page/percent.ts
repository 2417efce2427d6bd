import { NONE } from './numbers.js';

/**
 * Returns a share in percent with `digits` significant digits: `0.53 %`; `n/a` where there is none.
 *
 * @param space Between number and sign; a no-break space in running text.
 */
export function percentText(share: number, digits = 3, space = ' '): string {
  if (!Number.isFinite(share)) return NONE;
  const percent = Number((100 * share).toPrecision(digits));
  const isTiny = percent !== 0 && Math.abs(percent) < 1e-4;
  return `${isTiny ? percent.toExponential(1) : percent}${space}%`;
}
