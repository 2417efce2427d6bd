// What is fed, by the name that `npm run fuzz` prints.
import type { Target } from '../random-inputs.js';
import { configTarget } from './configurations.js';
import { folderTarget, listTarget, mixtureTarget } from './folders.js';
import { damagedTarget, jpegTarget, niftiTarget, pngTarget, rleTarget, tiffTarget } from './formats.js';
import { probabilityTarget, summaryTarget } from './predictions.js';

/** What `npm run fuzz` feeds, by name. */
export const TARGETS: Readonly<Record<string, Target>> = {
  png: pngTarget,
  tiff: tiffTarget,
  nifti: niftiTarget,
  jpeg: jpegTarget,
  rle: rleTarget,
  damaged: damagedTarget,
  lists: listTarget,
  mixtures: mixtureTarget,
  folders: folderTarget,
  configurations: configTarget,
  summaries: summaryTarget,
  probabilities: probabilityTarget,
};
