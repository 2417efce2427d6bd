import { basename, join } from 'node:path';

import { DataError } from '../errors.js';
import { thresholdLabels } from '../read/labels.js';
import { sourceOf } from '../read/origin.js';
import { type SampleSource, type SegmentationDataset } from '../samples/sample.js';
import { exists, pairFolders, splitItems } from './files.js';
import { type Layout, type LayoutOptions } from './layout.js';

/**
 * CVC-ClinicDB as published.
 *
 * @see Bernal et al., "WM-DOVA maps for accurate polyp highlighting in colonoscopy", CMIG 2015.
 */
export const cvc: Layout = {
  name: 'CVC-ClinicDB',
  looks: 'Original/ beside "Ground Truth/" (also within PNG/)',
  takes: [],
  open: openCvc,
};

async function openCvc(
  folder: string,
  { seed, valShare }: LayoutOptions,
): Promise<SegmentationDataset | undefined> {
  const inside = join(folder, 'PNG');
  const root = (await exists(inside)) ? inside : folder;
  const [images, masks] = [join(root, 'Original'), join(root, 'Ground Truth')];
  if (!(await exists(images, masks))) return undefined;
  const pairs = await pairFolders(images, masks);
  if (pairs.length < 2) {
    throw new DataError(`wanted two or more images in ${images}, got ${pairs.length}`, 'no-data');
  }
  const [train, val] = splitItems(pairs, seed, valShare).map((part) =>
    part.map((pair) => sourceOf({ reader: 'pair', ...pair, channels: 3, rule: thresholdLabels() })),
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
