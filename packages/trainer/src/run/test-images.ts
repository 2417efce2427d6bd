import {
  assertTrainable,
  DataError,
  datasetFingerprint,
  sharedFiles,
  type SampleSource,
  type SegmentationDataset,
} from '@segloss/data';

import { openNamed, type ReadOptions } from './open-named.js';

/** The test images of a run. */
export interface TestImages {
  readonly name: string;
  readonly sources: readonly SampleSource[];
  readonly warnings: readonly string[];
  /** SHA-256 of the images and how they are read. */
  readonly fingerprint: string;
}

/**
 * Opens test images: all images of a folder, whatever its split.
 *
 * @param dataset What the run trains and validates with.
 * @throws {DataError} If the classes or the channels differ, the images cannot be used, or one is also an image of the data set.
 */
export async function openTest(
  folder: string,
  dataset: SegmentationDataset,
  { allowNoForeground, read }: { readonly allowNoForeground: boolean; readonly read: ReadOptions },
): Promise<TestImages> {
  const test = await openNamed(folder, read);
  const { name, classes, channels } = test;
  for (const [what, own, other] of [
    ['classes', dataset.classes.join(', '), classes.join(', ')],
    ['channels', String(dataset.channels), String(channels)],
    [
      'channels',
      (dataset.channelNames ?? test.channelNames)?.join(', '),
      (test.channelNames ?? dataset.channelNames)?.join(', '),
    ],
  ] as const) {
    if (own === other) continue;
    throw new DataError(`data.test: wanted the ${what} of ${dataset.name}, ${own}, got ${other} in ${folder}`, 'invalid'); // prettier-ignore
  }
  // A test has one part, so that an empty other one is no fault.
  assertTrainable(
    { name, faults: test.faults.filter(({ kind }) => kind !== 'no-data') },
    { allowNoForeground },
  );
  const sources = [...test.train, ...test.val];
  const ids = new Set(sources.map(({ id }) => id));
  if (ids.size < sources.length) {
    throw new DataError(
      `data.test: ${folder} has two images of one name in its parts; rename one`,
      'invalid',
    );
  }
  const [shared, ...more] = await sharedFiles([...dataset.train, ...dataset.val], sources);
  if (shared !== undefined) {
    throw new DataError(
      `data.test: ${more.length + 1} of ${sources.length} test images are also images of ${dataset.name}, as ${shared}; ` +
        'a test on images of the training says nothing: remove them from one of the folders',
      'invalid',
    );
  }
  return {
    ...{ name, sources },
    warnings: test.warnings
      .filter(({ kind }) => kind !== 'empty-class')
      .map(({ message }) => `test images: ${message}`),
    fingerprint: await datasetFingerprint({ ...test, train: [], val: sources }),
  };
}
