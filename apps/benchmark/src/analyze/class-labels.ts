import { DataError } from '@segloss/data/masks';

import type { Counts } from './count.js';
import { CaseError } from './faults.js';

/** The classes of an analysis, and the label that stands for each. */
export interface ClassLabels {
  readonly classes: readonly string[];
  readonly background: number | undefined;
  /** The label of each class. */
  readonly labels: readonly number[];
  /**
   * Shares of the classes among the pixels that count.
   *
   * @throws {CaseError} If a label is no class, or no pixel counts.
   */
  proportions(counts: Counts, where: string): number[];
}

/**
 * Names the classes: `names` for the labels 0 to K-1, else the labels that were found.
 *
 * @throws {DataError} `bad-label`, if fewer than two labels were found.
 */
export function classLabels(names: readonly string[] | undefined, found: Iterable<number>): ClassLabels {
  const labels = names === undefined ? [...new Set(found)].sort((a, b) => a - b) : names.map((_, k) => k);
  if (labels.length < 2) {
    throw new DataError(
      `wanted masks of at least two labels, got ${labels.join(', ') || 'none'} in all of them; if other labels exist, name them: --classes background,lesion`,
      'bad-label',
    );
  }
  const place = new Map(labels.map((label, k) => [label, k]));
  const isTwo = labels.length === 2 && labels[0] === 0;
  return {
    classes: names ?? (isTwo ? ['background', 'foreground'] : labels.map(String)),
    background: isTwo ? 0 : undefined,
    labels,
    proportions: (counts, where) => {
      const pixels = new Array<number>(labels.length).fill(0);
      for (const [label, count] of counts) {
        const k = place.get(label);
        if (k !== undefined) pixels[k]! += count;
        else if (count > 0) throw noClass(label, labels, where); // a channel of probabilities may be empty
      }
      const total = pixels.reduce((sum, count) => sum + count, 0);
      if (total === 0) throw new CaseError('bad-label', `no pixel of the ${where} counts: all are ignored`);
      return pixels.map((count) => count / total);
    },
  };
}

const noClass = (label: number, labels: readonly number[], where: string) =>
  new CaseError(
    'bad-label',
    `wanted the labels ${labels.join(', ')} in the ${where}, got ${label}; name every class, or save other labels`,
  );
