import { type StatisticName } from '@segloss/losses';

/** One number for each class. */
export type Row = Float64Array;

const NAMES: readonly StatisticName[] = [
  'count',
  'target',
  'targetSquares',
  'predicted',
  'predictedSquares',
  'overlap',
  'overlapSquares',
  'difference',
  'logLikelihood',
  'logSum',
  'tempered',
  'predictedComplement',
  'temperedComplement',
  'complementLogLikelihood',
  'complementLogSum',
];

/** A row for each statistic. */
export type StatisticRows = Readonly<Record<StatisticName, Row>>;

/** The derivatives dy `[S, B, K]` by the statistics of image `b`, a row for each; zeros for those that are not asked for. */
export function derivativeRows(
  dy: Float32Array,
  statistics: readonly StatisticName[],
  { b, batch, classes }: { b: number; batch: number; classes: number },
): StatisticRows {
  const rows = NAMES.map((name) => {
    const at = (statistics.indexOf(name) * batch + b) * classes;
    return [name, at < 0 ? new Float64Array(classes) : Float64Array.from(dy.subarray(at, at + classes))];
  });
  return Object.fromEntries(rows) as StatisticRows;
}
