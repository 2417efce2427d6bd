import { basename, join } from 'node:path';

import { DataError } from '../errors.js';
import { indexLabels, mappedLabels } from '../read/labels.js';
import { sourceOf } from '../read/origin.js';
import { stem, type Pair } from '../read/pairs.js';
import { type SampleSource, type SegmentationDataset } from '../samples/sample.js';
import { chosen, exists, imagesByStem, lines, list, splitItems } from './files.js';
import { type Layout, type LayoutOptions } from './layout.js';

const CLASSES =
  'background aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor'.split(
    ' ',
  );

/**
 * Pascal VOC: palette masks whose index is the class; 255 is the border between objects, ignored.
 *
 * @see Everingham et al., "The Pascal visual object classes challenge", IJCV 2010, §4.
 */
export const voc: Layout = {
  name: 'Pascal VOC',
  looks: 'JPEGImages/ SegmentationClass/ (and ImageSets/Segmentation/{train,val}.txt)',
  takes: ['labelMap'],
  open: openVoc,
};

async function openVoc(
  folder: string,
  { seed, valShare, labelMap }: LayoutOptions,
): Promise<SegmentationDataset | undefined> {
  const [images, masks] = [join(folder, 'JPEGImages'), join(folder, 'SegmentationClass')];
  if (!(await exists(images, masks))) return undefined;
  const pairs = await pairsOf(images, masks);
  const [train, val] = ['train', 'val'].map((part) => join(folder, 'ImageSets', 'Segmentation', `${part}.txt`)) as [string, string]; // prettier-ignore
  const names = [await lines(train), await lines(val)] as const;
  const split =
    names[0] && names[1]
      ? [chosen(pairs, names[0], train), chosen(pairs, names[1], val)]
      : splitItems(pairs, seed, valShare);
  const rule = mappedLabels(indexLabels(CLASSES.length), labelMap);
  const [ofTrain, ofVal] = split.map((part) =>
    part.map((pair) => sourceOf({ reader: 'pair', ...pair, channels: 3, rule })),
  ) as [SampleSource[], SampleSource[]];
  return {
    name: basename(folder),
    classes: CLASSES,
    channels: 3,
    train: ofTrain,
    val: ofVal,
    description:
      `Pascal VOC layout, ${ofTrain.length} + ${ofVal.length} images` +
      `${names[0] && names[1] ? '' : ` (split by seed ${seed})`}, ${CLASSES.length} classes; 255, the border, is ignored`,
  };
}

/** Images that have a mask: most of VOC have none, which is no fault. */
async function pairsOf(images: string, masks: string): Promise<Pair[]> {
  const imageOf = await imagesByStem(images);
  const pairs = ((await list(masks)) ?? [])
    .filter((name) => name.endsWith('.png'))
    .sort()
    .map((name) => {
      const image = imageOf.get(stem(name));
      if (image === undefined) {
        throw new DataError(
          `mask without image: ${name} in ${masks}; wanted ${stem(name)}.jpg in ${images}`,
          'unpaired',
        );
      }
      return { id: stem(name), image: join(images, image), mask: join(masks, name) };
    });
  if (pairs.length < 2) {
    throw new DataError(`wanted two or more masks (PNG) in ${masks}, got ${pairs.length}`, 'no-data');
  }
  return pairs;
}
