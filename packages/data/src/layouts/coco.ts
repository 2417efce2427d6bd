import { access } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';

import { printable } from '@segloss/common';
import { DataError, unreadable } from '../errors.js';
import { namesIn, readJson } from '../formats/bytes.js';
import { type CocoAnnotation, type CocoOptions } from '../formats/coco/mask.js';
import { shown } from '../read/names.js';
import { sourceOf } from '../read/origin.js';
import { type Found, type Item, type Layout, type LayoutOptions } from './layout.js';

/**
 * COCO's instances, or stuff: objects of all categories become classes 1 to K-1, in the order of their ids; the rest is
 * background, 0. Images without annotations are background.
 *
 * @see Lin et al., "Microsoft COCO: common objects in context", ECCV 2014; https://cocodataset.org/#format-data
 */
export const coco: Layout = {
  name: 'COCO',
  looks: 'annotations/{instances,stuff}_{train,val}YEAR.json next to trainYEAR/ valYEAR/',
  takes: ['overlap', 'crowd'],
  open: openCoco,
};

const FILE = /^(instances|stuff)_(train|val)(\w*)\.json$/;

/** What we need of a file of annotations. Ids are numbers in COCO itself, and texts in the files of some tools. */
interface CocoFile {
  images: { id: Id; file_name: string; height: number; width: number }[];
  annotations: (Omit<CocoAnnotation, 'category_id'> & { id?: Id; image_id: Id; category_id: Id })[];
  categories: { id: Id; name: string }[];
}
type Id = number | string;

async function openCoco(folder: string, { overlap, crowd }: LayoutOptions): Promise<Found | undefined> {
  const found = ((await namesIn(join(folder, 'annotations'))) ?? []).map((name) => FILE.exec(name));
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
  const [first, second] = [await openPart(folder, train, settings), await openPart(folder, val, settings)];
  if (JSON.stringify(first.categories) !== JSON.stringify(second.categories)) {
    throw new DataError(
      `wanted the same categories in ${train[0]} and ${val[0]}, with the same ids; export both with one list`,
      'bad-label',
    );
  }
  return {
    classes: ['background', ...first.categories.map(([, name]) => name)],
    background: 0,
    channels: 3,
    train: first.items,
    val: second.items,
    seeded: false,
    labels: {
      kind: 'drawn',
      said:
        `${first.categories.length} categories and background; of objects that overlap ${overlap === 'last' ? 'the last' : 'the smallest'} counts` +
        `${crowd === 'ignore' ? ', crowds are ignored' : ''}`,
    },
  };
}

interface Part {
  readonly categories: readonly (readonly [id: string, name: string])[];
  readonly items: Item[];
}

async function openPart(folder: string, match: RegExpExecArray, options: CocoOptions): Promise<Part> {
  const file = join(folder, 'annotations', match[0]);
  const images = join(folder, `${match[2]}${match[3]}`);
  const content = await readCoco(file);
  const categories = content.categories
    .map(({ id, name }) => [String(id), printable(String(name))] as const)
    .sort(([a], [b]) => Number(a) - Number(b)); // ids that are no numbers keep their order
  if (categories.length > 254)
    throw new DataError(`wanted at most 254 categories in ${file}, got ${categories.length}`, 'bad-label');
  once(file, 'category id', categories.map(([id]) => id)); // prettier-ignore
  once(file, 'image id', content.images.map(({ id }) => String(id))); // prettier-ignore
  once(file, 'file_name', content.images.map(({ file_name }) => file_name)); // prettier-ignore
  if (content.images.length === 0) throw new DataError(`no images in ${file}`, 'no-data');
  const labels = new Map(categories.map(([id], i) => [id, i + 1]));
  const of = annotationsOf(file, content, labels);
  const paths = await pathsOf(file, images, content.images.map(({ file_name }) => file_name)); // prettier-ignore
  const items = content.images.map(({ id, file_name, height, width }, i): Item => {
    const annotations = of.get(String(id))!;
    const objects = Array<number>(categories.length + 1).fill(0);
    for (const { category_id } of annotations) objects[category_id]!++;
    const name = printable(file_name.replaceAll('\\', '/').replace(/\.[^./]*$/, '').normalize('NFC')); // prettier-ignore
    return {
      id: name,
      image: paths[i]!,
      masks: [],
      objects,
      sources: (_, channels) => [
        sourceOf({
          ...{
            reader: 'coco',
            id: name,
            image: paths[i]!,
            file,
            height,
            width,
            annotations,
            options,
            channels,
          },
          labels: new Map(categories.map((__, k) => [k + 1, k + 1])),
        }),
      ],
    };
  });
  return { categories, items };
}

/** The annotations of each image, with class indices for categories. An object that cannot be drawn is a fault, not background. */
function annotationsOf(
  file: string,
  { images, annotations }: CocoFile,
  labels: ReadonlyMap<string, number>,
): Map<string, CocoAnnotation[]> {
  const of = new Map<string, CocoAnnotation[]>(images.map(({ id }) => [String(id), []]));
  const lost = { image: [] as string[], category: [] as string[], segmentation: [] as string[], outside: [] as string[] }; // prettier-ignore
  const sizes = new Map(images.map((image) => [String(image.id), image]));
  annotations.forEach(({ id, image_id, category_id, segmentation, area, iscrowd }, i) => {
    const name = String(id ?? `number ${i}`);
    const [list, label] = [of.get(String(image_id)), labels.get(String(category_id))];
    const drawn = Array.isArray(segmentation) ? segmentation.length > 0 : typeof segmentation === 'object' && segmentation !== null; // prettier-ignore
    if (list === undefined) lost.image.push(name);
    else if (label === undefined) lost.category.push(name);
    else if (!drawn) lost.segmentation.push(name);
    else if (liesOutside(segmentation, sizes.get(String(image_id))!)) lost.outside.push(name);
    else {
      list.push({
        category_id: label,
        // Some tools leave out the list about the one polygon.
        segmentation: isFlat(segmentation) ? [segmentation] : segmentation,
        ...(area !== undefined && { area }),
        ...(iscrowd !== undefined && { iscrowd: Number(iscrowd) }),
      });
    }
  });
  const said = {
    image: 'name an image',
    category: 'name a category',
    segmentation: 'have an empty segmentation',
    outside: 'lie outside of their image, or have coordinates from 0 to 1 instead of pixels',
  };
  for (const [what, ids] of Object.entries(lost) as [keyof typeof lost, string[]][]) {
    if (ids.length === 0) continue;
    throw new DataError(
      `${file}: ${ids.length} of ${annotations.length} annotations ${said[what]}${what === 'image' || what === 'category' ? ' that the file does not have' : ''} (${shown(ids)}); remove them, or export the file again`,
      'bad-label',
    );
  }
  return of;
}

/** Whether polygons have no pixel of the image: they end before it, start behind it, or are given as shares of its size. */
function liesOutside(segmentation: unknown, { height, width }: { height: number; width: number }): boolean {
  if (!Array.isArray(segmentation)) return false;
  const points = (segmentation as unknown[]).flat().map(Number);
  const [x, y] = [0, 1].map((axis) => points.filter((_, i) => i % 2 === axis)) as [number[], number[]];
  const areShares =
    points.every((value) => value >= 0 && value <= 1) && points.some((value) => !Number.isInteger(value));
  const before = (values: readonly number[]) => values.every((value) => value <= 0);
  const behind = (values: readonly number[], size: number) => values.every((value) => value >= size);
  return areShares || before(x) || before(y) || behind(x, width) || behind(y, height);
}

const isFlat = (segmentation: unknown): segmentation is number[] =>
  Array.isArray(segmentation) && typeof segmentation[0] === 'number';

function once(file: string, what: string, values: readonly string[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value))
      throw new DataError(`wanted each ${what} once in ${file}, got ${value} twice`, 'invalid');
    seen.add(value);
  }
}

/** Paths of images, which may lie in folders within the folder; `\` is a separator too. */
async function pathsOf(file: string, folder: string, names: readonly string[]): Promise<string[]> {
  const missing: string[] = [];
  const paths: string[] = [];
  for (const name of names) {
    const relative = normalize(name.replaceAll('\\', '/'));
    if (isAbsolute(relative) || relative.startsWith('..')) {
      throw new DataError(
        `${file} names ${name}, which is not in ${folder}; write paths within it`,
        'unpaired',
      );
    }
    const forms = [relative, relative.normalize('NFC'), relative.normalize('NFD')].map((one) =>
      join(folder, one),
    );
    const there = await Promise.all(forms.map((path) => access(path).then(() => true, () => false))); // prettier-ignore
    const path = forms[there.indexOf(true)];
    if (path === undefined) missing.push(name);
    else paths.push(path);
  }
  if (missing.length === 0) return paths;
  throw new DataError(
    `${file} names ${missing.length} images that are not in ${folder}: ${shown(missing)}; download them`,
    'unpaired',
  );
}

async function readCoco(file: string): Promise<CocoFile> {
  const content = (await readJson(file)) as Partial<CocoFile> | null | undefined;
  for (const key of ['images', 'annotations', 'categories'] as const) {
    if (!Array.isArray(content?.[key])) throw unreadable(file, `it has no list "${key}", as COCO has`);
  }
  const read = content as CocoFile;
  const bad = read.images.find((image) => typeof image?.file_name !== 'string');
  if (bad !== undefined)
    throw unreadable(file, `an image has no file_name: ${JSON.stringify(bad).slice(0, 60)}`);
  return read;
}
