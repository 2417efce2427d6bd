import { area, line } from 'd3-shape';

import { label, type Box } from './frame.js';
import { seriesLook } from './palette.js';
import { makeAxis, shows, type Axis } from './scales.js';
import { element, escapeText, round } from './svg.js';
import { type AxisOptions, type Mark, type Series } from './types.js';

/** The lines of one drawing area and its axes. */
export interface Plot {
  readonly x: AxisOptions;
  readonly y: AxisOptions;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[] | undefined;
}

/** How many ticks an axis should have, about, and which axes say their label. */
export interface PlotDetail {
  readonly ticks: readonly [x: number, y: number];
  readonly labels: readonly [x: boolean, y: boolean];
}

/** Axes, grid, shades, lines and marks within a box; says so where there is no finite point. */
export function drawPlot(plot: Plot, box: Box, { ticks, labels }: PlotDetail): string {
  const { marks = [] } = plot;
  const drawn = plot.series.map((one) => visible(one, plot));
  const points = drawn.flatMap(({ points, band = [], dots = [], intervals = [] }) => [
    ...points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)),
    ...[...band, ...intervals].flatMap(([x, low, high]) => [[x, low], [x, high]] as const), // prettier-ignore
    ...dots,
  ]);
  if (points.length === 0) {
    return label((box.left + box.right) / 2, (box.top + box.bottom) / 2, 'no data', 'middle');
  }
  const inX = marks.flatMap(({ x }) => (x !== undefined && shows(plot.x, x) ? [x] : []));
  const inY = marks.flatMap(({ y }) => (y !== undefined && shows(plot.y, y) ? [y] : []));
  const x = makeAxis(plot.x, [...points.map((p) => p[0]), ...inX], box.left, box.right, ticks[0]);
  const y = makeAxis(plot.y, [...points.map((p) => p[1]), ...inY], box.bottom, box.top, ticks[1]);
  return [
    grid(x, y, box),
    labels[0] ? label((box.left + box.right) / 2, box.bottom + 34, plot.x.label, 'middle') : '',
    labels[1] ? uprightLabel(box.left - 47, (box.top + box.bottom) / 2, plot.y.label) : '',
    ...marks.map((mark) => reference(mark, x, y, box)),
    ...drawn.map((one, i) => drawSeries(one, i, x, y)),
  ].join('');
}

/** The series with every value that the axes cannot show made a gap. */
function visible(one: Series, { x, y }: Plot): Series {
  const inside = (a: number, b: number) => shows(x, a) && shows(y, b);
  const spans = (list: NonNullable<Series['band']>) =>
    list.filter(([a, low, high]) => inside(a, low) && inside(a, high));
  return {
    ...one,
    points: one.points.map(([a, b]) => (inside(a, b) ? [a, b] : [NaN, NaN])),
    ...(one.band && { band: spans(one.band) }),
    ...(one.intervals && { intervals: spans(one.intervals) }),
    ...(one.dots && { dots: one.dots.filter(([a, b]) => inside(a, b)) }),
  };
}

function drawSeries(
  { points, band, intervals = [], dots = [], dash, look: place }: Series,
  index: number,
  x: Axis,
  y: Axis,
): string {
  const look = seriesLook(place ?? index, dash);
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
    ...intervals.map(([a, low, high]) => whisker(x.at(a), y.at(low), y.at(high), look.colour)),
    element('path', { d: path(points) ?? '', fill: 'none', stroke: look.colour, 'stroke-width': 2, 'stroke-dasharray': look.dash, 'stroke-linejoin': 'round' }), // prettier-ignore
    ...[...single, ...dots].map(
      ([a, b]) =>
      element('circle', { cx: x.at(a), cy: y.at(b), r: 4.5, fill: look.colour, stroke: '#fff', 'stroke-width': 1 }), // prettier-ignore
    ),
  ].join('');
}

/** An upright error bar with caps. */
function whisker(x: number, low: number, high: number, stroke: string): string {
  const [at, from, to] = [x, low, high].map(round);
  const caps = [from, to].map((end) => `M${round(x - 4)},${end}H${round(x + 4)}`).join('');
  return element('path', { d: `M${at},${from}V${to}${caps}`, fill: 'none', stroke, 'stroke-width': 1.5 });
}

function grid(x: Axis, y: Axis, { left, right, top, bottom }: Box): string {
  const rule = { stroke: 'currentColor', 'stroke-opacity': 0.15 };
  return [
    ...x.ticks.map(({ value, text }) => {
      const at = x.at(value);
      return (
        element('line', { x1: at, x2: at, y1: top, y2: bottom, ...rule }) +
        label(at, bottom + 16, text, 'middle')
      );
    }),
    ...y.ticks.map(({ value, text }) => {
      const at = y.at(value);
      return (
        element('line', { x1: left, x2: right, y1: at, y2: at, ...rule }) +
        label(left - 8, at + 4, text, 'end')
      );
    }),
  ].join('');
}

function uprightLabel(x: number, y: number, content: string): string {
  const transform = `translate(${round(x)} ${round(y)}) rotate(-90)`;
  return element('text', { transform, 'text-anchor': 'middle' }, escapeText(content));
}

function reference({ x: atX, y: atY, label: name }: Mark, x: Axis, y: Axis, box: Box): string {
  const rule = { stroke: 'currentColor', 'stroke-opacity': 0.6, 'stroke-dasharray': '3 3' };
  if (atX !== undefined) {
    const at = x.at(atX);
    const end = at > box.right - 104;
    return (
      element('line', { x1: at, x2: at, y1: box.top, y2: box.bottom, ...rule }) +
      label(at + (end ? -5 : 5), box.top + 11, name, end ? 'end' : 'start')
    );
  }
  const at = y.at(atY ?? NaN);
  return (
    element('line', { x1: box.left, x2: box.right, y1: at, y2: at, ...rule }) +
    label(box.right - 4, at - 5, name, 'end')
  );
}
