// What the layouts share: lists of files, pairs by name, and splits.
import { access, readdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';

import { DataError } from '../errors.js';
import { stem, type Pair } from '../read/pairs.js';
import { randomStream, shuffled } from '../samples/random.js';

/** A seeded split, each part in the order of the names. */
export function splitItems<T extends { readonly id: string }>(
  items: readonly T[],
  seed: number,
  valShare: number,
): [T[], T[]] {
  const order = shuffled(items, randomStream(seed).fork('split'));
  const val = Math.min(items.length - 1, Math.max(1, Math.round(items.length * valShare)));
  const byId = (a: T, b: T) => (a.id < b.id ? -1 : 1);
  return [order.slice(val).sort(byId), order.slice(0, val).sort(byId)];
}

const IMAGE_FILE = /\.(png|jpe?g|tiff?)$/i;

/** Names of the files in a folder that can be read, sorted; none if there is no such folder. */
export async function imageFiles(folder: string): Promise<string[]> {
  return ((await list(folder)) ?? []).filter((name) => IMAGE_FILE.test(name)).sort();
}

/** The image files of a folder by their names without extension. */
export async function imagesByStem(folder: string): Promise<ReadonlyMap<string, string>> {
  return new Map((await imageFiles(folder)).map((name) => [stem(name), name]));
}

/** Images with the masks of the same name (a mask may also end in `_mask`); every file must have its partner. */
export async function pairFolders(imageFolder: string, maskFolder: string): Promise<Pair[]> {
  const [images, masks] = [await imageFiles(imageFolder), await imageFiles(maskFolder)];
  const maskOf = new Map(masks.map((name) => [stem(name).replace(/_mask$/i, ''), name]));
  const lonely = images.filter((name) => !maskOf.has(stem(name)));
  if (lonely.length > 0) throw unpaired('image', 'mask', imageFolder, maskFolder, lonely);
  const ids = new Set(images.map(stem));
  const orphans = masks.filter((name) => !ids.has(stem(name).replace(/_mask$/i, '')));
  if (orphans.length > 0) throw unpaired('mask', 'image', maskFolder, imageFolder, orphans);
  return images.map((name) => ({
    id: stem(name),
    image: join(imageFolder, name),
    mask: join(maskFolder, maskOf.get(stem(name))!),
  }));
}

export function unpaired(
  what: string,
  partner: string,
  folder: string,
  other: string,
  names: readonly string[],
): DataError {
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  return new DataError(
    `${what} without ${partner}: ${shown} in ${folder} (of ${names.length}); wanted a file of the same name in ${other}`,
    'unpaired',
  );
}

/** The pairs that a list names, with or without extension. */
export function chosen(pairs: readonly Pair[], names: readonly string[], list: string): Pair[] {
  const byId = new Map(pairs.map((pair) => [pair.id, pair]));
  return names.map((line) => {
    const name = line.split(/\s+/)[0]!;
    const id = IMAGE_FILE.test(name) ? basename(name, extname(name)) : basename(name);
    const pair = byId.get(id);
    if (!pair) throw new DataError(`${list} names ${name}, but there is no such image and mask`, 'unpaired');
    return pair;
  });
}

export async function list(folder: string): Promise<string[] | undefined> {
  return readdir(folder).catch(() => undefined);
}

/** Whether all of these are there. */
export async function exists(...paths: readonly string[]): Promise<boolean> {
  return Promise.all(paths.map((path) => access(path))).then(
    () => true,
    () => false,
  );
}

/** The non-empty lines of a text file, or undefined if it is not there. */
export async function lines(path: string): Promise<string[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  const found = text?.split('\n').map((line) => line.trim()).filter((line) => line !== ''); // prettier-ignore
  return found && found.length > 0 ? found : undefined;
}
