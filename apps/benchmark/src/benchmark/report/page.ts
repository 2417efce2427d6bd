import { document } from '../../page/document.js';
import { pageScript } from '../../page/page-script.js';
import { html, type Html } from '../../page/html.js';
import { plural } from '../../page/plural.js';
import { script } from '../../page/script.js';
import { style } from '../../page/style.js';
import { table } from '../../page/table.js';
import { NOT_MEASURED, type MeasuredForces } from '../measured-forces.js';
import { trainedSizes } from '../region-sizes.js';
import type { Results } from '../results.js';
import { sizeSentences } from '../size-sentences.js';
import { leaderboard, type Leaderboard, type Section } from '../table.js';
import { biasBySize, biasMeaning } from './bias.js';
import { leaderboardTable, perClassTable } from './board.js';
import { lesionTable } from './lesions.js';
import { testedTables } from './decodings.js';
import { curvesOf, diceChart, lossChart, ratioChart } from './curves.js';
import { method } from './method.js';
import { overlays } from './overlays.js';
import { penaltyCharts } from './penalties.js';
import { ranks, significance } from './significance.js';
import { sizeChart } from './size-chart.js';
import { tuningTable } from './tuning.js';
import { verdict } from './verdict.js';

/** More charts of single rows than these make a page that nobody scrolls. */
const MOST_LOSS_CHARTS = 8;

/**
 * Renders a benchmark, or one run, as one HTML file that opens from the disk: no network, no outside files, and one script that only sorts and filters tables.
 *
 * @param results What {@link readResults} returns.
 * @param command What the page names as the command.
 * @param measured What the losses do to region sizes, of {@link measureForces}; without it the page has their closed forms only.
 *
 * @example
 * ```ts
 * const page = renderReport({ name: 'blobs', folder: 'blobs', axes: [], cells: [], weights: 'last', part: 'val', several: true }, 'segloss report blobs');
 * page.includes('<title>segloss: blobs</title>'); // → true
 * ```
 */
export function renderReport(
  results: Results,
  command: string,
  measured: MeasuredForces = NOT_MEASURED,
): string {
  const board = leaderboard(results);
  const title = `segloss: ${results.name}`;
  const several = board.sections.length > 1;
  const runs = `${plural(results.cells.length, 'run')}${results.axes.length > 0 ? `: ${results.axes.map((axis) => `${axis.labels.length} x ${axis.title}`).join(', ')}` : ''}`;
  const sizes = trainedSizes(board);
  const on = ({ title: set }: Section) => (several ? html`<h3>${set}</h3>` : '');
  const main = html`
    <h1>${title}</h1>
    <p class="quiet">${runs}</p>
    <nav aria-label="Parts of this page">
      ${PARTS.map(([id, text]) => html`<a href="#${id}">${text}</a>`)}
    </nav>
    ${box(sizeSentences(sizes))} ${sizeChart(sizes)} ${box(verdict(board, results))}
    <h2 id="results">Results</h2>
    ${board.sections.map((section) => html`${on(section)} ${leaderboardTable(section)} ${perClassTable(section)} ${lesionTable(section)} ${testedTables(section, results.part)}`)}
    ${legend(board)} ${unfinished(results)}
    <h2 id="bias">Label-marginal bias by region size</h2>
    ${biasMeaning()} ${board.sections.map((section) => html`${on(section)} ${biasBySize(section, measured)}`)}
    <h2 id="pairs">Pairs and ranks</h2>
    ${board.sections.map((section) => html`${on(section)} ${significance(section)}`)}
    ${
      board.ranking === undefined
        ? ''
        : html`<h3>Ranks over data sets</h3>
            ${ranks(board.ranking, board.sections)}`
    }
    <div id="training">${board.sections.map((section) => details(section, several, measured))}</div>
    ${tuningTable(results.tuning)}
    <h2 id="method">Method and environment</h2>
    ${method(results, board, command)}
  `;
  return document({ title, style, main, script: pageScript(script) });
}

/** Links at the top of the page. */
const PARTS = [
  ['results', 'Results'],
  ['bias', 'Bias by size'],
  ['pairs', 'Pairs and ranks'],
  ['training', 'Training and predictions'],
  ['method', 'Method'],
] as const;

function box(sentences: readonly string[]): Html {
  if (sentences.length === 0) return html``;
  return html`<div class="verdict">${sentences.map((sentence) => html`<p>${sentence}</p>`)}</div>`;
}

/** Training curves, penalties and pictures of one data set. */
function details(section: Section, several: boolean, measured: MeasuredForces): Html {
  const { rows, data, title } = section;
  const on = several ? ` on ${title}` : '';
  const curves = curvesOf(rows, data?.rareClass ?? 0);
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
    ${penaltyCharts(specs, data.classes[data.rareClass] ?? '', data.truth[data.rareClass] ?? 0, measured)}
    <h2>Predictions${on}</h2>
    ${overlays(rows, data)}`;
}

function legend({ notes }: Leaderboard): Html {
  return html`${notes.map((note) => html`<p class="quiet"><small>${note}</small></p>`)}
    <p class="quiet">
      <small
        >★ highest Dice per image; ≈ not distinguishable from it. Gray rows: no training, every pixel the same
        class.</small
      >
    </p>`;
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
