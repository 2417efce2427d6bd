import { join } from 'node:path';

import { DataError } from '../errors.js';
import { namesIn } from '../formats/bytes.js';
import { indexLabels, listedLabels, type LabelRule } from '../read/labels.js';
import { type Pair } from '../read/pairs.js';
import { IGNORED } from '../samples/sample.js';
import { exists, pairItem } from './items.js';
import { type Found, type Layout } from './layout.js';

/** The classes that are evaluated, by their trainId, with the id that each has in the labels as published. */
const CLASSES: readonly (readonly [name: string, id: number])[] = [
  ['road', 7], ['sidewalk', 8], ['building', 11], ['wall', 12], ['fence', 13], ['pole', 17], ['traffic light', 19],
  ['traffic sign', 20], ['vegetation', 21], ['terrain', 22], ['sky', 23], ['person', 24], ['rider', 25], ['car', 26],
  ['truck', 27], ['bus', 28], ['train', 31], ['motorcycle', 32], ['bicycle', 33],
]; // prettier-ignore

/**
 * Cityscapes, with masks of trainIds or of the ids as published.
 *
 * @see Cordts et al., "The Cityscapes dataset", CVPR 2016; the ids are those of its published label table.
 */
export const cityscapes: Layout = {
  name: 'Cityscapes',
  looks: 'leftImg8bit/{train,val}/CITY/ next to gtFine/{train,val}/CITY/',
  takes: ['labelMap'],
  open: openCityscapes,
};

async function openCityscapes(folder: string): Promise<Found | undefined> {
  const [images, masks] = [join(folder, 'leftImg8bit'), join(folder, 'gtFine')];
  if (!(await exists(images, masks))) return undefined;
  const [train, val] = [await pairsOf(images, masks, 'train'), await pairsOf(images, masks, 'val')];
  const kinds = new Set([...train, ...val].map(({ mask }) => kindOf(mask)));
  if (kinds.size > 1) {
    throw new DataError(
      `wanted masks of one kind in ${masks}, got both labelTrainIds and labelIds; make labelTrainIds for all images`,
      'unpaired',
    );
  }
  const trainIds = kinds.has('labelTrainIds');
  return {
    classes: CLASSES.map(([name]) => name),
    background: null,
    channels: 3,
    train: train.map(pairItem),
    val: val.map(pairItem),
    seeded: false,
    labels: {
      kind: 'numbers',
      rule: trainIds ? indexLabels(CLASSES.length) : publishedIds(),
      said:
        `${CLASSES.length} classes; ` +
        (trainIds ? 'labelTrainIds, 255 is ignored' : 'labelIds, those that are not evaluated are ignored'),
    },
  };
}

const kindOf = (mask: string) => (mask.endsWith('_labelTrainIds.png') ? 'labelTrainIds' : 'labelIds');

async function pairsOf(images: string, masks: string, part: string): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (const city of (await namesIn(join(images, part))) ?? []) {
    const [from, to] = [join(images, part, city), join(masks, part, city)];
    const present = new Set(await namesIn(to));
    for (const name of (await namesIn(from)) ?? []) {
      if (!name.endsWith('_leftImg8bit.png')) continue;
      const id = name.slice(0, -'_leftImg8bit.png'.length);
      const mask = ['labelTrainIds', 'labelIds'].map((kind) => `${id}_gtFine_${kind}.png`).find((file) => present.has(file)); // prettier-ignore
      if (mask === undefined) {
        throw new DataError(
          `image without mask: ${name} in ${from}; wanted ${id}_gtFine_labelTrainIds.png or _labelIds.png in ${to}`,
          'unpaired',
        );
      }
      pairs.push({ id, image: join(from, name), mask: join(to, mask) });
    }
  }
  if (pairs.length === 0) {
    throw new DataError(`no images in ${join(images, part)}; wanted CITY/*_leftImg8bit.png`, 'no-data');
  }
  return pairs;
}

function publishedIds(): LabelRule {
  const notEvaluated = Array.from({ length: 34 }, (_, id) => [id, IGNORED] as const);
  const evaluated = CLASSES.map(([, id], trainId) => [id, trainId] as const);
  return listedLabels([...notEvaluated, ...evaluated, [IGNORED, IGNORED]], 'labelIds are 0 to 33');
}
