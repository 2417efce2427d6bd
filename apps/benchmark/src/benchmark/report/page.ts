import { format } from '../statistics.js';
import { failedRuns, scoredClasses, type Summary } from '../summary.js';
import { leaderboard } from '../table.js';
import { diceChart, lossChart, ratioChart } from './curves.js';
import { document } from '../../page/document.js';
import { html, type Html } from '../../page/html.js';
import { method } from './method.js';
import { overlays } from './overlays.js';
import { penaltyCharts } from './penalties.js';
import { style } from '../../page/style.js';
import { verdict } from './verdict.js';

/**
 * The report of one experiment: one HTML file that opens from the disk, needs no network and no script.
 *
 * @param summary What {@link summarize} returns.
 * @returns The text of the file.
 *
 * @example
 * ```ts
 * const start = {
 *   type: 'experiment.start',
 *   time: '2026-01-01',
 *   command: 'segloss demo',
 *   environment: {},
 *   data: { name: 'blobs', description: 'two blobs', classes: ['background', 'blob'], train: 1, val: 1,
 *     height: 8, width: 8, channels: 1, trainTruth: [0.9, 0.1], valTruth: [0.9, 0.1] },
 *   settings: { seeds: [0], epochs: 1, batchSize: 1, learningRate: 0.01, widths: [2], norm: 'none', backend: 'cpu', jobs: 1 },
 *   losses: [{ spec: 'ce', sources: [] }],
 *   trivial: [],
 *   penalties: [],
 *   cases: [],
 * };
 * const page = renderReport(summarize([start]));
 * page.includes('<title>segloss: 1 loss on blobs</title>'); // → true
 * ```
 */
export function renderReport(summary: Summary): string {
  const { start } = summary;
  const title = `segloss: ${summary.losses.length} loss${summary.losses.length === 1 ? '' : 'es'} on ${start.data.name}`;
  const main = html`
    <h1>${title}</h1>
    <p class="quiet">${start.data.description}</p>
    <div class="verdict">${verdict(summary).map((sentence) => html`<p>${sentence}</p>`)}</div>
    <h2>Results</h2>
    ${board(summary)} ${perClass(summary)} ${failed(summary)}
    <h2>Training</h2>
    <p>Lines are means over the seeds; bands reach from the lowest to the highest seed.</p>
    <div class="charts">
      ${diceChart(summary)} ${ratioChart(summary, 'soft')} ${ratioChart(summary, 'hard')}
    </div>
    <h3>Losses and their terms</h3>
    <div class="charts">${summary.losses.map(lossChart)}</div>
    <h2>What each loss prefers</h2>
    ${penaltyCharts(summary)}
    <h2>Predictions</h2>
    <p>The same validation images for every loss, chosen by the size of the true region before training.</p>
    ${overlays(summary)}
    <h2>Method and environment</h2>
    ${method(summary)}
  `;
  return document({ title: title, style: style, main });
}

function board(summary: Summary): Html {
  const { columns, rows, notes } = leaderboard(summary);
  return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">loss</th>
            ${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}
            <th scope="col">runs</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr class="${row.best ? 'best' : row.trivial ? 'trivial' : ''}">
                <th scope="row">
                  ${row.trivial ? row.name : html`<code>${row.name}</code>`}${row.best ? ' ★' : ''}
                </th>
                ${row.cells.map((cell, index) => html`<td>${format(cell, columns[index]!.digits)}</td>`)}
                <td>${row.runs}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${notes.map((note) => html`<p class="quiet"><small>${note}</small></p>`)}
    <p class="quiet">
      <small>★ highest mean Dice. Gray rows: no training, every pixel the same class.</small>
    </p>`;
}

/** Dice and hard p/q of every class; with two classes the main table has said it already. */
function perClass(summary: Summary): Html {
  const { classes, valTruth } = summary.start.data;
  if (classes.length === 2) return html``;
  const losses = summary.losses;
  return html`<h3>By class</h3>
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">class (true %)</th>
            ${losses.flatMap(({ spec }) => [
              html`<th scope="col"><code>${spec}</code> Dice</th>`,
              html`<th scope="col">p/q hard</th>`,
            ])}
          </tr>
        </thead>
        <tbody>
          ${scoredClasses(classes).map(
            (k) =>
              html`<tr>
                <th scope="row">${classes[k]!} <small>${(100 * (valTruth[k] ?? NaN)).toFixed(2)}</small></th>
                ${losses.flatMap(({ result }) => [
                  html`<td>${format(result.classDice[k]!, 3)}</td>`,
                  html`<td>${format(result.hardRatio[k]!, 2)}</td>`,
                ])}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

function failed(summary: Summary): Html {
  const runs = failedRuns(summary);
  if (runs.length === 0) return html``;
  return html`<h3>Failed runs</h3>
    <div class="scroll">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">run</th>
            <th scope="col">status</th>
            <th scope="col">epochs done</th>
            <th scope="col">message</th>
          </tr>
        </thead>
        <tbody>
          ${runs.map(
            (run) =>
              html`<tr>
                <td><code>${run.run}</code></td>
                <td>${run.status}</td>
                <td>${run.epochs.length}</td>
                <td>${run.message ?? 'it did not end'}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
