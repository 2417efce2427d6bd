import { summarizeCases, type CaseScore, type CasesSummary } from '@segloss/metrics';

import { pushTo } from '../page/push-to.js';
import { joined, type CaseTable } from './case-table.js';
import { packed } from './packed.js';
import type { CellResult, CellScores, Results } from './results.js';

/** One repetition of a row, scored on all images of its data set: a training, or the trainings of all folds together. */
export interface Replicate {
  /** Label of the seed; with test images also that of the fold. Empty without either. */
  readonly name: string;
  /** Made anew, from what is kept of it, each time that it is read. */
  readonly summary: CasesSummary;
  readonly table: CaseTable;
  /** Reads the scores of every image. */
  readonly cases: () => readonly CaseScore[];
}

/**
 * Returns the repetitions of a row. Validation images of several folds are scored together, image by image, since each is validated in one
 * fold only; a repetition counts once all of its folds have finished. Test images are the same in every fold, so that each training is a
 * repetition.
 */
export function replicatesOf(
  cells: readonly CellResult[],
  { axes, part }: Pick<Results, 'axes' | 'part'>,
): Replicate[] {
  const fold = axes.find(({ key }) => key === 'fold')?.title;
  const seed = axes.find(({ key }) => key === 'seed')?.title;
  const name = (labels: CellResult['labels']) => [seed, part === 'test' ? fold : undefined].flatMap((title) => (title === undefined ? [] : (labels[title] ?? []))).join(', '); // prettier-ignore
  if (fold === undefined || part === 'test') {
    return cells.flatMap(({ labels, scores }) =>
      scores === undefined ? [] : [replicate(name(labels), scores.table, scores.cases, () => scores.summary)],
    );
  }
  const groups = new Map<string, CellResult[]>();
  for (const cell of cells) pushTo(groups, name(cell.labels), cell);
  return [...groups].flatMap(([label, folds]) => {
    const scores = folds.flatMap((one) => one.scores ?? []);
    return scores.length < folds.length ? [] : [pooled(label, scores)];
  });
}

function pooled(name: string, scores: readonly CellScores[]): Replicate {
  const cases = () => scores.flatMap((one) => one.cases());
  const { classes, background } = scores[0]!;
  const summary = packed(summarizeCases(cases(), { classes, background }));
  return replicate(name, joined(scores.map(({ table }) => table)), cases, summary);
}

function replicate(
  name: string,
  table: CaseTable,
  cases: Replicate['cases'],
  summary: () => CasesSummary,
): Replicate {
  return {
    ...{ name, table, cases },
    get summary() {
      return summary();
    },
  };
}
