import { openMasks, readImage, readLabelMap, readNifti, readNumpy, type NumpyArray } from '@segloss/data';

import { CaseError } from './faults.js';
import { listMasks } from './list-masks.js';
import { ARRAYS } from './pair-files.js';
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
  probabilities: (file, shape) => reading(() => readProbabilities(file, shape)),
  same: sameContent,
};

/** As `readRuns`, from folders of the disk. */
export const readFolders = (request: FolderRequest): Promise<ReadRuns> => readRuns(request, disk);

/**
 * Reads probabilities: NIfTI from 0 to 1, one value or one for each class; arrays of NumPy, as nnU-Net writes them; gray PNG or TIFF, whose
 * largest value means 1.
 */
async function readProbabilities(file: string, shape: readonly number[]): Promise<Probabilities> {
  if (ARRAYS.test(file)) return { file, ...channelsFirst(file, await readNumpy(file), shape) };
  if (!NIFTI.test(file)) return grayProbabilities(file, await readImage(file));
  const volume = await readNifti(file);
  return { file, volume, shape: volume.shape, channels: volume.channels, values: volume.values };
}

/**
 * The axes of an array: those of the image alone, with the classes before them (as nnU-Net writes them), or with the classes behind. Axes of one
 * pixel do not count.
 */
function channelsFirst(
  file: string,
  { shape, values }: NumpyArray,
  image: readonly number[],
): Pick<Probabilities, 'shape' | 'channels' | 'values'> {
  const text = (sides: readonly number[]) => sides.filter((side) => side !== 1).join('x');
  const pixels = image.reduce((product, side) => product * side, 1);
  const channels = values.length / pixels;
  if (text(shape) === text(image)) return { shape: image, channels: 1, values };
  const first = shape[0] === channels && text(shape.slice(1)) === text(image);
  const last = shape.at(-1) === channels && text(shape.slice(0, -1)) === text(image);
  if (first) return { shape: image, channels, values };
  if (last) {
    const turned = new Float32Array(values.length);
    for (let i = 0; i < values.length; i++)
      turned[(i % channels) * pixels + Math.floor(i / channels)] = values[i]!;
    return { shape: image, channels, values: turned };
  }
  throw new CaseError(
    'size-mismatch',
    `wanted probabilities of the size of the true mask, ${image.join('x')}, with the classes as the first or the last axis in ${file}, got ${shape.join('x')}`,
  );
}
