import { DataError, type SampleSource } from '@segloss/data';

import { imageOptions } from './image-options.js';
import { type OpenRun } from './open-run.js';
import { findImages, type RunImages } from './run-data.js';
import { RunError } from './run-error.js';
import { RunFolder } from './run-folder.js';

/** The images that the run was trained and validated with: after a change, those of `val` may be others, and the training may have seen them. */
export async function ownImages({ folder, config, fingerprint }: OpenRun): Promise<RunImages> {
  const images = await findImages(imageOptions(config));
  if (fingerprint === undefined || fingerprint === images.fingerprint) return images;
  throw new RunError(
    `testRun: images, masks or lists of ${config.data.folder} have changed since ${folder} was trained: some of ${images.val.length} validation images may be ` +
      'training images of the run; restore them, or name the folder explicitly as data (segloss test: --data) to score what it holds now',
    'other-data',
  );
}

/**
 * The images that the run was trained on, by the names in its `dataset.json`, as they are today; undefined if they cannot be read any
 * more.
 */
export async function trainedImages({ folder, config }: OpenRun): Promise<SampleSource[] | undefined> {
  const names = new Set(new RunFolder(folder).find<{ train: readonly string[] }>('dataset.json')?.train);
  if (names.size === 0) return undefined;
  try {
    const { train, val } = await findImages(imageOptions(config));
    const trained = [...train, ...val].filter(({ id }) => names.has(id));
    return trained.length < names.size ? undefined : trained;
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}
