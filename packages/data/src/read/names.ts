// Names of the files of a folder, and lists of names: for every layout.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { printable } from '@segloss/common';
import { DataError } from '../errors.js';
import { namesIn, readText } from '../formats/bytes.js';
import { NIFTI_FILE } from './mask-facts.js';
import { byId, idOf, pairImages, shown } from './pair-names.js';
import { type Pair } from './pairs.js';
import { checkUnreadLists } from './unread-lists.js';

export { byId, idOf, pairNames, shown, stem, unpaired, type NamePairing } from './pair-names.js';

const IMAGE_FILE = /\.(png|jpe?g|tiff?)$/i;

/** What a list may name with its extension. */
const LISTED_FILE = /\.(png|jpe?g|tiff?|nii(\.gz)?)$/i;

/** Whether a file is called as an image that can be read. */
export const isReadable = (path: string): boolean => IMAGE_FILE.test(path);

/** Images that are not read; left out in silence they would be missing from the data. */
const OTHER_IMAGE_FILE =
  /\.(bmp|gif|webp|jp2|jpe|jfif|heic|heif|avif|ppm|pgm|pbm|pnm|tga|dcm|npy|npz|mat|mha|mhd|nrrd|nii|nii\.gz)$/i;

/**
 * Names of the images in a folder, sorted; none if there is no such folder. Hidden files (`._a.png`) do not count.
 *
 * @throws {DataError} `unreadable`, if an image has a format that is not read and there is none of its name that is; `unpaired`, if there are
 *   more images in folders below.
 */
export async function imageFiles(folder: string): Promise<string[]> {
  const names = (await namesIn(folder)) ?? [];
  const images = names.filter((name) => IMAGE_FILE.test(name));
  const ids = new Set(images.map(idOf));
  const other = names.filter((name) => OTHER_IMAGE_FILE.test(name) && !ids.has(idOf(name)));
  if (other.length > 0 && other.every((name) => NIFTI_FILE.test(name)) && images.length === 0) {
    throw new DataError(`cannot read ${shown(other)} in ${folder} as images: they are NIfTI volumes; name them by patterns, images 'images/*.nii.gz' and masks 'masks/{name}.nii.gz', or use the layout of nnU-Net`, 'unreadable'); // prettier-ignore
  }
  if (other.length > 0) {
    throw new DataError(
      `cannot read ${shown(other)} in ${folder}: wanted PNG, JPEG or TIFF; convert ${other.length === 1 ? 'it' : 'them'}, or move ${other.length === 1 ? 'it' : 'them'} away`,
      'unreadable',
    );
  }
  if (images.length > 0) await checkFoldersBelow(folder);
  return images;
}

/** Throws if there are images in folders below one that holds images itself: only the latter would be read. */
async function checkFoldersBelow(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.filter((one) => one.isDirectory() && !one.name.startsWith('.'))) {
    const below = ((await namesIn(join(folder, entry.name))) ?? []).filter((name) => IMAGE_FILE.test(name));
    if (below.length === 0) continue;
    throw new DataError(
      `wanted all images in ${folder} itself, got ${below.length} more in ${join(folder, entry.name)} (${shown(below)}); move them up, or the folder away`,
      'unpaired',
    );
  }
}

/**
 * The image files of a folder by their ids.
 *
 * @throws {DataError} `unpaired`, if two have one id.
 */
export async function imagesById(folder: string): Promise<ReadonlyMap<string, string>> {
  return byId(folder, await imageFiles(folder));
}

/**
 * The images of a folder with the masks of the same names, or else of names with `_mask`, `_seg`, `_segmentation`, `_gt` or
 * `_label` behind; every file must have its partner.
 *
 * @throws {DataError} `unpaired`, naming the files.
 */
export async function pairFolders(imageFolder: string, maskFolder: string): Promise<Pair[]> {
  const [images, masks] = [await imageFiles(imageFolder), await imageFiles(maskFolder)];
  return pairImages({ name: imageFolder, files: images }, { name: maskFolder, files: masks }).map(
    ({ id, image, mask }) => ({ id, image: join(imageFolder, image), mask: join(maskFolder, mask) }),
  );
}

/** Lines that are not empty, as they stand but for the line end; undefined if there is no such file. */
export async function lines(path: string): Promise<string[] | undefined> {
  return (await readText(path))?.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '');
}

/**
 * The classes of a file with one name a line, background first. Lines that start with `#` are comments.
 *
 * @returns Undefined if there is no such file.
 * @throws {DataError} `bad-label`, if there are fewer than two, one stands there twice, or they are numbered otherwise than by their lines.
 */
export async function readClasses(path: string, least = 2): Promise<string[] | undefined> {
  const names = (await lines(path))
    ?.map((line) => printable(line.trim()))
    .filter((line) => !line.startsWith('#'));
  if (names === undefined) return undefined;
  checkNumbers(path, names);
  if (names.length < least) {
    throw new DataError(
      `wanted ${least} or more classes in ${path}, one a line${least > 1 ? ', background first' : ''}, got ${names.join(', ') || 'none'}; name the others, or remove the file`,
      'bad-label',
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return names;
  throw new DataError(`wanted every class once in ${path}, got ${twice} twice; rename one`, 'bad-label');
}

/** Throws if every line starts with a number, and these are not 0, 1, 2, ...: the number would not be the label. */
function checkNumbers(path: string, names: readonly string[]): void {
  const numbers = names.map((name) => /^(\d+)[\s:=,;.)-]+\D/.exec(name)?.[1]);
  if (numbers.some((number, k) => number === undefined || Number(number) !== k)) {
    if (names.length === 0 || numbers.includes(undefined)) return;
    throw new DataError(
      `wanted the classes 0, 1, 2, ... in this order in ${path}, got the numbers ${numbers.join(', ')}; a line stands for the label of its place`,
      'bad-label',
    );
  }
}

/** What a list may name. */
interface Listed {
  readonly id: string;
  /** Its mask files, against which the second name of a line is checked. */
  readonly masks?: readonly (string | undefined)[];
}

/** Training and validation items that lists name, and what is odd about the lists. */
export interface ListedSplit<T> {
  readonly train: T[];
  readonly val: T[];
  readonly warnings: string[];
}

/**
 * Splits items by two lists. Lists that are there in part, or name nothing, are an error: data that were split otherwise than their
 * owner thinks would be scored on what they were trained with.
 *
 * @param lists Paths of the lists of training and validation.
 * @returns Undefined if there is neither list.
 * @throws {DataError} `unpaired`, if a list is missing, is empty, has another name than those that are read, or names what is not there.
 */
export async function splitByLists<T extends Listed>(
  items: readonly T[],
  lists: { readonly train: string; readonly val: string },
): Promise<ListedSplit<T> | undefined> {
  const [train, val] = [await lines(lists.train), await lines(lists.val)];
  if (train === undefined && val === undefined) {
    await checkUnreadLists(lists);
    return undefined;
  }
  for (const [names, path] of [
    [train, lists.train],
    [val, lists.val],
  ] as const) {
    if (names?.length) continue;
    throw new DataError(
      `wanted names in ${lists.train} and ${lists.val}, but ${path} ${names === undefined ? 'is missing' : 'is empty'}; write it, or remove both`,
      'unpaired',
    );
  }
  const warnings: string[] = [];
  const picked = [
    pick(items, train!, lists.train, warnings),
    pick(items, val!, lists.val, warnings),
  ] as const;
  const trained = new Set(picked[0]);
  const both = picked[1].filter((item) => trained.has(item)).map(({ id }) => id);
  if (both.length > 0) {
    warnings.push(
      `${both.length} of ${picked[1].length} validation images are training images too (${shown(both)}): scores will be too good; name each in one list only`,
    );
  }
  return { train: picked[0], val: picked[1], warnings };
}

/** The items that the lines of a list name, each once. */
function pick<T extends Listed>(
  items: readonly T[],
  names: readonly string[],
  list: string,
  warnings: string[],
): T[] {
  const byName = new Map(items.map((item) => [item.id, item]));
  const found = new Set<T>();
  const twice = new Set<string>();
  for (const line of names) {
    const item = namesOf(line).map((name) => byName.get(name)).find((one) => one !== undefined); // prettier-ignore
    if (item === undefined) {
      if (line.startsWith('#')) continue; // a comment
      throw new DataError(`${list} names ${line}, but there is no such image and mask`, 'unpaired');
    }
    checkMask(line, item, list);
    if (found.has(item)) twice.add(item.id);
    found.add(item);
  }
  if (found.size === 0) throw new DataError(`${list} names no image; write one name a line`, 'unpaired');
  if (twice.size > 0) warnings.push(`${list} names ${shown([...twice])} more than once; each is used once`);
  return [...found];
}

/** An image or volume file, and what follows it on its line. */
const PAIR = /^\s*(.*?\.(?:png|jpe?g|tiff?|nii(?:\.gz)?))["']?[\s,;]+(\S.*)/i;

/** Throws if a line pairs an image of one mask with another mask than the one that is read with it. */
function checkMask(line: string, { id, masks: [mask, ...others] = [] }: Listed, list: string): void {
  if (mask === undefined || others.length > 0 || line === id) return;
  const second = /^["']?(.*?\.(?:png|jpe?g|tiff?|nii(?:\.gz)?))\b/i.exec(PAIR.exec(line)?.[2] ?? '')?.[1];
  if (second === undefined) return;
  const named = idOf(second.replaceAll('\\', '/'));
  if (named === idOf(mask) || named === id) return; // also masks/a.png where the file is a_mask.png
  throw new DataError(
    `${list} pairs ${id} with ${printable(second)}, but it is read with ${printable(mask)}; rename the mask after its image`,
    'unpaired',
  );
}

/** What a line may name, the likeliest first: itself, the first of a pair of files, without folders; each also without extension. */
function namesOf(line: string): string[] {
  const clean = (text: string) => printable(text.normalize('NFC').replaceAll('\\', '/'));
  const whole = [line, line.trim()].map(clean);
  const pair = PAIR.exec(line)?.[1];
  const first = pair === undefined ? [] : [clean(pair.replace(/^["']/, ''))];
  const withoutFolders = (text: string) => text.slice(text.lastIndexOf('/') + 1);
  return [...whole, ...first, ...first.map(withoutFolders), ...whole.map(withoutFolders)].flatMap((text) =>
    LISTED_FILE.test(text) ? [text, text.replace(LISTED_FILE, '')] : [text],
  );
}
