import type { ScoreSummary } from '@segloss/metrics';

import { csvLink, csvText } from '../../page/csv.js';
import { breakable, html, type Html } from '../../page/html.js';
import { shortNumber } from '../../page/numbers.js';
import { table } from '../../page/table.js';
import { lesionCharts } from '../../lesion-charts.js';
import { lesionNotes } from '../../lesions.js';
import { lesionResults, type LesionResult } from '../lesion-results.js';
import { formatScore } from '../table-formats.js';
import { foregroundOf, rowName, type Section } from '../table.js';
import { captionOf, fileName } from './board.js';

/** The lesions (connected components) of every row and class, over all sizes and by size; nothing where the runs did not keep them. */
export function lesionTable(section: Section): Html {
  const { title, data } = section;
  const results = lesionResults(section);
  if (data === undefined || results.length === 0) return html``;
  const head = ['loss', 'class', 'true size', 'lesions', 'missed', 'invented', 'recall', 'p/q', 'precision', 'lesion F1', 'PQ']; // prettier-ignore
  const lines = results.map(({ row, k, size, lesions, missed, invented, recall, ratio, rates }) => ({
    names: [rowName(row), data.classes[k]!, size === undefined ? 'all' : sizeText(size)],
    lesions,
    scores: [
      ...[score(missed, 1), score(invented, 1), score(recall, 3), score(ratio, 2)],
      ...(rates === undefined ? [] : [rates.precision, rates.f1, rates.pq].map((rate) => score(rate, 3))),
    ],
  }));
  return html`<h3>Lesions</h3>
    ${foregroundOf(data).map((k) => lesionCharts(linesOf(results, k), { name: data.classes[k]!, band: 'a standard deviation over the repetitions to either side', caption: title }))}
    ${table({
      ...{ head, names: 3, name: 'cards sortable', caption: captionOf('Lesions by size', title) },
      rows: lines.map(({ names: [row, ...names], lesions, scores }) => [
        ...[html`<code>${breakable(row!)}</code>`, ...names, String(lesions)],
        ...Array.from({ length: 7 }, (_, i) =>
          scores[i] ? formatScore(scores[i].of, scores[i].digits) : '',
        ),
      ]),
    })}
    ${lesionNotes({}).map((note) => html`<p class="quiet"><small>${note}</small></p>`)}
    ${csvLink(
      fileName('lesions', title),
      csvText([
        head,
        ...lines.map(({ names, lesions, scores }) => [
          ...[...names, lesions],
          ...Array.from({ length: 7 }, (_, i) => scores[i]?.of.mean ?? NaN),
        ]),
      ]),
    )}`;
}

/** A line for each row of the table. */
function linesOf(results: readonly LesionResult[], k: number) {
  const rows = [...new Set(results.map(({ row }) => row))];
  return rows.map((row) => ({
    name: rowName(row),
    bins: results.flatMap(({ row: own, k: label, size, recall, ratio }) =>
      own === row && label === k && size !== undefined
        ? [{ ...size, recall: banded(recall, 1), ratio: banded(ratio, Infinity) }]
        : [],
    ),
  }));
}

function banded({ mean, standardDeviation, cases }: ScoreSummary, most: number) {
  const band = [Math.max(0, mean - standardDeviation), Math.min(most, mean + standardDeviation)] as const;
  return { value: mean, band: cases > 1 ? band : null };
}

const score = (of: ScoreSummary, digits: number) => ({ of, digits });

const sizeText = ({ from, to }: { readonly from: number; readonly to: number }) =>
  from === to ? shortNumber(from) : `${shortNumber(from)} to ${shortNumber(to)}`;
