import { basename, join } from 'node:path';

import { DataError } from '../errors.js';
import { pairSource, thresholdLabels } from '../pairs.js';
import { type SampleSource, type SegmentationDataset } from '../types.js';
import { exists, list, pairFolders, splitPairs } from './files.js';
import { type Layout, type OpenDatasetOptions } from './layout.js';

/**
 * CVC-ClinicDB as published.
 *
 * @see Bernal et al., "WM-DOVA maps for accurate polyp highlighting in colonoscopy", CMIG 2015.
 */
export const cvc: Layout = {
  name: 'CVC-ClinicDB',
  looks: 'Original/ beside "Ground Truth/" (also within PNG/)',
  open: openCvc,
};

async function openCvc(
  folder: string,
  { seed, valShare }: Required<OpenDatasetOptions>,
): Promise<SegmentationDataset | undefined> {
  const inside = join(folder, 'PNG');
  const root = (await exists(inside)) ? inside : folder;
  const [images, masks] = [join(root, 'Original'), join(root, 'Ground Truth')];
  if (!(await exists(images, masks))) return undefined;
  const pairs = await pairFolders(images, masks);
  if (pairs.length < 2) {
    const tiff = ((await list(images)) ?? []).some((name) => /\.tiff?$/i.test(name));
    throw new DataError(
      `wanted two or more PNG or JPEG images in ${images}, got ${pairs.length}` +
        (tiff ? '; the TIFF files are not read: take the PNG folder of the same set, or convert them' : ''),
      'no-data',
    );
  }
  const [train, val] = splitPairs(pairs, seed, valShare).map((part) =>
    part.map((pair) => pairSource(pair, 3, thresholdLabels())),
  ) as [SampleSource[], SampleSource[]];
  return {
    name: basename(folder),
    classes: ['background', 'polyp'],
    channels: 3,
    train,
    val,
    description:
      `CVC-ClinicDB layout, ${train.length} + ${val.length} images (split by seed ${seed}); ` +
      'mask values above 127 are polyp',
  };
}
