import { caseOf, DataError, foldOf, type SampleSource, type SegmentationDataset } from '@segloss/data';

import { groupNaming } from './groups.js';
import { type ImageOptions } from './image-options.js';

type FoldKeys = Pick<ImageOptions, 'folder' | 'folds' | 'fold' | 'innerFolds' | 'innerFold' | 'groups'>;

/**
 * Divides a data set by the folds of a configuration: `fold` of `folds` of all its images is validated, then `innerFold` of `innerFolds` of
 * the training images, without the images that were validated before. Without either, the data set stays as it is.
 *
 * @throws {DataError} If groups cannot be read, a case has none, or there are fewer groups than folds.
 */
export async function splitByFolds(
  dataset: SegmentationDataset,
  { folder, folds, fold = 0, innerFolds, innerFold = 0, groups }: FoldKeys,
): Promise<SegmentationDataset> {
  if (folds === undefined && innerFolds === undefined) return dataset;
  const groupOfCase = await groupNaming(groups);
  const groupOf = (source: SampleSource) => groupOfCase(caseOf(source));
  const divide = (items: readonly SampleSource[], count: number, index: number) => {
    try {
      return foldOf(items, { folds: count, fold: index, groupOf });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new DataError(
        `${folder}: ${error.message.replace(/^foldOf: /, '')}; use fewer folds`,
        'bad-split',
      );
    }
  };
  let parts = { train: [...dataset.train], val: [...dataset.val] };
  const said: string[] = [];
  if (folds !== undefined) {
    parts = divide(pooled(parts), folds, fold);
    said.push(`fold ${fold} of ${folds} is validated (${parts.train.length} + ${parts.val.length} images)`);
  }
  if (innerFolds !== undefined) {
    parts = divide(parts.train, innerFolds, innerFold);
    said.push(
      `part ${innerFold} of ${innerFolds} of the training images is validated (${parts.train.length} + ${parts.val.length} images)`,
    );
  }
  // What was found about the two parts of the folder's own split is not about these.
  const split = new Set(['empty-class', 'sizes']);
  return {
    ...dataset,
    ...parts,
    description: [dataset.description, ...said].join('; '),
    warnings: dataset.warnings.filter(({ kind }) => !split.has(kind)),
    faults: dataset.faults.filter(({ kind }) => kind !== 'no-data'),
  };
}

/** All images once, under names of their own: images of both parts may have one name. */
function pooled({ train, val }: Record<'train' | 'val', readonly SampleSource[]>): SampleSource[] {
  const known = new Map(train.map((source) => [source.id, source]));
  const same = (a: SampleSource, b: SampleSource | undefined) =>
    a === b || (a.origin !== undefined && JSON.stringify(a.origin) === JSON.stringify(b?.origin));
  const others = val.filter((source) => !same(source, known.get(source.id))); // lists may overlap
  if (others.every(({ id }) => !known.has(id))) return [...train, ...others];
  const under = (part: string, sources: readonly SampleSource[]) =>
    sources.map((source) => ({ ...source, id: `${part}/${source.id}` }));
  return [...under('train', train), ...under('val', others)];
}
