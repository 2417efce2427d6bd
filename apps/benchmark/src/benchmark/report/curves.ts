import { type Series } from '@segloss/charts';

import { lineFigure } from '../../page/figure.js';
import { type Html } from '../../page/html.js';
import { rowName, type Row, type SectionData } from '../table.js';

/** A curve over the epochs of a row's runs: of each epoch the sum, the number of runs, and the range of their values. */
type Curve = Map<number, { sum: number; count: number; low: number; high: number }>;

/** What is drawn of the epochs of a row's runs; the runs are read one by one, and their epochs are not kept. */
export interface RowCurves {
  readonly name: string;
  readonly runs: number;
  readonly dice: Curve;
  /** Predicted / true proportion of the rarest class. */
  readonly soft: Curve;
  readonly hard: Curve;
  readonly training: Curve;
  readonly validation: Curve;
  readonly terms: ReadonlyMap<string, Curve>;
}

/**
 * Reads the epochs of each row that has some; also of runs that have not finished.
 *
 * @param rareClass Class of the curves of proportions.
 */
export function curvesOf(rows: readonly Row[], rareClass: number): RowCurves[] {
  return rows.map((row) => curvesOfRow(row, rareClass)).filter(({ training }) => training.size > 0);
}

function curvesOfRow(row: Row, rareClass: number): RowCurves {
  const terms = new Map<string, Curve>();
  const curves = { dice: empty(), soft: empty(), hard: empty(), training: empty(), validation: empty() };
  for (const one of row.results) {
    for (const { epoch, loss, terms: values, val } of one.metrics()?.lines ?? []) {
      const ratio = (kind: 'soft' | 'hard') => Math.max(SMALLEST_RATIO, (val[kind][rareClass] ?? NaN) / (val.truth[rareClass] ?? NaN)); // prettier-ignore
      add(curves.dice, epoch, val.foregroundDice);
      add(curves.soft, epoch, ratio('soft'));
      add(curves.hard, epoch, ratio('hard'));
      add(curves.training, epoch, loss);
      add(curves.validation, epoch, val.loss);
      for (const [name, value] of Object.entries(values)) {
        if (!terms.has(name)) terms.set(name, empty());
        add(terms.get(name)!, epoch, value);
      }
    }
  }
  return { name: rowName(row), runs: row.results.length, ...curves, terms };
}

const empty = (): Curve => new Map();

/** Epochs are counted from 1. */
function add(curve: Curve, epoch: number, value: number): void {
  if (!Number.isFinite(value)) return;
  const before = curve.get(epoch + 1);
  if (before === undefined) {
    curve.set(epoch + 1, { sum: value, count: 1, low: value, high: value });
    return;
  }
  before.sum += value;
  before.count++;
  before.low = Math.min(before.low, value);
  before.high = Math.max(before.high, value);
}

/** A logarithmic axis has no 0: a smaller ratio is drawn here. */
const SMALLEST_RATIO = 0.01;

/** Mean over seeds at every epoch, with the range of the seeds as a band. */
function series(name: string, { runs }: RowCurves, curve: Curve): Series {
  const entries = [...curve].sort(([a], [b]) => a - b);
  const points = entries.map(([x, { sum, count }]): [number, number] => [x, sum / count]);
  const band = entries.map(([x, { low, high }]): [number, number, number] => [x, low, high]);
  return runs > 1 ? { name, points, band } : { name, points };
}

/** Validation Dice of every row. */
export function diceChart(rows: readonly RowCurves[]): Html {
  return lineFigure({
    title: 'Validation Dice',
    description:
      'Foreground mean Dice on the validation images after every epoch, one line for each row of the table.',
    x: { label: 'epoch' },
    y: { label: 'Dice' },
    series: rows.map((row) => series(row.name, row, row.dice)),
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
    series: rows.map((row) => series(row.name, row, row[kind])),
    marks: [{ y: 1, label: 'p = q' }],
  });
}

/** Training and validation loss of one row, and its terms without their weights. */
export function lossChart(row: RowCurves): Html {
  const total = series('training, total', row, row.training);
  const validation = series('validation, total', row, row.validation);
  const terms = [...row.terms].map(([name, curve]) => series(`training, ${name}`, row, curve));
  return lineFigure({
    title: row.name,
    description: `Training and validation loss of ${row.name} by epoch, with its unweighted terms.`,
    x: { label: 'epoch' },
    y: { label: 'loss' },
    series: [total, { ...validation, dash: '4 4' }, ...(terms.length > 1 ? terms : [])],
  });
}
