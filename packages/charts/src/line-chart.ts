import { area, line } from 'd3-shape';

import { seriesLook } from './palette.js';
import { makeAxis, shows, type Axis } from './scales.js';
import { element, escapeText, round } from './svg.js';
import { type LineChartOptions, type Series } from './types.js';

const MARGIN = { top: 34, right: 16, bottom: 44, left: 62 };
const LEGEND_ROW = 18;
const LETTER = 6.6; // width of a letter at 12 px, roughly

/**
 * A line chart as one SVG element: axes, grid, legend below, shades for ranges, marked points, reference lines; a title and
 * a description for screen readers. Lines differ in colour and in dash. Text takes the colour of the page.
 *
 * @param options See {@link LineChartOptions}. Without a finite point the chart says so.
 * @returns SVG text, the same for the same options.
 *
 * @example
 * ```ts
 * const svg = lineChart({
 *   title: 'Dice', description: 'Dice rises.', x: { label: 'epoch' }, y: { label: 'Dice' },
 *   series: [{ name: 'ce', points: [[1, 0.2], [2, 0.6]] }],
 * });
 * svg.startsWith('<svg'); // → true
 * ```
 */
export function lineChart(options: LineChartOptions): string {
  const { title, description, series, marks = [], width = 640, height = 320 } = options;
  const drawn = series.map((one) => visible(one, options));
  const points = drawn.flatMap(({ points, band = [], dots = [] }) => [
    ...points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
    ...band.flatMap(([x, low, high]) => [[x, low], [x, high]] as const), // prettier-ignore
    ...dots,
  ]);
  const rows = legendRows(series, width);
  const total = height + rows.length * LEGEND_ROW + 6;
  const frame = (...children: readonly string[]) =>
    element(
      'svg',
      { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${total}`, width, height: total, role: 'img',
        'font-family': 'system-ui, sans-serif', 'font-size': 12, fill: 'currentColor' }, // prettier-ignore
      element('title', {}, escapeText(title)),
      element('desc', {}, escapeText(description)),
      element('text', { x: MARGIN.left, y: 18, 'font-weight': 'bold', 'font-size': 13 }, escapeText(title)),
      ...children,
    );
  if (points.length === 0) return frame(text(width / 2, height / 2, 'no data', 'middle'));

  const inX = marks.flatMap(({ x }) => (x !== undefined && shows(options.x, x) ? [x] : []));
  const inY = marks.flatMap(({ y }) => (y !== undefined && shows(options.y, y) ? [y] : []));
  const x = makeAxis(options.x, [...points.map((p) => p[0]), ...inX], MARGIN.left, width - MARGIN.right, 8);
  const y = makeAxis(options.y, [...points.map((p) => p[1]), ...inY], height - MARGIN.bottom, MARGIN.top, 6);
  return frame(
    grid(options, x, y, width, height),
    ...marks.map((mark) => reference(mark, x, y, width, height)),
    ...drawn.map((one, i) => drawSeries(one, i, x, y)),
    legend(series, rows, height),
  );
}

/** The series with every value that the axes cannot show made a gap. */
function visible(one: Series, { x, y }: LineChartOptions): Series {
  const inside = (a: number, b: number) => shows(x, a) && shows(y, b);
  return {
    ...one,
    points: one.points.map(([a, b]) => (inside(a, b) ? [a, b] : [NaN, NaN])),
    ...(one.band && { band: one.band.filter(([a, low, high]) => inside(a, low) && inside(a, high)) }),
    ...(one.dots && { dots: one.dots.filter(([a, b]) => inside(a, b)) }),
  };
}

function drawSeries({ points, band, dots = [], dash }: Series, index: number, x: Axis, y: Axis): string {
  const look = seriesLook(index, dash);
  const path = line<readonly [number, number]>()
    .defined(([a]) => Number.isFinite(a))
    .x(([a]) => x.at(a))
    .y(([, b]) => y.at(b))
    .digits(2);
  const shade = area<readonly [number, number, number]>()
    .x(([a]) => x.at(a))
    .y0(([, low]) => y.at(low))
    .y1(([, , high]) => y.at(high))
    .digits(2);
  const single = points.length === 1 && Number.isFinite(points[0]![0]) ? [points[0]!] : [];
  return [
    band && band.length > 1
      ? element('path', { d: shade(band) ?? '', fill: look.colour, 'fill-opacity': 0.15 })
      : '',
    element('path', { d: path(points) ?? '', fill: 'none', stroke: look.colour, 'stroke-width': 2, 'stroke-dasharray': look.dash, 'stroke-linejoin': 'round' }), // prettier-ignore
    ...[...single, ...dots].map(([a, b]) =>
      element('circle', {
        cx: x.at(a),
        cy: y.at(b),
        r: 4.5,
        fill: look.colour,
        stroke: '#fff',
        'stroke-width': 1,
      }),
    ),
  ].join('');
}

function grid(
  { x: xOptions, y: yOptions }: LineChartOptions,
  x: Axis,
  y: Axis,
  width: number,
  height: number,
): string {
  const bottom = height - MARGIN.bottom;
  const rule = { stroke: 'currentColor', 'stroke-opacity': 0.15 };
  return [
    ...x.ticks.map(({ value, text: label }) => {
      const at = x.at(value);
      return (
        element('line', { x1: at, x2: at, y1: MARGIN.top, y2: bottom, ...rule }) +
        text(at, bottom + 16, label, 'middle')
      );
    }),
    ...y.ticks.map(({ value, text: label }) => {
      const at = y.at(value);
      return (
        element('line', { x1: MARGIN.left, x2: width - MARGIN.right, y1: at, y2: at, ...rule }) +
        text(MARGIN.left - 8, at + 4, label, 'end')
      );
    }),
    text((MARGIN.left + width - MARGIN.right) / 2, bottom + 34, xOptions.label, 'middle'),
    element(
      'text',
      { transform: `translate(15 ${round((MARGIN.top + bottom) / 2)}) rotate(-90)`, 'text-anchor': 'middle' },
      escapeText(yOptions.label),
    ),
  ].join('');
}

function reference(
  mark: { x?: number; y?: number; label: string },
  x: Axis,
  y: Axis,
  width: number,
  height: number,
): string {
  const rule = { stroke: 'currentColor', 'stroke-opacity': 0.6, 'stroke-dasharray': '3 3' };
  if (mark.x !== undefined) {
    const at = x.at(mark.x);
    const end = at > width - 120;
    return (
      element('line', { x1: at, x2: at, y1: MARGIN.top, y2: height - MARGIN.bottom, ...rule }) +
      text(at + (end ? -5 : 5), MARGIN.top + 11, mark.label, end ? 'end' : 'start')
    );
  }
  const at = y.at(mark.y ?? NaN);
  return (
    element('line', { x1: MARGIN.left, x2: width - MARGIN.right, y1: at, y2: at, ...rule }) +
    text(width - MARGIN.right - 4, at - 5, mark.label, 'end')
  );
}

/** Places of the names below the chart, row by row, so that none overlaps. */
function legendRows(series: readonly Series[], width: number): { index: number; x: number }[][] {
  const rows: { index: number; x: number }[][] = [[]];
  let x = MARGIN.left;
  series.forEach(({ name }, index) => {
    const needed = 34 + name.length * LETTER + 14;
    if (x + needed > width && rows.at(-1)!.length > 0) {
      rows.push([]);
      x = MARGIN.left;
    }
    rows.at(-1)!.push({ index, x });
    x += needed;
  });
  return rows;
}

function legend(series: readonly Series[], rows: ReturnType<typeof legendRows>, height: number): string {
  return rows
    .flatMap((row, r) =>
      row.map(({ index, x }) => {
        const y = height + r * LEGEND_ROW + 8;
        const { colour, dash } = seriesLook(index, series[index]!.dash);
        return (
          element('line', {
            x1: x,
            x2: x + 26,
            y1: y,
            y2: y,
            stroke: colour,
            'stroke-width': 2.5,
            'stroke-dasharray': dash,
          }) + text(x + 32, y + 4, series[index]!.name, 'start')
        );
      }),
    )
    .join('');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return element('text', { x, y, 'text-anchor': anchor }, escapeText(content));
}
