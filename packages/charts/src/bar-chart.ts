import { label, LETTER, svgFrame, type Box } from './frame.js';
import { makeLegend } from './legend.js';
import { areaFill, areaPatterns } from './patterns.js';
import { makeAxis, shows, type Axis } from './scales.js';
import { element, round } from './svg.js';
import { barText } from './table.js';

import { type Bar, type BarChartOptions } from './types.js';

const BAR = 15;
const GAP = 12;
/** Room for the text of a tick. */
const TICK = 45;

/**
 * Horizontal bars with error bars and their numbers: one row for each category, one bar for each series in it. They start at
 * a baseline, by default 0, or 1 on a log axis, where a ratio of 1/2 is as long as one of 2. Bars differ in color and in
 * hatching.
 *
 * @param options See {@link BarChartOptions}.
 * @returns SVG text, the same for the same options. A value that is not finite has no bar and reads n/a; one that a log axis
 *   cannot show reaches its left end.
 * @throws {RangeError} If a series has not as many bars as there are categories.
 *
 * @example
 * ```ts
 * const svg = barChart({
 *   title: 'Predicted / true size', description: 'Dice predicts half of the size.',
 *   categories: ['ce', 'dice'], value: { label: 'p/q', scale: 'log' },
 *   series: [{ name: 'lesion', bars: [{ value: 1 }, { value: 0.5, low: 0.4, high: 0.6 }] }],
 * });
 * svg.includes('0.5 (0.4 to 0.6)'); // → true
 * ```
 */
export function barChart(options: BarChartOptions): string {
  const { categories, series, value, marks = [], width = 640 } = options;
  for (const { name, bars } of series) {
    if (bars.length !== categories.length) {
      throw new RangeError(
        `barChart: wanted ${categories.length} bars, one for each category, got ${bars.length} in "${name}"`,
      );
    }
  }
  const baseline = options.baseline ?? (value.scale === 'log' ? 1 : 0);
  const bars = series.flatMap((one) => one.bars);
  const left = Math.min(0.4 * width, 16 + LETTER * longest(categories));
  const numbers = 16 + LETTER * longest(bars.map(barText));
  const rowHeight = Math.max(1, series.length) * BAR + GAP;
  const box = { left, right: width - numbers, top: 34, bottom: 34 + categories.length * rowHeight };
  const legend = series.length > 1 ? makeLegend(series.map(({ name }) => name), left, width) : undefined; // prettier-ignore
  const values =
    [baseline, ...bars.flatMap(({ value, low, high }) => [value, low, high]), ...marks.map(({ x }) => x)] // prettier-ignore
      .filter((at): at is number => at !== undefined && shows(value, at));
  const ticks = Math.max(2, Math.min(5, Math.floor((box.right - box.left) / TICK)));
  const axis = makeAxis(value, values, box.left, box.right, ticks);
  const rows = categories.flatMap((category, row) => {
    const top = box.top + row * rowHeight + GAP / 2;
    return [
      label(left - 8, top + (rowHeight - GAP) / 2 + 4, shortened(category, left - 12), 'end'),
      ...series.map((one, index) =>
        drawBar(one.bars[row]!, index, { axis, baseline, box, top: top + index * BAR }),
      ),
    ];
  });
  const height = box.bottom + 44;
  return svgFrame(
    options,
    { width, height: height + (legend?.height ?? 0), left: 8 },
    areaPatterns(series.length),
    scale(axis, box, value.label),
    ...rows,
    verticalRule(axis.at(baseline), box, { 'stroke-opacity': 0.8 }),
    ...marks.map(({ x, label: name }) => mark(axis.at(x), box, name)),
    legend?.draw(height, sample) ?? '',
  );
}

function drawBar(
  bar: Bar,
  index: number,
  place: { axis: Axis; baseline: number; box: Box; top: number },
): string {
  const { axis, baseline, box, top } = place;
  const middle = top + BAR / 2;
  const text = label(box.right + 10, middle + 4, barText(bar), 'start');
  if (!Number.isFinite(bar.value)) return text;
  const at = (value: number) => Math.min(box.right, Math.max(box.left, finite(axis.at(value), box.left)));
  const [from, to] = [at(baseline), at(bar.value)].sort((a, b) => a - b) as [number, number];
  const { low, high } = bar;
  const range = low === undefined || high === undefined ? '' : whisker(at(low), at(high), middle);
  return (
    element('rect', { x: from, y: top + 1, width: Math.max(1, to - from), height: BAR - 2, fill: areaFill(index) }) + // prettier-ignore
    range +
    text
  );
}

/** A log axis puts 0 at minus infinity. */
const finite = (place: number, otherwise: number) => (Number.isFinite(place) ? place : otherwise);

/** A level error bar: dark, with a light edge, so that it shows on the bar and beside it. */
function whisker(low: number, high: number, y: number): string {
  const caps = [low, high].map((end) => `M${round(end)},${round(y - 4)}V${round(y + 4)}`).join('');
  const d = `M${round(low)},${round(y)}H${round(high)}${caps}`;
  return (
    element('path', { d, fill: 'none', stroke: '#fff', 'stroke-width': 4 }) +
    element('path', { d, fill: 'none', stroke: '#111', 'stroke-width': 1.5 })
  );
}

function scale(axis: Axis, box: Box, name: string): string {
  return [
    ...axis.ticks.map(
      ({ value, text }) =>
        verticalRule(axis.at(value), box, { 'stroke-opacity': 0.15 }) +
        label(axis.at(value), box.bottom + 16, text, 'middle'),
    ),
    label((box.left + box.right) / 2, box.bottom + 34, name, 'middle'),
  ].join('');
}

function mark(at: number, box: Box, name: string): string {
  const end = at > (box.left + box.right) / 2;
  return (
    verticalRule(at, box, { 'stroke-opacity': 0.6, 'stroke-dasharray': '3 3' }) +
    label(at + (end ? -5 : 5), box.top - 3, name, end ? 'end' : 'start')
  );
}

const verticalRule = (at: number, { top, bottom }: Box, more: Readonly<Record<string, string | number>>) =>
  element('line', { x1: at, x2: at, y1: top, y2: bottom, stroke: 'currentColor', ...more });

const sample = (index: number, x: number, y: number) =>
  element('rect', { x, y: y - 6, width: 26, height: 12, fill: areaFill(index) });

const longest = (texts: readonly string[]) => texts.reduce((most, { length }) => Math.max(most, length), 0);

function shortened(text: string, room: number): string {
  const letters = Math.floor(room / LETTER);
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}
