import { basename, join } from 'node:path';

import { DataError } from '../errors.js';
import { sourceOf } from '../read/origin.js';
import { stem } from '../read/pairs.js';
import { type SampleSource, type SegmentationDataset } from '../samples/sample.js';
import { exists, imageFiles, imagesByStem, lines, list } from './files.js';
import { type Layout, type LayoutOptions } from './layout.js';

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
): Promise<SegmentationDataset | undefined> {
  const found = (await list(folder)) ?? [];
  const size = found.find((name) => name.startsWith('images_') && found.includes(`lesion_segs_${name.slice(7)}`))?.slice(7); // prettier-ignore
  const [classes, train, val] = await Promise.all(['classes.txt', 'train.txt', 'val.txt'].map((name) => lines(join(folder, name)))); // prettier-ignore
  if (size === undefined || !classes || !train || !val) return undefined;
  const [images, masks] = [join(folder, `images_${size}`), join(folder, `lesion_segs_${size}`)];
  const lesions = classes.map((line) => line.split(',')[0]!.trim());
  const imageOf = await imagesByStem(images);
  const part = (names: readonly string[]) => Promise.all(names.map((name) => source(name, imageOf, images, masks, lesions, multilabel))); // prettier-ignore
  return {
    name: basename(folder),
    classes: multilabel ? lesions : ['background', 'lesion'],
    channels: 3,
    ...(multilabel && { multilabel }),
    train: await part(train),
    val: await part(val),
    description:
      `retinal-lesions layout, ${train.length} + ${val.length} images; ${multilabel ? `${lesions.join(', ')} are labels of their own` : `any of ${lesions.join(', ')} is lesion`}, ` +
      'a missing file is an absent one',
  };
}

async function source(
  name: string,
  imageOf: ReadonlyMap<string, string>,
  images: string,
  masks: string,
  lesions: readonly string[],
  multilabel: boolean,
): Promise<SampleSource> {
  const id = stem(name.split(/\s+/)[0]!);
  const image = imageOf.get(id);
  if (image === undefined) {
    throw new DataError(`the lists name ${id}, but there is no such image in ${images}`, 'unpaired');
  }
  const folder = join(masks, id);
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
  const files = { id, image: join(images, image), channels: 3 };
  return multilabel
    ? sourceOf({ reader: 'labels', ...files, masks: lesions.map((lesion) => pathOf.get(lesion)) })
    : sourceOf({ reader: 'union', ...files, masks: [...pathOf.values()] });
}
