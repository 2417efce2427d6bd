import { IGNORED } from '@segloss/data/samples';

import { loadGroups, inGroups, type TrainingItem } from './batches.js';

/** Images in memory together. */
const GROUP = 8;

/**
 * Proportion of each class over the pixels of all images that count, as they are read; each class counted once more than it occurs, so that none
 * has proportion 0.
 */
export async function classPrior(items: readonly TrainingItem[], classes: number): Promise<number[]> {
  const counts = new Float64Array(classes).fill(1);
  for await (const samples of loadGroups(inGroups(items, GROUP), undefined, { maskOnly: true })) {
    for (const { mask, id } of samples) {
      for (const label of mask) {
        if (label === IGNORED) continue;
        if (label >= classes) {
          throw new RangeError(
            `train: wanted labels from 0 to ${classes - 1} or ${IGNORED}, got ${label} in ${id}`,
          );
        }
        counts[label]!++;
      }
    }
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Array.from(counts, (count) => count / total);
}
