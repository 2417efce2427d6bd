import { DataError, type DataErrorCode } from '../errors.js';
import { type SegmentationDataset } from '../samples/sample.js';

/**
 * Throws if a data set cannot be used for training: masks that cannot be read or hold values that are no labels, a part without
 * images, or no foreground at all. What `segloss data check` calls unusable and what this refuses is the same, but for faults of
 * images, which are found when they are read.
 *
 * @param dataset Of `openDataset`, or generated.
 * @param options `allowNoForeground`: train although no pixel of any mask is foreground; default false.
 * @throws {DataError} With the first fault, its code, and how many more there are.
 *
 * @example
 * ```ts
 * assertTrainable(demoDataset()); // → undefined
 * ```
 */
export function assertTrainable(
  { name, faults }: Pick<SegmentationDataset, 'name' | 'faults'>,
  { allowNoForeground = false }: { allowNoForeground?: boolean } = {},
): void {
  const [first, ...more] = faults.filter(({ kind }) => !(allowNoForeground && kind === 'no-foreground'));
  if (first === undefined) return;
  const others = more.length === 0 ? '' : ` (and ${more.length} more; see segloss data check)`;
  throw new DataError(`${name}: ${first.message}${others}`, first.kind as DataErrorCode);
}
