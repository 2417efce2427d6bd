import { label, svgFrame } from './frame.js';
import { lineLegend, MARGIN } from './line-chart.js';
import { drawPlot } from './plot.js';
import { type PanelChartOptions } from './types.js';

/**
 * Small multiples: line charts side by side under one title and one legend, for comparison at a glance. The i-th line of
 * every panel has the same look.
 *
 * @param options See {@link PanelChartOptions}. Every panel finds its own range where an axis has no `domain`.
 * @returns SVG text, the same for the same options.
 * @throws {RangeError} If there is no panel, or if a panel does not have the series of the first, by name and in order.
 *
 * @example
 * ```ts
 * const svg = panelChart({
 *   title: 'Dice', description: 'Dice of two data sets.', x: { label: 'epoch' }, y: { label: 'Dice' },
 *   panels: [
 *     { title: 'polyps', series: [{ name: 'ce', points: [[1, 0.2], [2, 0.6]] }] },
 *     { title: 'streets', series: [{ name: 'ce', points: [[1, 0.4], [2, 0.7]] }] },
 *   ],
 * });
 * svg.match(/>polyps<|>streets</g); // → [">polyps<",">streets<"]
 * ```
 */
export function panelChart(options: PanelChartOptions): string {
  const { panels, width = 960, panelHeight = 210 } = options;
  const names = (panel: PanelChartOptions['panels'][number]) => panel.series.map(({ name }) => name);
  const [first] = panels;
  if (first === undefined) throw new RangeError('panelChart: wanted at least one panel, got none');
  for (const panel of panels) {
    if (names(panel).join('\n') !== names(first).join('\n')) {
      throw new RangeError(
        `panelChart: wanted the series of the first panel (${names(first).join(', ')}) in every panel, got ${names(panel).join(', ') || 'none'} in "${panel.title}"; give empty points for what is missing`,
      );
    }
  }
  const columns = Math.min(options.columns ?? 3, panels.length);
  const rows = Math.ceil(panels.length / columns);
  const across = (width - MARGIN.right) / columns;
  const top = 24;
  const legend = lineLegend(first.series, MARGIN.left, width);
  const drawn = panels.map((panel, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    const box = {
      left: column * across + MARGIN.left,
      right: (column + 1) * across,
      top: top + row * panelHeight + 26,
      bottom: top + (row + 1) * panelHeight - MARGIN.bottom,
    };
    const lowest = index + columns >= panels.length;
    return (
      label(box.left, box.top - 8, panel.title, 'start', { 'font-weight': 'bold' }) +
      drawPlot({ x: options.x, y: options.y, ...panel }, box, {
        ticks: [5, 4],
        labels: [lowest, column === 0],
      })
    );
  });
  const below = top + rows * panelHeight;
  return svgFrame(
    options,
    { width, height: below + legend.height, left: MARGIN.left },
    ...drawn,
    legend.draw(below),
  );
}
