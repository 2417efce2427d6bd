import { document } from '../page/document.js';
import { html, type Html } from '../page/html.js';
import { plural } from '../page/plural.js';
import { table } from '../page/table.js';
import { style } from '../page/style.js';
import type { SizeReport } from './analysis.js';
import { lesionsBySize, ratioBySize, scatter } from './charts.js';
import { sizeTables, tableNotes, type SizeTable } from './tables.js';
import { verdicts, verdictText } from './verdict.js';

const sizesStyle = `
table.sizes th:nth-child(-n + 2), table.sizes td:nth-child(-n + 2) { text-align: left; }
`;

/**
 * Returns the report as one HTML file that opens from the disk, needs no network and no script.
 *
 * @example
 * ```ts
 * const text = JSON.stringify({ metric_per_case: [{ metrics: { 1: { TP: 1, FP: 0, FN: 1, TN: 8 } } }] });
 * const page = renderSizePage(analyzeSummaries([{ name: 'run', file: 'summary.json', text }]));
 * page.startsWith('<!doctype html>'); // → true
 * ```
 */
export function renderSizePage(report: SizeReport): string {
  const { runs, detailed, notes } = report;
  const title = `Predicted and true sizes: ${runs.map(({ name }) => name).join(', ')}`;
  const main = html`
    <h1>${title}</h1>
    <p class="quiet">
      ${runs.map(({ name, source, cases }) => html`${name}: ${plural(cases.length, 'case')} of ${source}<br />`)}
      ${notes.map((note) => html`${note}<br />`)}
    </p>
    <div class="verdict">${verdicts(report).map((one) => html`<p>${verdictText(one)}</p>`)}</div>
    ${faults(report)}
    ${detailed.map(
      (k) =>
        html`<div class="charts">${scatter(report, k)} ${ratioBySize(report, k)}</div>
          ${lesionsBySize(report, k)}`,
    )}
    ${sizeTables(report).map(section)}
    <h2>How to read it</h2>
    ${tableNotes(report).map((note) => html`<p>${note}</p>`)}
  `;
  return document({ title: title, style: style + sizesStyle, main });
}

function section({ title, head, rows }: SizeTable): Html {
  return html`<h2>${title}</h2>
    ${rows.length === 0 ? html`<p>none</p>` : table({ head, rows, name: 'sizes' })}`;
}

function faults({ faults: all }: SizeReport): Html {
  if (all.length === 0) return html``;
  return html`<details open>
    <summary>Left out: ${plural(all.length, 'file')}</summary>
    <ul>
      ${all.map(({ kind, run, message }) => html`<li>${kind}${run === undefined ? '' : ` (${run})`}: ${message}</li>`)}
    </ul>
  </details>`;
}
