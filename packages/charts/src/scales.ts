import { scaleLinear, scaleLog } from 'd3-scale';

import { type AxisOptions } from './types.js';

/** An axis: place of a value in pixels, and the ticks with their texts. */
export interface Axis {
  at(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

/** Whether an axis can show the value. */
export function shows({ scale }: AxisOptions, value: number): boolean {
  return Number.isFinite(value) && (scale !== 'log' || value > 0);
}

/** An axis over the values (or its own domain), from `from` to `to` pixels. */
export function makeAxis(
  options: AxisOptions,
  values: readonly number[],
  from: number,
  to: number,
  count: number,
): Axis {
  let [low, high] = options.domain ?? extent(values);
  if (options.scale === 'log') {
    if (low === high) [low, high] = [low / 2, high * 2];
    const scale = scaleLog().domain([low, high]).range([from, to]);
    if (!options.domain) scale.nice();
    return { at: (value) => scale(value), ticks: logTicks(scale.ticks(count), count) };
  }
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const scale = scaleLinear().domain([low, high]).range([from, to]);
  if (!options.domain) scale.nice(count);
  return {
    at: (value) => scale(value),
    ticks: scale
      .ticks(count)
      .filter((value) => !options.whole || Number.isInteger(value))
      .map((value) => ({ value, text: tickText(value) })),
  };
}

function extent(values: readonly number[]): [number, number] {
  return [
    values.reduce((a, b) => Math.min(a, b), Infinity),
    values.reduce((a, b) => Math.max(a, b), -Infinity),
  ];
}

/** Over many decades the powers of ten, else 1, 2 and 5 of each. */
function logTicks(candidates: readonly number[], count: number): Axis['ticks'] {
  const digit = (value: number) => Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
  const powers = candidates.filter((value) => digit(value) === 1);
  const some = candidates.filter((value) => [1, 2, 5].includes(digit(value)));
  const chosen = some.length <= count + 2 ? some : powers.length >= 2 ? powers : some;
  return (chosen.length >= 2 ? chosen : candidates).map((value) => ({ value, text: tickText(value) }));
}

/** {@link tickText} of the number rounded to so many significant digits; – for what is not a number. */
export function numberText(value: number, digits: number): string {
  return Number.isNaN(value) ? '–' : tickText(Number(value.toPrecision(digits)));
}

/** Short text of a number: no trailing zeros, no rounding noise. */
export function tickText(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return String(Number(value.toPrecision(6)));
}
