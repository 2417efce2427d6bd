import { breakable, html, type Html } from '../../page/html.js';
import { fixed, ratioText, scoreText } from '../../page/numbers.js';
import { percentText } from '../../page/percent.js';
import { table, type Cell } from '../../page/table.js';
import { csvLink, csvText } from '../../page/csv.js';
import { undefinedImages } from '../comparisons.js';
import { foregroundOf, rowName, type Row, type Section } from '../table.js';
import { formatScore, intervalText, toCsv } from '../table-formats.js';

/** The leaderboard of one data set, sortable, with its CSV. */
export function leaderboardTable(section: Section): Html {
  const { title, names, columns, rows } = section;
  const head = [...names, ...columns.map((column) => column.title), 'runs', 'images without Dice'];
  const cells = rows.map((row, i) => [
    ...row.names.map((name, n) => nameCell(row, name, n === names.length - 1)),
    ...row.cells.map((cell, c) => {
      const { interval, ...score } = cell;
      const text = scoreCell(formatScore(score, columns[c]!.digits));
      return interval ? html`${text} <span class="interval">${intervalText(interval, columns[c]!.digits)}</span>` : text; // prettier-ignore
    }),
    row.runs,
    withoutDice(section, row, i),
  ]);
  return html`${table({ head, rows: cells, names: names.length, name: 'board cards sortable', caption: captionOf('Results', title) })}
  ${csvLink(fileName('results', title), toCsv({ sections: [section] }))}`;
}

/** A mean with its deviation, which may stand below it. */
function scoreCell(text: string): Html {
  const at = text.indexOf(' ± ');
  if (at < 0) return html`${text}`;
  return html`${text.slice(0, at)} <span class="deviation">${text.slice(at + 1)}</span>`;
}

function nameCell(row: Row, name: string, last: boolean): Cell {
  if (row.constant) return html`<span class="trivial">${name}</span>`;
  const mark = !last ? '' : row.best ? ' ★' : row.tied ? ' ≈' : '';
  return row.best
    ? html`<strong><code>${breakable(name)}</code>${mark}</strong>`
    : html`<code>${breakable(name)}</code>${mark}`;
}

/** Images on which neither truth nor prediction has a foreground class: they are counted and never averaged. */
function withoutDice({ statistics }: Section, row: Row, i: number): string {
  const scores = row.constant ? undefined : statistics?.tables[i];
  return scores === undefined ? '–' : String(undefinedImages(scores));
}

export const captionOf = (text: string, title: string): string =>
  title === '' ? text : `${text} on ${title}`;

/** `results-nuclei` */
export const fileName = (text: string, title: string): string =>
  [text, title]
    .filter(Boolean)
    .join('-')
    .replace(/[^A-Za-z0-9.-]+/g, '-');

/** Scores of every foreground class over the images of the set, means over the repetitions; with one class the main table has said it. */
export function perClassTable({ title, data, rows }: Section): Html {
  if (data === undefined) return html``;
  const classes = foregroundOf(data);
  const trained = rows.filter(({ constant, replicates }) => !constant && replicates.length > 0);
  if (classes.length < 2 || trained.length === 0) return html``;
  const numbers = classes.flatMap((k) =>
    trained.map((row) => {
      const all = row.replicates.map(({ summary }) => summary.classes[k]!);
      const mean = (of: (one: (typeof all)[number]) => number | null) => all.reduce((sum, one) => sum + (of(one) ?? NaN), 0) / all.length; // prettier-ignore
      return { k, row, present: all[0]!.present, dice: mean((one) => one.dice), iou: mean((one) => one.iou), hd95: mean((one) => one.hd95.mean), ratio: mean((one) => one.hard.ratio), missed: mean((one) => one.missed), invented: mean((one) => one.invented) }; // prettier-ignore
    }),
  );
  const head = [
    'class',
    'row',
    'true share',
    'images',
    'Dice',
    'IoU',
    'HD95',
    'p/q hard',
    'missed',
    'invented',
  ];
  return html`<h3>By class</h3>
    ${table({
      ...{ head, names: 2, name: 'cards sortable', caption: captionOf('Scores by class', title) },
      rows: numbers.map(({ k, row, present, dice, iou, hd95, ratio, missed, invented }) => [
        ...[
          data.classes[k]!,
          html`<code>${breakable(rowName(row))}</code>`,
          percentText(data.truth[k]!),
          String(present),
        ],
        ...[scoreText(dice), scoreText(iou), fixed(hd95, 1), ratioText(ratio), fixed(missed, 1), fixed(invented, 1)], // prettier-ignore
      ]),
    })}
    ${csvLink(fileName('classes', title), csvText([head, ...numbers.map(({ k, row, present, dice, iou, hd95, ratio, missed, invented }) => [data.classes[k]!, rowName(row), data.truth[k]!, present, dice, iou, hd95, ratio, missed, invented])]))}`;
}
