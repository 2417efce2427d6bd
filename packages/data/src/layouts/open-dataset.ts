import { DataError } from '../errors.js';
import { type SegmentationDataset } from '../types.js';
import { cityscapes } from './cityscapes.js';
import { cvc } from './cvc.js';
import { list } from './files.js';
import { folders } from './folders.js';
import { type Layout, type OpenDatasetOptions } from './layout.js';
import { polyp } from './polyp.js';
import { retinalLesions } from './retinal-lesions.js';
import { segNet } from './segnet.js';
import { voc } from './voc.js';

/** Layouts in the order in which they are tried; a new one is a file and an entry here. */
const LAYOUTS: readonly Layout[] = [polyp, segNet, cityscapes, voc, retinalLesions, cvc, folders];

/**
 * Opens a folder of images with masks in a layout that it recognizes: those of the paper (polyp, retinal lesions,
 * Cityscapes), SegNet/CamVid, Pascal VOC, CVC-ClinicDB, or `images/` beside `masks/`. Images and masks are paired at once, and read when they are asked for.
 *
 * @param folder Path.
 * @param options See {@link OpenDatasetOptions}.
 * @throws {DataError} `missing-folder`, `no-data` (lists what was looked for), `unpaired` (names the files); on load
 *   `size-mismatch`, `bad-label`, `unreadable`.
 *
 * @example
 * ```ts
 * await openDataset('no-such-folder').catch((error) => error.code); // → "missing-folder"
 * ```
 */
export async function openDataset(
  folder: string,
  options: OpenDatasetOptions = {},
): Promise<SegmentationDataset> {
  const { seed = 1, valShare = 0.2 } = options;
  if (!(valShare > 0 && valShare < 1)) {
    throw new RangeError(`openDataset: wanted valShare between 0 and 1, got ${String(valShare)}`);
  }
  const found = await list(folder);
  if (found === undefined) {
    throw new DataError(
      `no folder ${folder}; give the path of a folder with images and masks`,
      'missing-folder',
    );
  }
  for (const layout of LAYOUTS) {
    const dataset = await layout.open(folder, { seed, valShare });
    if (dataset) return dataset;
  }
  const looked = LAYOUTS.map(({ name, looks }) => `  ${name}: ${looks}`).join('\n');
  const names = found.slice(0, 8).join(', ') || 'nothing';
  throw new DataError(`no data in ${folder}; looked for\n${looked}\nand found ${names}`, 'no-data');
}
