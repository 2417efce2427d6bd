import { rankChart, significanceChart, type SignificanceCell } from '@segloss/charts';

import { html, raw, type Html } from '../../page/html.js';
import { scoreText } from '../../page/numbers.js';
import { percentText } from '../../page/percent.js';
import { csvLink, csvText } from '../../page/csv.js';
import { table } from '../../page/table.js';
import { comparisonOf, MOST_COMPARED, type Ranking, type RowStatistics } from '../comparisons.js';
import { rowName, type Row, type Section } from '../table.js';
import { intervalText } from '../table-formats.js';
import { captionOf, fileName } from './board.js';
import { pText } from './verdict.js';

/** Every pair of rows of a data set: map, table and CSV. */
export function significance({ title, rows, statistics }: Section): Html {
  const trained = rows.filter(({ constant }) => !constant);
  if (statistics === undefined || trained.length < 2) return html``;
  const { comparisons } = statistics;
  if (comparisons.length === 0) return html`<p>${trained.length > MOST_COMPARED ? `More than ${MOST_COMPARED} rows are not compared pair by pair: segloss report --compare A B compares two.` : 'Fewer than two rows have scores.'}</p>`; // prettier-ignore
  const compared = trained.map((_, i) => i).filter((i) => comparisons.some(({ first, second }) => first === i || second === i)); // prettier-ignore
  const smallest = Math.max(...comparisons.map(({ test }) => test.smallestP));
  const head = ['row', 'compared with', 'difference', '95 % interval', 'p (Holm)', 'effect size', 'images', 'smallest p', 'distinguishable']; // prettier-ignore
  const name = (i: number) => rowName(trained[i]!);
  const lines = comparisons.map(({ first, second, difference, adjustedP, test, distinguishable }) => ({ a: name(second), b: name(first), difference, adjustedP, test, distinguishable })); // prettier-ignore
  return html`<p>
      Dice per image, paired by image after averaging the trainings: Wilcoxon's signed-rank test with Holm's
      correction over ${comparisons.length} ${comparisons.length === 1 ? 'pair' : 'pairs'}, matched-pairs
      rank-biserial correlation as effect size, and a bootstrap interval over seeds and images. Two rows are
      distinguishable if both exclude 0. The smallest p that the images allow is
      ${smallest < 1e-4 ? 'below 0.0001' : scoreText(smallest)}.
    </p>
    <figure>
      <div class="scroll" tabindex="0" role="group" aria-label="map">
        ${raw(
          significanceChart({
            title: captionOf('Dice per image, row less column', title),
            description:
              'Shaded pairs differ significantly; numbers are the difference and the corrected p-value.',
            names: compared.map((i) => `${name(i)}`),
            cells: compared.map((row) => compared.map((column) => cellOf(statistics, row, column))),
          }),
        )}
      </div>
    </figure>
    ${table({
      ...{ head, names: 2, name: 'cards sortable', caption: captionOf('Pairs', title) },
      rows: lines.map(({ a, b, difference, adjustedP, test, distinguishable }) => [
        ...[html`<code>${a}</code>`, html`<code>${b}</code>`, scoreText(difference.mean)],
        difference.interval ? intervalText(difference.interval, 3) : 'n/a',
        ...[
          pText(adjustedP),
          scoreText(test.effect),
          String(test.pairs),
          smallText(test.smallestP),
          distinguishable ? 'yes' : 'no',
        ],
      ]),
    })}
    ${csvLink(
      fileName('pairs', title),
      csvText([
        [
          'row',
          'compared with',
          'difference',
          'low',
          'high',
          'p',
          'p Holm',
          'effect size',
          'images',
          'images without',
          'smallest p',
          'distinguishable',
        ],
        ...lines.map(({ a, b, difference, adjustedP, test, distinguishable }) => [
          a,
          b,
          difference.mean,
          difference.interval?.[0] ?? NaN,
          difference.interval?.[1] ?? NaN,
          test.p,
          adjustedP,
          test.effect,
          test.pairs,
          difference.undefinedCases,
          test.smallestP,
          String(distinguishable),
        ]),
      ]),
    )}`;
}

const smallText = (p: number): string => (p < 0.0001 ? '< 0.0001' : scoreText(p));

function cellOf(statistics: RowStatistics, row: number, column: number): SignificanceCell | undefined {
  const found = comparisonOf(statistics, column, row);
  return (
    found && { difference: found.difference.mean, p: found.adjustedP, distinguishable: found.distinguishable }
  );
}

/** Average ranks over the data sets. */
export function ranks({ names, ranks: all }: Ranking, sections: readonly Section[]): Html {
  const order = all.map((_, i) => i).sort((a, b) => all[a]!.rank - all[b]!.rank);
  const titles = sections.map(({ title }) => title);
  const head = ['row', 'mean rank', '95 % interval', 'first in', ...titles];
  return html`<p>
      Rows are ranked by Dice per image on each of ${titles.length} data sets, and the ranks averaged. The
      interval and the share of first places come from drawing seeds and images again.
    </p>
    <figure>
      ${raw(
        rankChart({
          title: 'Average rank over data sets',
          description: 'Mean rank of each row with its interval, and its rank on every data set.',
          rows: order.map((i) => ({
            name: names[i]!,
            ...all[i]!,
            note: `first in ${percentText(all[i]!.first, 2)}`,
          })),
        }),
      )}
    </figure>
    ${table({
      ...{ head, name: 'cards sortable', caption: 'Ranks' },
      rows: order.map((i) => {
        const { rank, interval, first, perSet } = all[i]!;
        return [html`<code>${names[i]!}</code>`, rank.toFixed(2), intervalText(interval, 2), percentText(first, 2), ...perSet.map(String)]; // prettier-ignore
      }),
    })}
    ${csvLink('ranks', csvText([['row', 'mean rank', 'low', 'high', 'first in', ...titles], ...order.map((i) => [names[i]!, all[i]!.rank, ...all[i]!.interval, all[i]!.first, ...all[i]!.perSet])]))}`;
}

/** Rows that a comparison may name. */
export const comparedRows = (sections: readonly Section[]): string[] => [
  ...new Set(sections.flatMap(({ rows }) => rows.filter((row: Row) => !row.constant).map(rowName))),
];
