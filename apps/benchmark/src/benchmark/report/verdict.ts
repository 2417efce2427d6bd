import { ratioText, scoreText } from '../../page/numbers.js';
import { plural } from '../../page/plural.js';
import { comparisonOf } from '../comparisons.js';
import type { Results } from '../results.js';
import { RANKED, rowName, type Leaderboard, type Row, type Section } from '../table.js';
import { formatScore, intervalText } from '../table-formats.js';

/** Within this of 1, a predicted / true proportion is called right. */
const TOLERANCE = 0.1;
const SIGNIFICANT = 0.05;

/** The finding in a few sentences, by fixed rules: nobody chose which ones to print. */
export function verdict(
  { sections }: Pick<Leaderboard, 'sections'>,
  results: Pick<Results, 'cells' | 'part'>,
): string[] {
  return [...sections.flatMap((section) => sectionVerdict(section, results.part)), ...unfinished(results)];
}

function sectionVerdict(section: Section, part: Results['part']): string[] {
  const { title, rows } = section;
  const ranked = rows
    .filter((row) => !row.constant && !Number.isNaN(score(row)))
    .sort((a, b) => score(b) - score(a));
  const [best, second] = ranked;
  const on = title === '' ? '' : `${title}: `;
  if (best === undefined) return [`${on}No run has finished, so there is nothing to compare.`];
  return [
    `${on}${order(best, second, section, part)}`,
    ...constant(best, rows),
    ...proportions(ranked, section),
  ];
}

/** The number by which rows are ordered. */
const score = (row: Row): number => row.cells[0]!.mean;

function order(best: Row, second: Row | undefined, section: Section, part: Results['part']): string {
  const [first] = best.cells;
  const seeds = best.replicates.length;
  const images = `${part === 'test' ? 'test' : 'validation'} Dice per image`;
  const over = `${plural(seeds, 'training')} on the same images`;
  const text = `${rowName(best)} has ${second === undefined ? `${images} of` : `the highest ${images},`} ${formatScore(first!, RANKED.digits)} over ${over}`; // prettier-ignore
  if (second === undefined) return `${text}.`;
  const comparison = comparisonOf(
    section.statistics!,
    section.rows.indexOf(second),
    section.rows.indexOf(best),
  );
  if (comparison === undefined) return `${text}; ${rowName(second)} is next.`;
  const { difference, adjustedP, distinguishable, test } = comparison;
  const gap = `${scoreText(difference.mean)}${difference.interval ? ` ${intervalText(difference.interval, RANKED.digits)}` : ''}`; // prettier-ignore
  const behind = `${text}; ${rowName(second)} is ${gap} behind`;
  if (distinguishable) return `${behind}, which is more than chance (${pText(adjustedP)}).`;
  if (test.smallestP >= SIGNIFICANT) {
    return `${behind}, and ${plural(test.pairs, 'image')} with a difference cannot be significant (smallest possible p ${scoreText(test.smallestP)}): inconclusive.`;
  }
  // Images in the same trainings may differ clearly, and other seeds still turn the order.
  if (adjustedP < SIGNIFICANT)
    return `${behind}: inconclusive, because other seeds could reverse the order (the interval contains 0), although the images differ in these trainings (${pText(adjustedP)}).`;
  return `${behind}, which chance can explain (${pText(adjustedP)}): inconclusive.`;
}

/** `p = 0.012`, `p < 0.001` */
export const pText = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${scoreText(p)}`);

function constant(best: Row, rows: readonly Row[]): string[] {
  const floor = rows
    .filter((row) => row.constant)
    .reduce<Row | undefined>((a, b) => (a && score(a) >= score(b) ? a : b), undefined);
  if (floor === undefined || score(best) > score(floor)) return [];
  return [
    `Nothing beats the constant prediction "${rowName(floor)}" (Dice per image ${scoreText(score(floor))}): train longer before comparing.`,
  ];
}

function proportions(ranked: readonly Row[], { columns, data }: Section): string[] {
  const at = columns.findIndex((column) => column.title === 'p/q hard');
  const ratio = (row: Row) => row.cells[at]!.mean;
  const known = ranked.filter((row) => !Number.isNaN(ratio(row)));
  if (data === undefined || known.length === 0) return [];
  const list = (rows: readonly Row[]) =>
    rows.map((row) => `${rowName(row)} (${ratioText(ratio(row))})`).join(', ');
  const small = known.filter((row) => ratio(row) < 1 - TOLERANCE);
  const large = known.filter((row) => ratio(row) > 1 + TOLERANCE);
  const right = known.filter((row) => Math.abs(ratio(row) - 1) <= TOLERANCE);
  const parts = [
    ...(small.length > 0 ? [`too small with ${list(small)}`] : []),
    ...(right.length > 0 ? [`within ${100 * TOLERANCE} % of the truth with ${list(right)}`] : []),
    ...(large.length > 0 ? [`too large with ${list(large)}`] : []),
  ];
  return [
    `The predicted proportion of "${data.classes[data.rareClass]!}", relative to the true one, is ${parts.join('; ')}.`,
  ];
}

function unfinished({ cells }: Pick<Results, 'cells'>): string[] {
  const open = cells.filter(({ state }) => state !== 'finished');
  if (open.length === 0) return [];
  return [
    `${open.length} of ${plural(cells.length, 'run')} ${open.length === 1 ? 'has' : 'have'} not finished; see "Runs that have not finished".`,
  ];
}
