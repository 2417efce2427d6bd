import { join } from 'node:path';

import { DataError } from '../errors.js';
import { namesIn } from '../formats/bytes.js';
import { indexLabels } from '../read/labels.js';
import { byId, imagesById, readClasses } from '../read/names.js';
import { type Pair } from '../read/pairs.js';
import { backgroundOf } from './background.js';
import { exists, pairItem, splitOf } from './items.js';
import { type Found, type Layout, type LayoutOptions } from './layout.js';

const CLASSES =
  'background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'.split(
    ' ',
  );
/** Where tools that write this layout put the names of one's own classes. */
const CLASS_FILES = ['classes.txt', 'class_names.txt', 'labels.txt'];

/**
 * Pascal VOC: palette masks whose index is the class; 255 is the border between objects, ignored. One's own classes stand in
 * `classes.txt`.
 *
 * @see Everingham et al., "The Pascal visual object classes challenge", IJCV 2010, §4.
 */
export const voc: Layout = {
  name: 'Pascal VOC',
  looks: 'JPEGImages/ SegmentationClass/ (and ImageSets/Segmentation/{train,val}.txt, classes.txt)',
  takes: ['labelMap'],
  open: openVoc,
};

async function openVoc(folder: string, options: LayoutOptions): Promise<Found | undefined> {
  const [images, masks] = [join(folder, 'JPEGImages'), join(folder, 'SegmentationClass')];
  if (!(await exists(images, masks))) return undefined;
  const pairs = await pairsOf(images, masks);
  const lists = join(folder, 'ImageSets', 'Segmentation');
  const own = await ownClasses(folder);
  const classes = own?.classes ?? CLASSES;
  return {
    classes,
    background: backgroundOf(classes),
    channels: 3,
    labels: {
      kind: 'numbers',
      rule: indexLabels(classes.length),
      said: `${classes.length} classes${own ? ` from ${own.file}` : ''}; 255, the border, is ignored`,
    },
    ...(await splitOf(
      pairs.map(pairItem),
      { train: join(lists, 'train.txt'), val: join(lists, 'val.txt') },
      options,
    )),
  };
}

/** Names of labelme and its kin may begin with a line `__ignore__`, which is label -1 and no class. */
async function ownClasses(folder: string): Promise<{ file: string; classes: string[] } | undefined> {
  for (const file of CLASS_FILES) {
    const named = await readClasses(join(folder, file));
    if (named) return { file, classes: named.filter((name) => name !== '__ignore__') };
  }
  return undefined;
}

/** Images that have a mask: most of VOC have none, which is no fault. */
async function pairsOf(images: string, masks: string): Promise<Pair[]> {
  const imageOf = await imagesById(images);
  const names = ((await namesIn(masks)) ?? []).filter((name) => /\.png$/i.test(name));
  return [...byId(masks, names)].map(([id, name]) => {
    const image = imageOf.get(id);
    if (image === undefined) {
      throw new DataError(
        `mask without image: ${name} in ${masks}; wanted ${id}.jpg in ${images}`,
        'unpaired',
      );
    }
    return { id, image: join(images, image), mask: join(masks, name) };
  });
}
