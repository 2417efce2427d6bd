import { lineChart, seriesTable, type LineChartOptions } from '@segloss/charts';

import { html, raw, type Html } from './html.js';

/** A chart, and the same data as a table for those who read or copy numbers. */
export function figure(chart: LineChartOptions): Html {
  return html`<figure>
    ${raw(lineChart(chart))}
    <details>
      <summary>Data of this chart</summary>
      <div class="scroll">${raw(seriesTable(chart))}</div>
    </details>
  </figure>`;
}
