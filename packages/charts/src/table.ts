import { tickText } from './scales.js';
import { escapeText } from './svg.js';
import { type LineChartOptions } from './types.js';

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
  const values = new Map<number, (number | undefined)[]>();
  series.forEach(({ points }, i) => {
    for (const [at, value] of points) {
      const row = values.get(at) ?? series.map(() => undefined);
      row[i] = value;
      values.set(at, row);
    }
  });
  const cell = (value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? '–' : tickText(Number(value.toPrecision(5)));
  const head = [x.label, ...series.map(({ name }) => name)].map(
    (name) => `<th scope="col">${escapeText(name)}</th>`,
  );
  const rows = [...values]
    .sort(([a], [b]) => a - b)
    .map(
      ([at, row]) =>
        `<tr><th scope="row">${cell(at)}</th>${row.map((v) => `<td>${cell(v)}</td>`).join('')}</tr>`,
    );
  const caption = `<caption>${escapeText(title)}</caption>`;
  return `<table>${caption}<thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}
