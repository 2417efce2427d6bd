import { openMasks, readImage, readLabelMap, readNifti } from '@segloss/data';

import { listMasks } from './list-masks.js';
import { grayProbabilities, reading, type Probabilities } from './read-mask.js';
import { readRuns, type FolderRequest, type MaskStore } from './read-runs.js';
import type { ReadRuns } from './runs.js';
import { sameContent } from './same-content.js';

const NIFTI = /\.nii(\.gz)?$/i;

/** Folders of the disk. */
const disk: MaskStore = {
  list: listMasks,
  labelMap: readLabelMap,
  open: openMasks,
  probabilities: (file) => reading(() => readProbabilities(file)),
  same: sameContent,
};

/** As `readRuns`, from folders of the disk. */
export const readFolders = (request: FolderRequest): Promise<ReadRuns> => readRuns(request, disk);

/** Reads probabilities: NIfTI from 0 to 1, one value or one for each class; gray PNG or TIFF, whose largest value means 1. */
async function readProbabilities(file: string): Promise<Probabilities> {
  if (!NIFTI.test(file)) return grayProbabilities(file, await readImage(file));
  const volume = await readNifti(file);
  return { file, volume, shape: volume.shape, channels: volume.channels, values: volume.values };
}
