import { type Series } from '@segloss/charts';
import type { MetricsLine } from '@segloss/trainer';

import { pushTo } from '../../page/push-to.js';
import { lineFigure } from '../../page/figure.js';
import { type Html } from '../../page/html.js';
import type { Row, SectionData } from '../table.js';

/** The epochs of a row's runs, read once. */
export interface RowCurves {
  readonly name: string;
  readonly runs: readonly (readonly MetricsLine[])[];
}

/** Reads the epochs of each row that has some; also of runs that have not finished. */
export function curvesOf(rows: readonly Row[]): RowCurves[] {
  return rows
    .map(({ names, results }) => ({
      name: names.filter(Boolean).join(', '),
      runs: results.flatMap((one) => one.metrics()?.lines ?? []).length
        ? results.map((one) => one.metrics()?.lines ?? [])
        : [],
    }))
    .filter(({ runs }) => runs.length > 0);
}

/** A logarithmic axis has no 0: a smaller ratio is drawn here. */
const SMALLEST_RATIO = 0.01;

/** Mean over seeds at every epoch, with the range of the seeds as a band; epochs are counted from 1. */
function series(name: string, { runs }: RowCurves, value: (line: MetricsLine) => number): Series {
  const byEpoch = new Map<number, number[]>();
  for (const line of runs.flat()) {
    const y = value(line);
    if (Number.isFinite(y)) pushTo(byEpoch, line.epoch + 1, y);
  }
  const entries = [...byEpoch].sort(([a], [b]) => a - b);
  const points = entries.map(([x, ys]): [number, number] => [x, ys.reduce((a, b) => a + b, 0) / ys.length]);
  const band = entries.map(([x, ys]): [number, number, number] => [x, Math.min(...ys), Math.max(...ys)]);
  return runs.length > 1 ? { name, points, band } : { name, points };
}

/** Validation Dice of every row. */
export function diceChart(rows: readonly RowCurves[]): Html {
  return lineFigure({
    title: 'Validation Dice',
    description:
      'Foreground mean Dice on the validation images after every epoch, one line for each row of the table.',
    x: { label: 'epoch' },
    y: { label: 'Dice' },
    series: rows.map((row) => series(row.name, row, ({ val }) => val.foregroundDice)),
  });
}

/** Predicted / true proportion of the rarest class over the epochs, with a line where they are equal. */
export function ratioChart(
  rows: readonly RowCurves[],
  { classes, rareClass }: SectionData,
  kind: 'soft' | 'hard',
): Html {
  const name = classes[rareClass] ?? '';
  const how = kind === 'soft' ? 'probabilities summed' : 'pixels counted';
  return lineFigure({
    title: `p/q of "${name}", ${kind}`,
    description: `Predicted / true proportion of "${name}" on the validation images after every epoch (${how}).`,
    x: { label: 'epoch' },
    y: { label: 'predicted / true proportion', scale: 'log' },
    series: rows.map((row) =>
      series(row.name, row, ({ val }) =>
        Math.max(SMALLEST_RATIO, (val[kind][rareClass] ?? NaN) / (val.truth[rareClass] ?? NaN)),
      ),
    ),
    marks: [{ y: 1, label: 'p = q' }],
  });
}

/** Training and validation loss of one row, and its terms without their weights. */
export function lossChart(row: RowCurves): Html {
  const names = [...new Set(row.runs.flat().flatMap((line) => Object.keys(line.terms)))];
  const total = series('training, total', row, (line) => line.loss);
  const validation = series('validation, total', row, ({ val }) => val.loss);
  const terms = names.map((name) => series(`training, ${name}`, row, (line) => line.terms[name] ?? NaN));
  return lineFigure({
    title: row.name,
    description: `Training and validation loss of ${row.name} by epoch, with its unweighted terms.`,
    x: { label: 'epoch' },
    y: { label: 'loss' },
    series: [total, { ...validation, dash: '4 4' }, ...(names.length > 1 ? terms : [])],
  });
}
