import { nearestName } from '@segloss/common';

import { UsageError } from '../errors.js';
import { shortNumber } from '../page/numbers.js';
import type { Replicate } from './replicates.js';
import type { Results } from './results.js';
import { QUARTERS, sizeBins } from './size-bins.js';
import { rowName, type Leaderboard, type Row, type Section } from './table.js';

type Quarter = (typeof QUARTERS)[number];
type Operator = '<' | '<=' | '>' | '>=';

/** A condition under which `segloss report` fails: `hard p/q of the smallest quarter of dice on nuclei < 0.8`. */
export interface Gate {
  readonly text: string;
  readonly metric: MetricName;
  readonly quarter: Quarter | undefined;
  /** Name of a class; undefined: the foreground mean, or the rarest class for p/q. */
  readonly className: string | undefined;
  /** Name of a row; undefined: every row. */
  readonly row: string | undefined;
  /** Title of a data set; undefined: every one. */
  readonly set: string | undefined;
  readonly operator: Operator;
  readonly limit: number;
}

/** A number for which a gate fails, or which it needs and there is none. */
export interface GateFailure {
  readonly gate: string;
  /** `dice on nuclei` */
  readonly where: string;
  /** NaN where the number does not exist. */
  readonly value: number;
}

type ClassScore = Replicate['summary']['classes'][number];

interface Metric {
  /** Column of the table that it is without a class. */
  readonly column: string;
  /** Of a number that the table does not show. */
  readonly ofSet?: (summary: Replicate['summary']) => number | null | undefined;
  readonly ofClass?: (score: ClassScore) => number | null | undefined;
  readonly ofQuarter?: 'hard' | 'soft' | 'missed';
}

/** What a gate may ask for; `unfinished` is about the runs and takes no row. */
const METRICS = {
  'dice/image': { column: 'Dice/image' },
  dice: { column: 'Dice', ofClass: ({ dice }) => dice },
  iou: { column: 'IoU', ofClass: ({ iou }) => iou },
  hd95: { column: 'HD95', ofClass: ({ hd95 }) => hd95.mean },
  missed: { column: 'missed', ofClass: ({ missed }) => missed, ofQuarter: 'missed' },
  invented: { column: 'invented', ofClass: ({ invented }) => invented },
  'soft p/q': { column: 'p/q soft', ofClass: ({ soft }) => soft?.ratio, ofQuarter: 'soft' },
  'hard p/q': { column: 'p/q hard', ofClass: ({ hard }) => hard.ratio, ofQuarter: 'hard' },
  'lesion f1': { column: '', ofSet: ({ foreground }) => foreground.lesionF1, ofClass: ({ lesions }) => lesions?.f1 }, // prettier-ignore
  unfinished: { column: '' },
} as const satisfies Record<string, Metric>;

type MetricName = keyof typeof METRICS;

const GRAMMAR = 'METRIC [of the QUARTER quarter] [of class CLASS] [of ROW] [on DATA] < NUMBER';
const metricNames = Object.keys(METRICS) as MetricName[];

/**
 * Reads a gate: a metric, what it is about, one of < <= > >=, and a number. Names with the words "of" or "on" stand in double quotes.
 *
 * @param board The tables, whose rows, classes and data sets a gate may name.
 * @throws {UsageError} If a word is unknown, or the metric does not exist for what it is about; with the nearest known word.
 */
export function parseGate(text: string, { sections }: Pick<Leaderboard, 'sections'>): Gate {
  const refuse = (what: string): never => {
    throw new UsageError(`--fail-if "${text}": ${what}; the grammar is ${GRAMMAR}`);
  };
  const known = (kind: string, word: string, words: readonly string[]): string => {
    const name = unquoted(word);
    if (words.includes(name)) return name;
    const near = nearestName(name, words);
    return refuse(`unknown ${kind} "${name}"${near === undefined ? '' : `, did you mean "${near}"?`} Known: ${words.join(', ') || 'none'}`); // prettier-ignore
  };
  const comparison = /^(.+?)\s*(<=|>=|<|>)\s*([^<>=]+)$/.exec(text.trim());
  if (comparison === null) return refuse('wanted one of < <= > >= and a number');
  const [, left = '', operator, number = ''] = comparison;
  const limit = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(number.trim()) ? Number(number) : NaN;
  if (Number.isNaN(limit)) refuse(`wanted a number after ${operator}, got "${number}"`);
  const [about = '', ...sets] = split(left, 'on');
  if (sets.length > 1) refuse('wanted one data set after "on"');
  const set = sets[0] === undefined ? undefined : known('data set', sets[0], sections.map(({ title }) => title).filter(Boolean)); // prettier-ignore
  const [name = '', ...parts] = split(about, 'of');
  const metric = known('metric', name.toLowerCase(), metricNames) as MetricName;
  let quarter: Quarter | undefined;
  let className: string | undefined;
  let row: string | undefined;
  const rows = [...new Set(sections.flatMap((section) => section.rows.filter(({ constant }) => !constant).map(rowName)))]; // prettier-ignore
  const classes = [...new Set(sections.flatMap(({ data }) => data?.classes ?? []))];
  for (const part of parts) {
    const size = /^the\s+(\S+)\s+quarter$/i.exec(part)?.[1];
    const named = /^class\s+(.+)$/i.exec(part)?.[1];
    if (size !== undefined && quarter === undefined)
      quarter = known('quarter', size.toLowerCase(), QUARTERS) as Quarter; // prettier-ignore
    else if (named !== undefined && className === undefined) className = known('class', named, classes);
    else if (row === undefined) row = known('row', part, rows);
    else refuse(`wanted one row, got "${row}" and "${part}"`);
  }
  const { ofClass, ofQuarter }: Metric = METRICS[metric];
  if (metric === 'unfinished' && (parts.length > 0 || set !== undefined)) refuse('unfinished counts all runs, and takes no row and no data set'); // prettier-ignore
  if (quarter !== undefined && ofQuarter === undefined) refuse(`${metric} has no value by size; ${metricNames.filter((one) => 'ofQuarter' in METRICS[one]).join(', ')} have`); // prettier-ignore
  if (className !== undefined && ofClass === undefined) refuse(`${metric} has no value for one class`);
  return { text, metric, quarter, className, row, set, operator: operator as Operator, limit };
}

/** Returns the numbers for which a gate fails. A number that does not exist fails too: a gate that cannot be decided protects nothing. */
export function checkGate(
  gate: Gate,
  { sections }: Pick<Leaderboard, 'sections'>,
  { cells }: Pick<Results, 'cells'>,
): GateFailure[] {
  const fails = (value: number) => Number.isNaN(value) || holds(value, gate);
  if (gate.metric === 'unfinished') {
    const value = cells.filter(({ state }) => state !== 'finished').length;
    return fails(value) ? [{ gate: gate.text, where: 'runs', value }] : [];
  }
  const values = sections
    .filter(({ title }) => gate.set === undefined || title === gate.set)
    .flatMap(
      (section) =>
      section.rows
        .filter((row) => !row.constant && (gate.row === undefined || rowName(row) === gate.row))
        .map((row) => ({ gate: gate.text, where: `${rowName(row)}${section.title === '' ? '' : ` on ${section.title}`}`, value: valueOf(gate, section, row) })), // prettier-ignore
    );
  if (values.length === 0) return [{ gate: gate.text, where: 'no such row', value: NaN }];
  return values.filter(({ value }) => fails(value));
}

/** `--fail-if "dice < 0.6": ce on nuclei is 0.41` */
export function gateText({ gate, where, value }: GateFailure): string {
  const found = Number.isNaN(value) ? 'has no such number, so the condition cannot be checked' : `is ${shortNumber(value)}`; // prettier-ignore
  return `--fail-if "${gate}": ${where} ${found}`;
}

function holds(value: number, { operator, limit }: Gate): boolean {
  if (operator === '<') return value < limit;
  if (operator === '<=') return value <= limit;
  return operator === '>' ? value > limit : value >= limit;
}

function valueOf({ metric, quarter, className }: Gate, { data, columns }: Section, row: Row): number {
  const { column, ofSet, ofClass, ofQuarter }: Metric = METRICS[metric];
  const k = className === undefined ? data?.rareClass : data?.classes.indexOf(className);
  if (k === undefined || k < 0) return NaN;
  if (quarter !== undefined) {
    const bin = sizeBins(row.replicates, k).find(({ name }) => name === `${quarter} quarter`);
    if (bin === undefined) return NaN;
    return ofQuarter === 'missed' ? bin.hard.missed / row.replicates.length : bin[ofQuarter!].ratio;
  }
  if (className === undefined && ofSet === undefined) return row.cells[columns.findIndex(({ title }) => title === column)]?.mean ?? NaN; // prettier-ignore
  const values = row.replicates.map(({ summary }) => (className === undefined ? ofSet!(summary) : ofClass!(summary.classes[k]!)) ?? NaN); // prettier-ignore
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Parts around a word that stands outside of double quotes. */
function split(text: string, word: string): string[] {
  return text.split(new RegExp(`\\s+${word}\\s+(?=(?:[^"]*"[^"]*")*[^"]*$)`, 'i')).map((part) => part.trim());
}

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, '$1');
