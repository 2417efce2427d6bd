import { basename, join } from 'node:path';

import { indexLabels, mappedLabels } from '../read/labels.js';
import { sourceOf } from '../read/origin.js';
import { type SampleSource, type SegmentationDataset } from '../samples/sample.js';
import { exists, lines, pairFolders } from './files.js';
import { type Layout, type LayoutOptions } from './layout.js';

const CAMVID_CLASSES = 'sky building pole road pavement tree sign fence car pedestrian bicyclist'.split(' ');

/** SegNet's files of CamVid. */
export const segNet: Layout = {
  name: 'SegNet/CamVid',
  looks: 'train/ trainannot/ val/ valannot/',
  takes: ['labelMap'],
  open: openSegNet,
};

async function openSegNet(
  folder: string,
  { labelMap }: LayoutOptions,
): Promise<SegmentationDataset | undefined> {
  const parts = ['train', 'val'].map((name) => [join(folder, name), join(folder, `${name}annot`)] as const);
  if (!(await exists(...parts.flat()))) return undefined;
  const named = await lines(join(folder, 'classes.txt'));
  const classes = named ?? CAMVID_CLASSES;
  const rule = mappedLabels(indexLabels(classes.length, classes.length), labelMap);
  const open = async ([images, masks]: readonly [string, string]): Promise<SampleSource[]> =>
    (await pairFolders(images, masks)).map((pair) =>
      sourceOf({ reader: 'pair', ...pair, channels: 3, rule }),
    );
  const [train, val] = [await open(parts[0]!), await open(parts[1]!)];
  return {
    name: basename(folder),
    classes,
    channels: 3,
    train,
    val,
    description:
      `SegNet/CamVid layout, ${train.length} + ${val.length} images, ${classes.length} classes` +
      `${named ? ' from classes.txt' : ' of CamVid'}; label ${classes.length} is ignored`,
  };
}
