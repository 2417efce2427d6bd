import { basename, join } from 'node:path';

import { thresholdLabels } from '../read/labels.js';
import { sourceOf } from '../read/origin.js';
import { type SegmentationDataset } from '../samples/sample.js';
import { chosen, exists, lines, pairFolders } from './files.js';
import { type Layout } from './layout.js';

/** The paper's polyp data. */
export const polyp: Layout = {
  name: 'polyp',
  looks: 'TrainDataset/ with images/, masks/, train.txt, val.txt (or that folder itself)',
  takes: [],
  open: openPolyp,
};

async function openPolyp(folder: string): Promise<SegmentationDataset | undefined> {
  const inside = join(folder, 'TrainDataset');
  const root = (await exists(inside)) ? inside : folder;
  if (basename(root) !== 'TrainDataset') return undefined; // other folders may hold class numbers, which no threshold keeps
  const [train, val] = await Promise.all(['train.txt', 'val.txt'].map((name) => lines(join(root, name))));
  if (!train || !val || !(await exists(join(root, 'images'), join(root, 'masks')))) return undefined;
  const pairs = await pairFolders(join(root, 'images'), join(root, 'masks'));
  const part = (names: readonly string[], list: string) =>
    chosen(pairs, names, join(root, list)).map((pair) =>
      sourceOf({ reader: 'pair', ...pair, channels: 3, rule: thresholdLabels() }),
    );
  return {
    name: basename(folder),
    classes: ['background', 'polyp'],
    channels: 3,
    train: part(train, 'train.txt'),
    val: part(val, 'val.txt'),
    description: `polyp layout, ${train.length} + ${val.length} images; mask values above 127 are polyp`,
  };
}
