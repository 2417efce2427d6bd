import { imageOptions } from './image-options.js';
import { type OpenRun } from './open-run.js';
import { findImages, type RunImages } from './run-data.js';
import { RunError } from './run-error.js';

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
