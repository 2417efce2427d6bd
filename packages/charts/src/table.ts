import { numberText } from './scales.js';
import { escapeText } from './svg.js';
import {
  type Bar,
  type BarChartOptions,
  type LineChartOptions,
  type PanelChartOptions,
  type Series,
  type SimplexChartOptions,
} from './types.js';

/**
 * The numbers of a chart as an HTML table: one row for each x, one column for each series.
 *
 * @example
 * ```ts
 * const html = seriesTable({
 *   title: 'Dice', description: '', x: { label: 'epoch' }, y: { label: 'Dice' },
 *   series: [{ name: 'ce', points: [[1, 0.25]] }],
 * });
 * html.includes('<td>0.25</td>'); // → true
 * ```
 */
export function seriesTable({ title, x, series }: LineChartOptions): string {
  return table(title, [x.label, ...series.map(({ name }) => name)], rowsOf(series));
}

/**
 * The numbers of small multiples as an HTML table: one row for each panel and x, one column for each series.
 *
 * @example
 * ```ts
 * const html = panelTable({
 *   title: 'Dice', description: '', x: { label: 'epoch' }, y: { label: 'Dice' },
 *   panels: [{ title: 'polyps', series: [{ name: 'ce', points: [[1, 0.25]] }] }],
 * });
 * html.includes('<th scope="row">polyps</th><td>1</td><td>0.25</td>'); // → true
 * ```
 */
export function panelTable({ title, x, panels }: PanelChartOptions): string {
  const names = panels[0]?.series.map(({ name }) => name) ?? [];
  const rows = panels.flatMap((panel) => rowsOf(panel.series).map((row) => [panel.title, ...row]));
  return table(title, ['', x.label, ...names], rows);
}

/**
 * The numbers of a bar chart as an HTML table: one row for each category, one column for each series.
 *
 * @example
 * ```ts
 * const html = barTable({
 *   title: 'Size', description: '', categories: ['dice'], value: { label: 'p/q' },
 *   series: [{ name: 'lesion', bars: [{ value: 0.5 }] }],
 * });
 * html.includes('<th scope="row">dice</th><td>0.5</td>'); // → true
 * ```
 */
export function barTable({ title, categories, series }: BarChartOptions): string {
  const rows = categories.map((category, row) => [
    category,
    ...series.map(({ bars }) => barText(bars[row] ?? { value: NaN })),
  ]);
  return table(title, ['', ...series.map(({ name }) => name)], rows);
}

/**
 * The numbers of a simplex chart as an HTML table: one row for each point.
 *
 * @example
 * ```ts
 * const html = simplexTable({
 *   title: 'CE', description: '', corners: ['a', 'b', 'c'], value: 'penalty',
 *   points: [{ p: [0.5, 0.25, 0.25], value: 1.5 }],
 * });
 * html.includes('<th scope="row">0.5</th><td>0.25</td><td>0.25</td><td>1.5</td>'); // → true
 * ```
 */
export function simplexTable({ title, corners, value, points }: SimplexChartOptions): string {
  const rows = points.map((point) => [...point.p, point.value].map((number) => numberText(number, 4)));
  return table(title, [...corners, value], rows);
}

/** `0.5 (0.4 to 0.6)`; n/a where there is no number. */
export function barText({ value, low, high }: Bar): string {
  if (!Number.isFinite(value)) return 'n/a';
  const range =
    low === undefined || high === undefined ? '' : ` (${numberText(low, 3)} to ${numberText(high, 3)})`;
  return `${numberText(value, 3)}${range}`;
}

/** One row of texts for each x of the series, in its order. */
function rowsOf(series: readonly Series[]): string[][] {
  const values = new Map<number, string[]>();
  series.forEach(({ points }, index) => {
    for (const [x, y] of points) {
      const row = values.get(x) ?? series.map(() => '–');
      row[index] = numberText(y, 5);
      values.set(x, row);
    }
  });
  return [...values].sort(([a], [b]) => a - b).map(([x, row]) => [numberText(x, 5), ...row]);
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const names = head.map((name) => `<th scope="col">${escapeText(name)}</th>`);
  const lines = rows.map(([first, ...cells]) => {
    const values = cells.map((cell) => `<td>${escapeText(cell)}</td>`);
    return `<tr><th scope="row">${escapeText(first!)}</th>${values.join('')}</tr>`;
  });
  const caption = `<caption>${escapeText(title)}</caption>`;
  return `<table>${caption}<thead><tr>${names.join('')}</tr></thead><tbody>${lines.join('')}</tbody></table>`;
}
