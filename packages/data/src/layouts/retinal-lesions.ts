import { join } from 'node:path';

import { printable } from '@segloss/common';
import { DataError } from '../errors.js';
import { namesIn } from '../formats/bytes.js';
import { imageFiles, imagesById, lines, splitByLists, stem } from '../read/names.js';
import { sourceOf } from '../read/origin.js';
import { exists } from './items.js';
import { type Found, type Item, type Layout, type LayoutOptions } from './layout.js';

/**
 * Retinal lesions as the paper reads them: any lesion against the rest, or a label for each lesion. Each image has a folder with a mask
 * for each lesion that it has; a missing file is a lesion that it has not. 127 and 255 both mean lesion.
 *
 * @see Wei et al., "Learn to segment retinal lesions and beyond", ICPR 2020; Liu et al., arXiv:2104.08717, §5.
 */
export const retinalLesions: Layout = {
  name: 'retinal lesions',
  looks: 'images_SIZE/ID.jpg lesion_segs_SIZE/ID/LESION.png classes.txt train.txt val.txt',
  takes: ['multilabel'],
  open: openRetinalLesions,
};

async function openRetinalLesions(
  folder: string,
  { multilabel = false }: LayoutOptions,
): Promise<Found | undefined> {
  const found = (await namesIn(folder)) ?? [];
  const size = found.find((name) => name.startsWith('images_') && found.includes(`lesion_segs_${name.slice(7)}`))?.slice(7); // prettier-ignore
  const classes = await lines(join(folder, 'classes.txt'));
  if (size === undefined || !classes) return undefined;
  const [images, masks] = [join(folder, `images_${size}`), join(folder, `lesion_segs_${size}`)];
  const lesions = classes.map((line) => printable(line.split(',')[0]!.trim()));
  const items = [...(await imagesById(images))].map(([id, name]): Item => ({ id, image: join(images, name), masks: [], sources: () => [] })); // prettier-ignore
  const split = await splitByLists(items, { train: join(folder, 'train.txt'), val: join(folder, 'val.txt') });
  if (split === undefined) return undefined;
  const withMasks = (part: readonly Item[]) => Promise.all(part.map((item) => lesionItem(item, masks, lesions, multilabel))); // prettier-ignore
  return {
    classes: multilabel ? lesions : ['background', 'lesion'],
    background: multilabel ? null : 0,
    channels: 3,
    ...(multilabel && { multilabel }),
    train: await withMasks(split.train),
    val: await withMasks(split.val),
    seeded: false,
    warnings: split.warnings,
    labels: {
      kind: 'presence',
      said: `${multilabel ? `${lesions.join(', ')} are labels of their own` : `any of ${lesions.join(', ')} is lesion`}, a missing file is an absent one`,
    },
  };
}

async function lesionItem(
  { id, image }: Item,
  masks: string,
  lesions: readonly string[],
  multilabel: boolean,
): Promise<Item> {
  const folder = join(masks, stem(image));
  if (!(await exists(folder))) {
    throw new DataError(
      `image without masks: ${image}; wanted a folder ${folder}, empty if it has no lesion`,
      'unpaired',
    );
  }
  const present = await imageFiles(folder);
  const unknown = present.filter((file) => !lesions.includes(stem(file)));
  if (unknown.length > 0) {
    throw new DataError(
      `wanted masks of ${lesions.join(', ')} in ${folder}, got ${unknown.join(', ')}; list it in classes.txt, or move it away`,
      'bad-label',
    );
  }
  const pathOf = new Map(present.map((file) => [stem(file), join(folder, file)]));
  const files = { id, image };
  const ofLesions = lesions.map((lesion) => pathOf.get(lesion));
  const those = [...pathOf.values()];
  return {
    ...files,
    masks: multilabel ? ofLesions : those,
    sources: (_, channels) => [
      multilabel
        ? sourceOf({ reader: 'labels', ...files, channels, masks: ofLesions })
        : sourceOf({ reader: 'union', ...files, channels, masks: those }),
    ],
  };
}
