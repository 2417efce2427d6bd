import { summarizeScores, type LesionSizeBin, type LesionSummary, type ScoreSummary } from '@segloss/metrics';

import { foregroundOf, type Row, type Section } from './table.js';

/** The lesions of one class under one row of the table: means over its repetitions. */
export interface LesionResult {
  readonly row: Row;
  /** Index of the class. */
  readonly k: number;
  /** Ends of their true sizes; undefined for all sizes. */
  readonly size: Pick<LesionSizeBin, 'from' | 'to'> | undefined;
  /** True lesions. */
  readonly lesions: number;
  readonly missed: ScoreSummary;
  readonly invented: ScoreSummary;
  readonly recall: ScoreSummary;
  /** p/q over the true lesions. */
  readonly ratio: ScoreSummary;
  /** Of all sizes only: an invented lesion has no true size. */
  readonly rates?: Readonly<Record<'precision' | 'f1' | 'pq', ScoreSummary>>;
}

/**
 * Returns the lesions of every row and class, over all sizes and then by size.
 *
 * @returns Nothing for rows whose runs did not keep lesions, as those of older versions.
 */
export function lesionResults({ data, rows }: Pick<Section, 'data' | 'rows'>): LesionResult[] {
  return foregroundOf(data).flatMap((k) =>
    rows.flatMap((row): LesionResult[] => {
      const all = row.replicates.flatMap(({ summary }) => summary.classes[k]?.lesions ?? []);
      if (row.constant || all.length === 0 || all.length < row.replicates.length) return [];
      const over = (of: (summary: LesionSummary) => number | null) => scoreOf(all.map(of));
      const [{ lesions, bySize }] = all as [LesionSummary, ...LesionSummary[]];
      return [
        {
          ...{ row, k, size: undefined, lesions },
          ...{ missed: over((one) => one.missed), invented: over((one) => one.invented) },
          ...{ recall: over((one) => one.recall), ratio: over((one) => one.ratio) },
          rates: {
            precision: over((one) => one.precision),
            f1: over((one) => one.f1),
            pq: over(({ panoptic }) => panoptic.pq),
          },
        },
        // Every repetition is of the same images, and bins depend on the truth alone.
        ...bySize.map(({ from, to, lesions: count }, i): LesionResult => {
          const inBin = (of: (bin: LesionSizeBin) => number | null) => over((one) => of(one.bySize[i]!));
          return {
            ...{ row, k, size: { from, to }, lesions: count },
            ...{ missed: inBin((bin) => bin.missed), invented: inBin((bin) => bin.invented) },
            ...{ recall: inBin((bin) => bin.recall), ratio: inBin((bin) => bin.ratio) },
          };
        }),
      ];
    }),
  );
}

const scoreOf = (values: readonly (number | null)[]) => summarizeScores(values.map((value) => value ?? NaN));
