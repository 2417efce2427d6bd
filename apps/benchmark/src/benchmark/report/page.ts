import { document } from '../../page/document.js';
import { html, type Html } from '../../page/html.js';
import { plural } from '../../page/plural.js';
import { percentText } from '../../page/percent.js';
import { style } from '../../page/style.js';
import { table } from '../../page/table.js';
import { trainedSizes } from '../region-sizes.js';
import type { Results } from '../results.js';
import { sizeSentences } from '../size-sentences.js';
import { formatScore, leaderboard, type Leaderboard, type Section } from '../table.js';
import { curvesOf, diceChart, lossChart, ratioChart } from './curves.js';
import { method } from './method.js';
import { overlays } from './overlays.js';
import { penaltyCharts } from './penalties.js';
import { sizeChart } from './size-chart.js';
import { verdict } from './verdict.js';

/** More charts of single rows than these make a page that nobody scrolls. */
const MOST_LOSS_CHARTS = 12;

/**
 * Renders a benchmark, or one run, as one HTML file that opens from the disk: no network, no script, no outside files.
 *
 * @param results What {@link readResults} returns.
 * @param command What the page names as the command.
 *
 * @example
 * ```ts
 * const page = renderReport({ name: 'blobs', folder: 'blobs', axes: [], cells: [], weights: 'last', part: 'val', several: true }, 'segloss report blobs');
 * page.includes('<title>segloss: blobs</title>'); // → true
 * ```
 */
export function renderReport(results: Results, command: string): string {
  const board = leaderboard(results);
  const title = `segloss: ${results.name}`;
  const several = board.sections.length > 1;
  const runs = `${plural(results.cells.length, 'run')}${results.axes.length > 0 ? `: ${results.axes.map((axis) => `${axis.labels.length} x ${axis.title}`).join(', ')}` : ''}`;
  const sizes = trainedSizes(board);
  const main = html`
    <h1>${title}</h1>
    <p class="quiet">${runs}</p>
    ${box(sizeSentences(sizes))} ${sizeChart(sizes)} ${box(verdict(board, results))}
    <h2>Results</h2>
    ${board.sections.map((section) => html`${several ? html`<h3>${section.title}</h3>` : ''} ${leaderboardTable(section)} ${perClass(section)}`)}
    ${legend(board)} ${unfinished(results)}
    ${board.sections.map((section) => details(section, results, several))}
    <h2>Method and environment</h2>
    ${method(results, board, command)}
  `;
  return document({ title, style, main });
}

function box(sentences: readonly string[]): Html {
  if (sentences.length === 0) return html``;
  return html`<div class="verdict">${sentences.map((sentence) => html`<p>${sentence}</p>`)}</div>`;
}

/** Training curves, penalties and pictures of one data set. */
function details(section: Section, results: Results, several: boolean): Html {
  const { rows, data, title } = section;
  const on = several ? ` on ${title}` : '';
  const curves = curvesOf(rows);
  const training =
    curves.length === 0
      ? html``
      : html`<h2>Training${on}</h2>
          <p>Lines are means over the seeds; bands reach from the lowest to the highest seed.</p>
          <div class="charts">
            ${diceChart(curves)}
            ${data === undefined ? '' : html`${ratioChart(curves, data, 'soft')} ${ratioChart(curves, data, 'hard')}`}
          </div>
          <h3>Losses and their terms</h3>
          <div class="charts">${curves.slice(0, MOST_LOSS_CHARTS).map(lossChart)}</div>
          ${curves.length > MOST_LOSS_CHARTS ? html`<p class="quiet">The first ${MOST_LOSS_CHARTS} of ${curves.length} rows.</p>` : ''}`;
  if (data === undefined) return training;
  const specs = [...new Set(rows.flatMap((row) => row.results.flatMap((one) => one.metrics()?.loss ?? [])))];
  return html`${training}
    <h2>What each loss prefers${on}</h2>
    ${penaltyCharts(specs, data.classes[data.rareClass] ?? '', data.truth[data.rareClass] ?? 0)}
    <h2>Predictions${on}</h2>
    <p>The same validation images for every row, chosen by the size of the true region.</p>
    ${overlays(rows, data, results.weights)}`;
}

function leaderboardTable({ names, columns, rows }: Section): Html {
  return html`<div class="scroll">
    <table class="board">
      <thead>
        <tr>
          ${names.map((name) => html`<th scope="col" class="name">${name}</th>`)}
          ${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}
          <th scope="col">runs</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr class="${row.best ? 'best' : row.constant ? 'trivial' : ''}">
              ${row.names.map((name, i) => {
                const mark = row.best && i === row.names.length - 1 ? ' ★' : '';
                return html`<th scope="row" class="name">
                  ${row.constant ? name : html`<code>${name}</code>`}${mark}
                </th>`;
              })}
              ${row.cells.map((cell, i) => html`<td>${formatScore(cell, columns[i]!.digits)}</td>`)}
              <td>${row.runs}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function legend({ notes }: Leaderboard): Html {
  return html`${notes.map((note) => html`<p class="quiet"><small>${note}</small></p>`)}
    <p class="quiet">
      <small>★ highest Dice. Gray rows: no training, every pixel the same class.</small>
    </p>`;
}

/** Dice and hard p/q of every foreground class; with one the main table has said it already. */
function perClass({ data, rows }: Section): Html {
  if (data === undefined) return html``;
  const { classes, background, truth } = data;
  const foreground = classes.map((_, k) => k).filter((k) => k !== background);
  const trained = rows.filter(({ constant }) => !constant);
  if (foreground.length < 2) return html``;
  const mean = (
    row: (typeof trained)[number],
    of: (
      k: number,
    ) => (one: NonNullable<(typeof row.results)[number]['scores']>) => number | null | undefined,
    k: number,
  ) => {
    // prettier-ignore
    const values = row.results.flatMap(({ scores }) => (scores ? [of(k)(scores) ?? NaN] : [])).filter((value) => !Number.isNaN(value)); // prettier-ignore
    return values.length === 0
      ? 'n/a'
      : (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3);
  };
  return html`<h3>By class</h3>
    ${table({
      head: [
        'class (true share)',
        ...trained.flatMap(({ names }) => [
          html`<code>${names.filter(Boolean).join(', ')}</code> Dice`,
          'p/q hard',
        ]),
      ],
      rows: foreground.map((k) => [
        html`${classes[k]!} <small>${percentText(truth[k]!)}</small>`,
        ...trained.flatMap((row) => [
          mean(row, (c) => (one) => one.summary.classes[c]!.dice, k),
          mean(row, (c) => (one) => one.summary.classes[c]!.hard.ratio, k),
        ]),
      ]),
    })}`;
}

function unfinished({ cells }: Results): Html {
  const open = cells.filter(({ state }) => state !== 'finished');
  if (open.length === 0) return html``;
  return html`<h3>Runs that have not finished</h3>
    ${table({
      name: 'plain',
      head: ['run', 'state', 'epochs', 'reason'],
      rows: open.map((one) => [
        html`<code>${Object.values(one.labels).join(', ')}</code>`,
        one.state,
        String(one.metrics()?.lines.length ?? 0),
        one.message ?? '',
      ]),
    })}`;
}
