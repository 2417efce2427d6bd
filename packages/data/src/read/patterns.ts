// Images and masks that are found by patterns of their paths instead of by a layout.
import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';

import { printable } from '@segloss/common';
import { DataError } from '../errors.js';
import { idOf, isReadable, shown } from './names.js';
import { type Pair } from './pairs.js';

/** Paths from the folder of the data, with `*` for any part of a name, `**` for any folders and `{name}` for what pairs the files. */
export interface FilePatterns {
  /** As in `img/*.jpg`; where it has no `{name}`, the name of the file without its extension is the name. */
  readonly images: string;
  /** As in `gt/{name}_1stHO.png`. */
  readonly masks: string;
}

const NAME = '{name}';

/**
 * The images of a folder with the mask that the pattern gives to each; every file must have its partner, and only one.
 *
 * @throws {RangeError} If a pattern is wrong. @throws {DataError} `no-data` or `unpaired`, naming the files.
 */
export async function pairByPatterns(folder: string, patterns: FilePatterns): Promise<Pair[]> {
  checkPattern('images', patterns.images);
  checkPattern('masks', patterns.masks);
  if (!patterns.masks.includes(NAME)) {
    throw new RangeError(`openDataset: wanted ${NAME} in the pattern of masks, got ${patterns.masks}; as in gt/{name}.png`); // prettier-ignore
  }
  const files = await filesBelow(folder);
  const isMask = matcher(patterns.masks);
  const isImage = matcher(patterns.images);
  const masks = files.filter(isMask);
  const images = files.filter((file) => isImage(file) && !isMask(file));
  for (const [what, found] of [
    ['images', images],
    ['masks', masks],
  ] as const) {
    // prettier-ignore
    const odd = found.filter((file) => !isReadable(file));
    if (odd.length > 0) throw new DataError(`cannot read ${shown(odd)} in ${folder}: wanted PNG, JPEG or TIFF; change the pattern of ${what}, ${patterns[what]}, or convert the files`, 'unreadable'); // prettier-ignore
    if (found.length > 0) continue;
    const other = what === 'images' && files.some(isImage) ? `: all files that fit it fit the pattern of masks, ${patterns.masks}, too` : ` (found: ${shown(files) || 'nothing'})`; // prettier-ignore
    throw new DataError(`no file in ${folder} fits the pattern of ${what}, ${patterns[what]}${other}; correct the pattern`, 'no-data'); // prettier-ignore
  }
  const byName = namedImages(folder, images, patterns.images);
  const partners = partnersOf([...byName.keys()], masks, patterns.masks);
  const taken = new Map<string, string>();
  const pairs: Pair[] = [];
  const alone: string[] = [];
  for (const [id, image] of byName) {
    const [mask, second] = partners.get(id) ?? [];
    if (mask === undefined) {
      alone.push(image);
      continue;
    }
    if (second !== undefined) throw ambiguous(`two masks in ${folder} fit the image ${image}: ${mask} and ${second}`); // prettier-ignore
    const other = taken.get(mask);
    if (other !== undefined) throw ambiguous(`two images in ${folder} fit the mask ${mask}: ${other} and ${image}`); // prettier-ignore
    taken.set(mask, image);
    pairs.push({ id, image: join(folder, image), mask: join(folder, mask) });
  }
  const lonely = masks.filter((mask) => !taken.has(mask));
  for (const [what, partner, names] of [
    ['image', 'mask', alone],
    ['mask', 'image', lonely],
  ] as const) {
    // prettier-ignore
    if (names.length > 0) throw new DataError(`${what} without ${partner} in ${folder}: ${shown(names)} (of ${names.length}); wanted a ${partner} that fits ${patterns[`${partner}s`]}`, 'unpaired'); // prettier-ignore
  }
  return pairs.sort((a, b) => (a.id < b.id ? -1 : 1));
}

const ambiguous = (what: string) =>
  new DataError(`${what}; make the patterns narrower, or move one of the files away`, 'unpaired');

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

function namedImages(folder: string, images: readonly string[], pattern: string): Map<string, string> {
  const match = expression(pattern, '([^/]+?)');
  const byName = new Map<string, string>();
  for (const image of images) {
    const found = match.exec(image.normalize('NFC'))?.[1];
    const id = found === undefined ? idOf(image) : printable(found);
    const other = byName.get(id);
    if (other !== undefined) {
      throw ambiguous(
        `two images in ${folder} have the name ${id}: ${other} and ${image}; ${NAME} in the pattern says what their name is`,
      );
    }
    byName.set(id, image);
  }
  return byName;
}

/** The masks that fit each name. */
function partnersOf(
  names: readonly string[],
  masks: readonly string[],
  pattern: string,
): Map<string, string[]> {
  const result = new Map<string, string[]>();
  const add = (name: string, mask: string) => result.set(name, [...(result.get(name) ?? []), mask]);
  if (!pattern.includes('*')) {
    const match = expression(pattern, '([^/]+)');
    for (const mask of masks) add(printable(match.exec(mask.normalize('NFC'))![1]!), mask);
    return result;
  }
  for (const name of names) {
    const match = expression(pattern, escaped(name));
    for (const mask of masks) if (match.test(printable(mask.normalize('NFC')))) add(name, mask);
  }
  return result;
}

const matcher = (pattern: string) => {
  const match = expression(pattern, '([^/]+?)');
  return (file: string) => match.test(file.normalize('NFC'));
};

/** A pattern as a regular expression; the second `{name}` is the first again. `.png` at the end also fits `.PNG`, as everywhere. */
function expression(pattern: string, name: string): RegExp {
  let named = false;
  const parts = pattern
    .normalize('NFC')
    .replace(/^(\.\/)+/, '')
    .split(/(\*\*\/|\*|\{name\})/)
    .map((part) => {
      if (part === '**/') return '(?:[^/]+/)*';
      if (part === '*') return '[^/]*';
      if (part !== NAME) return escaped(part);
      const again = named && name.startsWith('(');
      named = true;
      return again ? '\\1' : name;
    });
  const text = parts.join('').replace(/\\\.[a-z\d]+$/i, eitherCase);
  return new RegExp(`^${text}$`, 'u');
}

const eitherCase = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => `[${letter.toLowerCase()}${letter.toUpperCase()}]`);

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

function checkPattern(what: keyof FilePatterns, pattern: string): void {
  const bad = (reason: string) => new RangeError(`openDataset: ${what}: ${reason}, got ${JSON.stringify(pattern)}`); // prettier-ignore
  if (typeof pattern !== 'string' || pattern === '') throw bad('wanted a pattern such as img/*.png');
  if (/^([/\\]|[a-z]:)/i.test(pattern) || pattern.split(/[/\\]/).includes('..')) {
    throw bad('wanted a path from the folder of the data, without ..');
  }
  if (pattern.includes('\\')) throw bad('wanted / between folders');
  if (/[{}]/.test(pattern.replaceAll(NAME, ''))) throw bad(`wanted no braces but ${NAME}`);
  if (/\*\*(?!\/)/.test(pattern) || /[^/]\*\*/.test(pattern)) throw bad('wanted ** as a folder of its own, as in img/**/*.png'); // prettier-ignore
}
