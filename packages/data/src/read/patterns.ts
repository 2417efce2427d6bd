// Images and masks that are found by patterns of their paths instead of by a layout.
import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';

import { DataError } from '../errors.js';
import { checkPattern, fitting, NAME, pairByNames, separated, type AmbiguousFiles } from './file-patterns.js';
import { idOf, isReadable, shown } from './names.js';
import { type Pair } from './pairs.js';

/** Paths from the folder of the data, with `*` for any part of a name, `**` for any folders and `{name}` for what pairs the files. */
export interface FilePatterns {
  /** As in `img/*.jpg`; where it has no `{name}`, the name of the file without its extension is the name. */
  readonly images: string;
  /** As in `gt/{name}_1stHO.png`. */
  readonly masks: string;
}

/**
 * The images of a folder with the mask that the pattern gives to each; every file must have its partner, and only one.
 *
 * @throws {RangeError} If a pattern is wrong. @throws {DataError} `no-data` or `unpaired`, naming the files.
 */
export async function pairByPatterns(folder: string, patterns: FilePatterns): Promise<Pair[]> {
  checkRelative('images', patterns.images);
  checkRelative('masks', patterns.masks);
  if (!patterns.masks.includes(NAME)) {
    throw new RangeError(`openDataset: wanted ${NAME} in the pattern of masks, got ${patterns.masks}; as in gt/{name}.png`); // prettier-ignore
  }
  const files = await filesBelow(folder);
  const found = { images: files.filter(fitting(patterns.images)), masks: files.filter(fitting(patterns.masks)) }; // prettier-ignore
  for (const what of ['images', 'masks'] as const) {
    if (found[what].length > 0) continue;
    throw new DataError(`no file in ${folder} fits the pattern of ${what}, ${patterns[what]} (found: ${shown(files) || 'nothing'}); correct the pattern`, 'no-data'); // prettier-ignore
  }
  const { first: images, second: masks, both } = separated(found.images, found.masks);
  if (both.length > 0) {
    throw new DataError(
      `${both.length} of ${found.images.length} files that fit the pattern of images, ${patterns.images}, fit the pattern of masks, ${patterns.masks}, too (${shown(both)} in ${folder}); make one of them narrower`,
      'no-data',
    );
  }
  for (const [what, some] of [
    ['images', images],
    ['masks', masks],
  ] as const) {
    // prettier-ignore
    const odd = some.filter((file) => !isReadable(file));
    if (odd.length > 0) throw new DataError(`cannot read ${shown(odd)} in ${folder}: wanted PNG, JPEG or TIFF; change the pattern of ${what}, ${patterns[what]}, or convert the files`, 'unreadable'); // prettier-ignore
  }
  const { pairs, ambiguous, firstAlone, secondAlone } = pairByNames(
    { files: images, pattern: patterns.images, id: idOf },
    { files: masks, pattern: patterns.masks, id: idOf },
  );
  if (ambiguous.length > 0) throw ambiguousError(folder, ambiguous[0]!);
  for (const [what, partner, names] of [
    ['image', 'mask', firstAlone.map(({ first }) => first)],
    ['mask', 'image', secondAlone],
  ] as const) {
    // prettier-ignore
    if (names.length > 0) throw new DataError(`${what} without ${partner} in ${folder}: ${shown(names)} (of ${names.length}); wanted a ${partner} that fits ${patterns[`${partner}s`]}`, 'unpaired'); // prettier-ignore
  }
  return pairs
    .map(({ name, first, second }) => ({ id: name, image: join(folder, first), mask: join(folder, second) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function ambiguousError(folder: string, { kind, name, files, partner }: AmbiguousFiles): DataError {
  const two = `${files[0]!} and ${files[1]!}`;
  const what = {
    'same-name': `two images in ${folder} have the name ${name}: ${two}; ${NAME} in the pattern says what their name is`,
    'several-second': `two masks in ${folder} fit the image ${partner}: ${two}`,
    'several-first': `two images in ${folder} fit the mask ${partner}: ${two}`,
  }[kind];
  return new DataError(`${what}; make the patterns narrower, or move one of the files away`, 'unpaired');
}

/** Paths of all files below a folder, from it, with `/`; hidden ones do not count. */
async function filesBelow(folder: string, below = ''): Promise<string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const file = posix.join(below, entry.name);
    if (entry.isDirectory()) files.push(...(await filesBelow(folder, file)));
    else files.push(file);
  }
  return files;
}

function checkRelative(what: keyof FilePatterns, pattern: string): void {
  checkPattern(`openDataset: ${what}`, pattern);
  if (/^([/\\]|[a-z]:)/i.test(pattern) || pattern.split('/').includes('..')) {
    throw new RangeError(
      `openDataset: ${what}: wanted a path from the folder of the data, without .., got ${JSON.stringify(pattern)}`,
    );
  }
}
