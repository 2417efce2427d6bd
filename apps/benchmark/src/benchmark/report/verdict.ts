import { ratioText, scoreText } from '../../page/numbers.js';
import { plural } from '../../page/plural.js';
import type { Results } from '../results.js';
import { formatScore, type Leaderboard, type Row, type Section } from '../table.js';

/** Within this of 1, a predicted / true proportion is called right. */
const TOLERANCE = 0.1;

/** The finding in a few sentences, by fixed rules: nobody chose which ones to print. */
export function verdict(
  { sections }: Pick<Leaderboard, 'sections'>,
  results: Pick<Results, 'cells'>,
): string[] {
  return [...sections.flatMap((section) => sectionVerdict(section)), ...unfinished(results)];
}

function sectionVerdict(section: Section): string[] {
  const { title, rows, columns } = section;
  const dice = columns.findIndex((column) => column.title === 'Dice');
  const ranked = rows
    .filter((row) => !row.constant && !Number.isNaN(row.cells[dice]!.mean))
    .sort((a, b) => b.cells[dice]!.mean - a.cells[dice]!.mean);
  const [best, second] = ranked;
  const on = title === '' ? '' : `${title}: `;
  if (best === undefined) return [`${on}No run has finished, so there is nothing to compare.`];
  return [
    `${on}${ranking(best, second, dice)}`,
    ...constant(best, rows, dice),
    ...proportions(ranked, section),
  ];
}

const nameOf = (row: Row): string => row.names.filter(Boolean).join(', ');

function ranking(best: Row, second: Row | undefined, dice: number): string {
  const [first, next] = [best.cells[dice]!, second?.cells[dice]];
  const text = `${nameOf(best)} has ${second === undefined ? 'validation Dice' : 'the highest validation Dice,'} ${formatScore(first, 3)} over ${plural(first.cases, 'seed')}`;
  if (second === undefined || next === undefined) return `${text}.`;
  const gap = first.mean - next.mean;
  const spread = Math.max(first.standardDeviation || 0, next.standardDeviation || 0);
  const behind = `${text}; ${nameOf(second)} is ${scoreText(gap)} behind`;
  if (Math.min(first.cases, next.cases) < 2)
    return `${behind}, and one seed cannot say whether that is more than chance.`;
  return gap > 2 * spread
    ? `${behind}, more than twice the spread over seeds (${scoreText(spread)}).`
    : `${behind}, which is within twice the spread over seeds (${scoreText(spread)}): their order is inconclusive.`;
}

function constant(best: Row, rows: readonly Row[], dice: number): string[] {
  const floor = rows
    .filter((row) => row.constant)
    .reduce<Row | undefined>((a, b) => (a && a.cells[dice]!.mean >= b.cells[dice]!.mean ? a : b), undefined);
  if (floor === undefined || best.cells[dice]!.mean > floor.cells[dice]!.mean) return [];
  return [
    `Nothing beats the constant prediction "${nameOf(floor)}" (Dice ${formatScore(floor.cells[dice]!, 3)}): train longer before comparing.`,
  ];
}

function proportions(ranked: readonly Row[], { columns, data }: Section): string[] {
  const at = columns.findIndex((column) => column.title === 'p/q hard');
  const ratio = (row: Row) => row.cells[at]!.mean;
  const known = ranked.filter((row) => !Number.isNaN(ratio(row)));
  if (data === undefined || known.length === 0) return [];
  const list = (rows: readonly Row[]) =>
    rows.map((row) => `${nameOf(row)} (${ratioText(ratio(row))})`).join(', ');
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
