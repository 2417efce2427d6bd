import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { type CocoAnnotation, type CocoOptions } from '../formats/coco/mask.js';
import { DataError, unreadable } from '../errors.js';
import { sourceOf } from '../read/origin.js';
import { stem } from '../read/pairs.js';
import { type SampleSource, type SegmentationDataset } from '../samples/sample.js';
import { list } from './files.js';
import { type Layout, type LayoutOptions } from './layout.js';

/**
 * COCO's instances, or stuff: objects of all categories become classes 1 to K-1, in the order of their ids; the rest is
 * background, 0. Images without annotations are background.
 *
 * @see Lin et al., "Microsoft COCO: common objects in context", ECCV 2014; https://cocodataset.org/#format-data
 */
export const coco: Layout = {
  name: 'COCO',
  looks: 'annotations/{instances,stuff}_{train,val}YEAR.json beside trainYEAR/ valYEAR/',
  takes: ['overlap', 'crowd'],
  open: openCoco,
};

const FILE = /^(instances|stuff)_(train|val)(\w*)\.json$/;

/** What we need of a file of annotations. */
interface CocoFile {
  images: { id: number; file_name: string; height: number; width: number }[];
  annotations: (CocoAnnotation & { image_id: number })[];
  categories: { id: number; name: string }[];
}

async function openCoco(folder: string, options: LayoutOptions): Promise<SegmentationDataset | undefined> {
  const { overlap, crowd } = options;
  const found = ((await list(join(folder, 'annotations'))) ?? []).sort().map((name) => FILE.exec(name));
  const fileOf = (part: string) => found.find((match) => match?.[2] === part); // instances come before stuff
  const [train, val] = [fileOf('train'), fileOf('val')];
  if (!train || !val) return undefined;
  if (train[1] !== val[1]) {
    throw new DataError(
      `wanted annotations of one kind in ${folder}, got ${train[0]} and ${val[0]}`,
      'unpaired',
    );
  }
  const settings = { ...(overlap && { overlap }), ...(crowd && { crowd }) };
  const parts = await Promise.all([train, val].map((match) => openPart(folder, match, settings)));
  const [first, second] = parts as [Part, Part];
  if (first.classes.join() !== second.classes.join()) {
    throw new DataError(`wanted the same categories in ${train[0]} and ${val[0]}`, 'bad-label');
  }
  return {
    name: basename(folder),
    classes: ['background', ...first.classes],
    channels: 3,
    train: first.sources,
    val: second.sources,
    description:
      `COCO layout, ${first.sources.length} + ${second.sources.length} images, ${first.classes.length} categories and ` +
      `background; of objects that overlap ${overlap === 'last' ? 'the last' : 'the smallest'} counts` +
      `${crowd === 'ignore' ? ', crowds are ignored' : ''}`,
  };
}

interface Part {
  readonly classes: string[];
  readonly sources: SampleSource[];
}

async function openPart(folder: string, match: RegExpExecArray, options: CocoOptions): Promise<Part> {
  const file = join(folder, 'annotations', match[0]);
  const images = join(folder, `${match[2]}${match[3]}`);
  const content = await readJson(file);
  const categories = [...content.categories].sort((a, b) => a.id - b.id);
  if (categories.length > 254)
    throw new DataError(`wanted at most 254 categories in ${file}, got ${categories.length}`, 'bad-label');
  const labels = new Map(categories.map(({ id }, i) => [id, i + 1]));
  const present = new Set(await list(images));
  const of = new Map<number, CocoAnnotation[]>(content.images.map(({ id }) => [id, []]));
  for (const { image_id, category_id, segmentation, area, iscrowd } of content.annotations) {
    of.get(image_id)?.push({
      category_id,
      segmentation,
      ...(area !== undefined && { area }),
      ...(iscrowd !== undefined && { iscrowd }),
    });
  }
  const missing = content.images.filter(({ file_name }) => !present.has(file_name));
  if (missing.length > 0) {
    throw new DataError(
      `${file} names ${missing.length} images that are not in ${images}: ${missing[0]!.file_name}, …; download them`,
      'unpaired',
    );
  }
  if (content.images.length === 0) throw new DataError(`no images in ${file}`, 'no-data');
  const sources = content.images.map(({ id, file_name, height, width }) =>
    sourceOf({
      reader: 'coco',
      id: stem(file_name),
      image: join(images, file_name),
      file,
      height,
      width,
      annotations: of.get(id)!,
      labels,
      options,
      channels: 3,
    }),
  );
  return { classes: categories.map(({ name }) => name), sources };
}

async function readJson(file: string): Promise<CocoFile> {
  let content: Partial<CocoFile>;
  try {
    content = JSON.parse(await readFile(file, 'utf8')) as Partial<CocoFile>;
  } catch (error) {
    throw unreadable(file, (error as Error).message);
  }
  for (const key of ['images', 'annotations', 'categories'] as const) {
    if (!Array.isArray(content?.[key])) throw unreadable(file, `it has no list "${key}", as COCO has`);
  }
  return content as CocoFile;
}
