import { basename, join } from 'node:path';

import { pairFolders } from '../read/names.js';
import { exists, pairItem, splitOf } from './items.js';
import { type Found, type Layout, type LayoutOptions } from './layout.js';

/** The paper's polyp data. */
export const polyp: Layout = {
  name: 'polyp',
  looks: 'TrainDataset/ with images/, masks/, train.txt, val.txt (or that folder itself)',
  takes: ['labelMap'],
  open: openPolyp,
};

async function openPolyp(folder: string, options: LayoutOptions): Promise<Found | undefined> {
  const inside = join(folder, 'TrainDataset');
  const root = (await exists(inside)) ? inside : folder;
  if (basename(root) !== 'TrainDataset') return undefined; // other folders may hold class numbers
  const lists = { train: join(root, 'train.txt'), val: join(root, 'val.txt') };
  if (!(await exists(join(root, 'images'), join(root, 'masks')))) return undefined;
  if (!(await exists(lists.train)) && !(await exists(lists.val))) return undefined;
  const pairs = await pairFolders(join(root, 'images'), join(root, 'masks'));
  return {
    classes: ['background', 'polyp'],
    background: 0,
    channels: 3,
    labels: { kind: 'black-and-white', foreground: 'polyp', whiteIsForeground: true },
    ...(await splitOf(pairs.map(pairItem), lists, options)),
  };
}
