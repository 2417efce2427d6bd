import { svgFrame } from './frame.js';
import { makeLegend } from './legend.js';
import { seriesLook } from './palette.js';
import { drawPlot } from './plot.js';
import { element } from './svg.js';
import { type LineChartOptions, type Series } from './types.js';

/** Narrower charts have fewer ticks, whose texts would overlap. */
const NARROW = 420;

/** Room around a drawing area for its title, its ticks and its labels, in pixels. */
export const MARGIN = { top: 34, right: 16, bottom: 44, left: 62 } as const;

/**
 * A line chart as one SVG element: axes, grid, legend below, shades and error bars for ranges, marked points, reference
 * lines; a title and a description for screen readers. Lines differ in color and in dash. Text takes the color of the page.
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
  const { series, width = 640, height = 320, background } = options;
  const legend = lineLegend(series, MARGIN.left, width);
  const box = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom }; // prettier-ignore
  return svgFrame(
    options,
    { width, height: height + legend.height, left: MARGIN.left, background },
    drawPlot(options, box, { ticks: [width < NARROW ? 4 : 8, 6], labels: [true, true] }),
    legend.draw(height),
  );
}

/** The legend of lines: each name after a piece of its line. */
export function lineLegend(
  series: readonly Series[],
  left: number,
  width: number,
): { readonly height: number; draw(top: number): string } {
  const legend = makeLegend(
    series.map(({ name }) => name),
    left,
    width,
  );
  const sample = (index: number, x: number, y: number) => {
    const { look = index, dash: own } = series[index]!;
    const { colour, dash } = seriesLook(look, own);
    return element('line', { x1: x, x2: x + 26, y1: y, y2: y, stroke: colour, 'stroke-width': 2.5, 'stroke-dasharray': dash }); // prettier-ignore
  };
  return { height: legend.height, draw: (top) => legend.draw(top, sample) };
}
