import { symbol, symbolsFill } from 'd3-shape';

import { seriesLook } from './palette.js';
import { makeAxis, type Axis } from './scales.js';
import { element, escapeText, round } from './svg.js';
import { type AxisOptions } from './types.js';

/** A point of a scatter chart. */
export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** Shown where a pointer rests on it. */
  readonly label?: string;
}

/** Points of one kind; kinds differ in color and in form. */
export interface ScatterSeries {
  readonly name: string;
  readonly points: readonly ScatterPoint[];
}

/** What {@link scatterChart} draws. */
export interface ScatterChartOptions {
  readonly title: string;
  /** One sentence for those who do not see the chart. */
  readonly description: string;
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly series: readonly ScatterSeries[];
  /** Text at the line where x and y are equal; both axes then have one range. Default: no such line. */
  readonly diagonal?: string;
  /** In pixels; default 640. */
  readonly width?: number;
  /** Of the drawing without the legend, in pixels; default 400. */
  readonly height?: number;
}

const MARGIN = { top: 34, right: 20, bottom: 44, left: 66 };
const LEGEND_ROW = 18;

/**
 * A scatter chart as one SVG element. On a logarithmic axis values of 0 stand at the low edge, without fill; what is not
 * finite, or below 0 on such an axis, is not drawn.
 *
 * @param options See {@link ScatterChartOptions}. Without a point the chart says so.
 * @returns SVG text, the same for the same options.
 *
 * @example
 * ```ts
 * const svg = scatterChart({
 *   title: 'Size', description: 'Predicted against true size.', diagonal: 'p = q',
 *   x: { label: 'true', scale: 'log' }, y: { label: 'predicted', scale: 'log' },
 *   series: [{ name: 'ce', points: [{ x: 0.01, y: 0.02, label: 'a' }, { x: 0.1, y: 0 }] }],
 * });
 * svg.match(/<path/g).length; // → 3, two points and one in the legend
 * ```
 */
export function scatterChart(options: ScatterChartOptions): string {
  const { title, description, series, width = 640, height = 400 } = options;
  const drawn = series.map(({ points }) =>
    points.filter(({ x, y }) => fits(options.x, x) && fits(options.y, y)),
  );
  const total = height + series.length * LEGEND_ROW + 6;
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
  const all = drawn.flat();
  if (all.length === 0) return frame(text(width / 2, height / 2, 'no data', 'middle'));

  const box = {
    left: MARGIN.left,
    right: width - MARGIN.right,
    top: MARGIN.top,
    bottom: height - MARGIN.bottom,
  };
  const [xs, ys] = [all.map(({ x }) => x), all.map(({ y }) => y)];
  const ends =
    options.diagonal === undefined
      ? [xs, ys]
      : [
          [...xs, ...ys],
          [...xs, ...ys],
        ];
  const x = axis(options.x, ends[0]!, box.left, box.right);
  const y = axis(options.y, ends[1]!, box.bottom, box.top);
  return frame(
    grid(options, x, y, box),
    options.diagonal === undefined ? '' : diagonal(options.diagonal, box),
    ...drawn.map((points, i) => points.map((point) => mark(point, i, x, y)).join('')),
    ...series.map(({ name }, i) => {
      const at = height + i * LEGEND_ROW + 8;
      return shape(i, MARGIN.left + 13, at, false) + text(MARGIN.left + 32, at + 4, name, 'start');
    }),
  );
}

const fits = ({ scale }: AxisOptions, value: number) =>
  Number.isFinite(value) && (scale !== 'log' || value >= 0);

/** An axis where 0 has a place: on a logarithmic one, the low edge. */
interface PlacedAxis extends Axis {
  atEdge(value: number): boolean;
}

function axis(options: AxisOptions, values: readonly number[], from: number, to: number): PlacedAxis {
  const log = options.scale === 'log';
  const shown = log ? values.filter((value) => value > 0) : values;
  const made = makeAxis(options, shown.length > 0 ? shown : [1], from, to, 6);
  const atEdge = (value: number) => log && value === 0;
  return { ...made, atEdge, at: (value) => (atEdge(value) ? from : made.at(value)) };
}

function mark({ x: a, y: b, label }: ScatterPoint, index: number, x: PlacedAxis, y: PlacedAxis): string {
  return shape(index, x.at(a), y.at(b), x.atEdge(a) || y.atEdge(b), label);
}

/** The form of a series; without a fill it stands for a value of 0. */
function shape(index: number, x: number, y: number, hollow: boolean, label?: string): string {
  const { colour } = seriesLook(index);
  const d =
    symbol()
      .type(symbolsFill[index % symbolsFill.length]!)
      .size(38)
      .digits(1)() ?? '';
  const look = hollow ? { fill: 'none' } : { fill: colour, 'fill-opacity': 0.55 };
  const attributes = { d, transform: `translate(${round(x)} ${round(y)})`, stroke: colour, ...look };
  return label === undefined
    ? element('path', attributes)
    : element('path', attributes, element('title', {}, escapeText(label)));
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Both axes have one range, so the line goes from corner to corner. */
function diagonal(label: string, { left, right, top, bottom }: Box): string {
  const rule = { stroke: 'currentColor', 'stroke-opacity': 0.6, 'stroke-dasharray': '3 3' };
  return (
    element('line', { x1: left, y1: bottom, x2: right, y2: top, ...rule }) +
    text(right - 10, top + 26, label, 'end')
  );
}

function grid(options: ScatterChartOptions, x: Axis, y: Axis, { left, right, top, bottom }: Box): string {
  const rule = { stroke: 'currentColor', 'stroke-opacity': 0.15 };
  const middle = round((top + bottom) / 2);
  return [
    ...x.ticks.map(
      ({ value, text: label }) =>
        element('line', { x1: x.at(value), x2: x.at(value), y1: top, y2: bottom, ...rule }) +
        text(x.at(value), bottom + 16, label, 'middle'),
    ),
    ...y.ticks.map(
      ({ value, text: label }) =>
        element('line', { x1: left, x2: right, y1: y.at(value), y2: y.at(value), ...rule }) +
        text(left - 8, y.at(value) + 4, label, 'end'),
    ),
    text((left + right) / 2, bottom + 34, options.x.label, 'middle'),
    element(
      'text',
      { transform: `translate(15 ${middle}) rotate(-90)`, 'text-anchor': 'middle' },
      escapeText(options.y.label),
    ),
  ].join('');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return element('text', { x, y, 'text-anchor': anchor }, escapeText(content));
}
