import {
  barChart,
  barTable,
  lineChart,
  panelChart,
  panelTable,
  seriesTable,
  simplexChart,
  simplexTable,
  type BarChartOptions,
  type LineChartOptions,
  type PanelChartOptions,
  type SimplexChartOptions,
} from '@segloss/charts';

import { html, raw, type Html } from './html.js';

/** A drawing, and the same numbers as a table for those who read or copy them. */
function figure(svg: string, table: string): Html {
  return html`<figure>
    <div class="scroll">${raw(svg)}</div>
    <details>
      <summary>Data of this chart</summary>
      <div class="scroll" tabindex="0" role="group" aria-label="data">${raw(table)}</div>
    </details>
  </figure>`;
}

export const lineFigure = (chart: LineChartOptions): Html => figure(lineChart(chart), seriesTable(chart));
export const panelFigure = (chart: PanelChartOptions): Html => figure(panelChart(chart), panelTable(chart));
export const barFigure = (chart: BarChartOptions): Html => figure(barChart(chart), barTable(chart));
export const simplexFigure = (chart: SimplexChartOptions): Html =>
  figure(simplexChart(chart), simplexTable(chart));
