// What the terminal shows first: one table, the comparisons, and the cases to look at.
import type { ProportionCase, SizeBin, SizeStatistics } from '@segloss/metrics';

import { NONE } from '../page/numbers.js';
import { percentText } from '../page/percent.js';
import { plural } from '../page/plural.js';
import type { RunAnalysis, SizeReport } from './analysis.js';
import { intervalText, meanDice, ratioText } from './numbers.js';
import type { SizeTable } from './tables.js';
import { directionOf, ENOUGH } from './verdict.js';

/** The cases of each kind of one model: of several models fewer, so that all fit on a screen. */
const FEW = 2;
const MORE = 3;

/** Returns a row for each model and class: sizes over all cases and at both ends, overlap, and regions missed or invented. */
export function summaryTable({ runs, classes, detailed, bootstrap }: SizeReport): SizeTable {
  const rows = runs.flatMap((run) => detailed.map((k) => ({ run, k, ...run.analysis.classes[k]! })));
  const one = detailed.length === 1;
  const columns: readonly Column[] = [
    { title: 'model', cell: ({ run }) => run.name },
    ...(one ? [] : [{ title: 'class', cell: ({ k }: Row) => classes[k]! }]),
    { title: 'all cases', cell: ({ overall }) => intervalText(overall.ratio, overall.ratioInterval) },
    ...(rows.some(({ quantiles }) => quantiles.length > 1) ? endColumns(rows, bootstrap.quantiles) : []),
    ...(runs.some(({ dice }) => dice)
      ? [{ title: 'Dice', cell: ({ run, k }: Row) => (run.dice ? meanDice(run.dice, k) : NONE) }]
      : []),
    { title: 'missed', cell: ({ overall: { missed, present } }) => `${missed} of ${present}` },
    ...(rows.some(({ overall: { cases, present } }) => cases > present)
      ? [
          {
            title: 'invented',
            cell: ({ overall: { invented, cases, present } }: Row) => `${invented} of ${cases - present}`,
          },
        ]
      : []),
  ];
  return {
    title: `Predicted / true size${one ? ` of "${classes[detailed[0]!]!}"` : ''}`,
    head: columns.map(({ title }) => title),
    rows: rows.map((row) => columns.map(({ cell }) => cell(row))),
  };
}

interface Row {
  readonly run: RunAnalysis;
  readonly k: number;
  readonly overall: SizeStatistics;
  readonly quantiles: readonly SizeBin[];
}

interface Column {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

/** The smallest and the largest regions; `*` marks a ratio whose interval excludes 1. */
function endColumns(rows: readonly Row[], bins: number): Column[] {
  return (['smallest', 'largest'] as const).map((name) => {
    const end = ({ quantiles }: Row) =>
      quantiles.length < 2 ? undefined : quantiles.at(name === 'smallest' ? 0 : -1);
    const sizes = new Set(rows.map((row) => end(row)?.cases));
    return {
      title: `${name} ${sizes.size === 1 ? [...sizes][0]! : `1/${bins}`}`,
      cell: (row) => {
        const bin = end(row);
        return bin === undefined ? NONE : `${ratioText(bin.ratio)}${directionOf(bin) === 'open' ? '' : '*'}`;
      },
    };
  });
}

/** Returns what the columns of {@link summaryTable} mean. */
export function summaryNote({ head }: SizeTable): string {
  return [
    '1 is right, below 1 too small; [ ] is a 95 % interval.',
    ...(head.some((title) => title.startsWith('smallest'))
      ? ['smallest, largest: true regions; * differs significantly from 1.']
      : []),
    'missed: in the true mask only.',
    ...(head.includes('invented') ? ['invented: in the prediction only.'] : []),
  ].join(' ');
}

/** Returns how each model compares with the first: a sentence for each class with a significant difference, or that there is none. */
export function comparisonSentences({ comparisons, detailed }: SizeReport): string[] {
  return comparisons.flatMap(({ first, second, cases, classes }) => {
    if (cases < ENOUGH)
      return [`${second} compared with ${first}: ${plural(cases, 'case')}, too few for a verdict.`];
    const sentences = detailed.flatMap((k) => {
      const { name, absolute } = classes[k]!;
      const [low, high] = absolute.interval ?? [0, 0];
      if (low <= 0 && high >= 0) return [];
      const points = (share: number) => percentText(Math.abs(share)).replace(' %', '');
      const ends = [points(low), points(high)];
      if (high < 0) ends.reverse();
      return [
        `${second} compared with ${first}: the size of "${name}" is ${high < 0 ? 'nearer to' : 'further from'} the truth, by ${points(absolute.value)} [${ends.join(', ')}] percentage points of the image.`,
      ];
    });
    if (sentences.length > 0) return sentences;
    return [
      `${second} compared with ${first}: no significant difference in size error (${plural(cases, 'case')}).`,
    ];
  });
}

/**
 * Returns the cases of each model with the largest size errors, in plain words: first those that are largest in the image, then those that
 * are largest next to their region, such as missed ones.
 */
export function casesToLookAt({ runs, classes, detailed }: SizeReport): SizeTable {
  const shown = runs.length === 1 ? MORE : FEW;
  const rows = runs.flatMap(({ name, cases }) => {
    const wrong = detailed
      .flatMap((k) => cases.map((one) => errorOf(one, k)))
      .filter(({ error }) => error > 0);
    const absolute = wrong.sort((a, b) => b.error - a.error).slice(0, shown);
    const relative = wrong.sort((a, b) => relativeError(b) - relativeError(a) || b.error - a.error);
    const others = relative.filter((one) => !absolute.includes(one)).slice(0, shown);
    return [...absolute, ...others].map((one) => [
      name,
      ...(detailed.length > 1 ? [classes[one.k]!] : []),
      one.id,
      inWords(one),
    ]);
  });
  return {
    title: 'Cases to look at, with the largest errors in the image and next to the true size',
    head: ['model', ...(detailed.length > 1 ? ['class'] : []), 'case', 'what is wrong'],
    rows,
  };
}

interface CaseError extends Record<'k' | 'truth' | 'predicted' | 'error', number> {
  readonly id: string;
}

function errorOf({ id, truth: all, predicted: found }: ProportionCase, k: number): CaseError {
  const [truth, predicted] = [all[k]!, found[k]!];
  return { id, k, truth, predicted, error: Math.abs(predicted - truth) };
}

/** 0 to 1; 1 where a region is missed or invented. */
const relativeError = ({ truth, predicted, error }: CaseError) => error / Math.max(truth, predicted);

function inWords({ truth, predicted }: CaseError): string {
  if (predicted === 0) return `missed: covers ${percentText(truth)} of the image`;
  if (truth === 0) return `invented: predicted on ${percentText(predicted)} of the image`;
  const direction = predicted > truth ? 'too large' : 'too small';
  return `${direction}: ${percentText(predicted)} of the image instead of ${percentText(truth)}`;
}
