import type { CaseScore } from '@segloss/metrics';

import { kept } from './packed.js';

/** The scores of many images in one array, so that thousands of runs fit into memory. */
export interface CaseTable {
  readonly ids: readonly string[];
  /** Number of classes. */
  readonly classes: number;
  /** For each image and class: {@link FIELDS}. */
  readonly values: Float64Array;
}

/** Pixels that count, pixels of the class in truth and prediction, summed probability, Dice; NaN where undefined. */
const FIELDS = ['pixels', 'target', 'predicted', 'soft', 'dice'] as const;

export type CaseField = (typeof FIELDS)[number];

const known = new Map<string, readonly string[]>();

/** Packs scores of images. */
export function caseTable(cases: readonly CaseScore[]): CaseTable {
  const classes = cases[0]?.classes.length ?? 0;
  const values = new Float64Array(cases.length * classes * FIELDS.length);
  let at = 0;
  for (const one of cases) {
    for (const { pixels, target, predicted, softPredicted, dice } of one.classes) {
      for (const value of [pixels, target, predicted, softPredicted, dice]) values[at++] = value ?? NaN;
    }
  }
  return { ids: sharedList(cases.map(({ id }) => id)), classes, values: kept(values) };
}

/** Returns one list for all runs with the same names, of images or classes. */
export function sharedList(ids: readonly string[]): readonly string[] {
  const key = ids.join('\n');
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size > 1000) known.clear();
  known.set(key, ids);
  return ids;
}

/** Puts tables of different images together. */
export function joined(tables: readonly CaseTable[]): CaseTable {
  const values = new Float64Array(tables.reduce((sum, one) => sum + one.values.length, 0));
  let at = 0;
  for (const one of tables) {
    values.set(one.values, at);
    at += one.values.length;
  }
  return { ids: sharedList(tables.flatMap(({ ids }) => ids)), classes: tables[0]?.classes ?? 0, values };
}

/** Returns a value of an image and a class. */
export function valueOf({ classes, values }: CaseTable, image: number, k: number, field: CaseField): number {
  return values[(image * classes + k) * FIELDS.length + FIELDS.indexOf(field)]!;
}

/**
 * Returns the Dice of every image: the mean over some classes where it is defined; NaN where none is in truth or prediction.
 *
 * @param classes Indices of the classes.
 */
export function imageDice(table: CaseTable, classes: readonly number[]): Float64Array {
  return Float64Array.from(table.ids, (_, image) => {
    const scores = classes
      .map((k) => valueOf(table, image, k, 'dice'))
      .filter((score) => !Number.isNaN(score));
    return scores.reduce((sum, score) => sum + score, 0) / scores.length;
  });
}
