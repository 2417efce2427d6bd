import { join } from 'node:path';

import { indexLabels } from '../read/labels.js';
import { pairFolders, readClasses } from '../read/names.js';
import { backgroundOf } from './background.js';
import { exists, pairItem, splitOf } from './items.js';
import { type Found, type Item, type Layout, type LayoutOptions } from './layout.js';

/** One's own images. */
export const folders: Layout = {
  name: 'image and mask folders',
  looks: 'images/ masks/ (and train.txt, val.txt, classes.txt if there are any)',
  takes: ['labelMap'],
  open: openFolders,
};

async function openFolders(folder: string, options: LayoutOptions): Promise<Found | undefined> {
  const [images, masks] = [join(folder, 'images'), join(folder, 'masks')];
  if (!(await exists(images, masks))) return undefined;
  return foundIn(folder, (await pairFolders(images, masks)).map(pairItem), options);
}

/** Images or volumes with masks, with the lists and classes of their folder. */
export async function foundIn(
  folder: string,
  items: readonly Item[],
  options: LayoutOptions,
): Promise<Found> {
  const lists = { train: join(folder, 'train.txt'), val: join(folder, 'val.txt') };
  const named = await readClasses(join(folder, 'classes.txt'));
  const split = await splitOf(items, lists, options);
  if (named === undefined) {
    return {
      classes: ['background', 'foreground'],
      background: 0,
      labels: { kind: 'black-and-white', foreground: 'foreground', whiteIsForeground: false },
      ...split,
    };
  }
  return {
    classes: named,
    background: backgroundOf(named),
    labels: {
      kind: 'numbers',
      rule: indexLabels(named.length),
      said: `${named.length} classes from classes.txt, 255 is ignored`,
    },
    ...split,
  };
}
