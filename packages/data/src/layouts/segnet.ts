import { join } from 'node:path';

import { indexLabels } from '../read/labels.js';
import { pairFolders, readClasses } from '../read/names.js';
import { backgroundOf } from './background.js';
import { exists, pairItem } from './items.js';
import { type Found, type Item, type Layout } from './layout.js';

const CAMVID_CLASSES = 'sky building pole road pavement tree sign fence car pedestrian bicyclist'.split(' ');

/** SegNet's files of CamVid. */
export const segNet: Layout = {
  name: 'SegNet/CamVid',
  looks: 'train/ trainannot/ val/ valannot/',
  takes: ['labelMap'],
  open: openSegNet,
};

async function openSegNet(folder: string): Promise<Found | undefined> {
  const parts = ['train', 'val'].map((name) => [join(folder, name), join(folder, `${name}annot`)] as const);
  if (!(await exists(...parts.flat()))) return undefined;
  const named = await readClasses(join(folder, 'classes.txt'));
  const classes = named ?? CAMVID_CLASSES;
  const items = async ([images, masks]: readonly [string, string]): Promise<Item[]> =>
    (await pairFolders(images, masks)).map(pairItem);
  return {
    classes,
    background: backgroundOf(classes),
    channels: 3,
    train: await items(parts[0]!),
    val: await items(parts[1]!),
    seeded: false,
    labels: {
      kind: 'numbers',
      rule: indexLabels(classes.length, classes.length),
      said: `${classes.length} classes${named ? ' from classes.txt' : ' of CamVid'}; label ${classes.length} is ignored, and 255`,
    },
  };
}
