// Images and masks that are found by patterns of their paths instead of by a layout.
import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';

import { DataError } from '../errors.js';
import {
  byChannel,
  checkPattern,
  fitting,
  groupByNames,
  NAME,
  separated,
  starsOf,
  type AmbiguousFiles,
  type PatternFiles,
  type PatternGrouping,
} from './file-patterns.js';
import { NIFTI_FILE } from './mask-facts.js';
import { idOf, isReadable, shown } from './names.js';

/** Paths from the folder of the data, with `*` for any part of a name, `**` for any folders and `{name}` for what pairs the files. */
export interface FilePatterns {
  /** As in `img/*.jpg`; where it has no `{name}`, the name of the file without its extension is the name. */
  readonly images: string;
  /** As in `gt/{name}_1stHO.png`. */
  readonly masks: string;
}

/** An image with its mask, or a volume with its labels; a volume may have a file for each channel. */
export interface PatternCase {
  readonly id: string;
  readonly images: readonly [string, ...string[]];
  readonly mask: string;
}

/** What patterns found. */
export interface PatternCases {
  /** Whether the files are NIfTI. */
  readonly volumes: boolean;
  readonly cases: readonly PatternCase[];
  /** What stands for `*` in the names of the channels of a volume; empty where every volume is one file. */
  readonly channels: readonly string[];
}

/**
 * The images of a folder with the mask that the pattern gives to each; every file must have its partner, and only one. Of NIfTI volumes several
 * images that fit one mask are its channels, in the order of what stands for `*`: the same ones for every case.
 *
 * @throws {RangeError} If a pattern is wrong. @throws {DataError} `no-data`, `unreadable` or `unpaired`, naming the files.
 */
export async function pairByPatterns(folder: string, patterns: FilePatterns): Promise<PatternCases> {
  checkRelative('images', patterns.images);
  checkRelative('masks', patterns.masks);
  if (!patterns.masks.includes(NAME)) {
    throw new RangeError(`openDataset: wanted ${NAME} in the pattern of masks, got ${patterns.masks}; as in gt/{name}.png`); // prettier-ignore
  }
  const files = await filesFor(folder, patterns);
  const volumes = areVolumes(folder, files, patterns);
  const side = (what: 'images' | 'masks'): PatternFiles => ({ files: files[what], pattern: patterns[what], id: idOf }); // prettier-ignore
  // The side without `*` says what the names are: `img/{name}_*` alone would call x_1_a "x" or "x_1".
  const byMasks = isOpen(patterns.images) && !isOpen(patterns.masks);
  const order = byMasks ? (['masks', 'images'] as const) : (['images', 'masks'] as const);
  const found = groupByNames(side(order[0]), side(order[1]));
  const several = found.groups.find(({ seconds }) => seconds.length > 1);
  const ambiguous =
    found.ambiguous[0] ??
    (several && !(volumes && byMasks)
      ? { kind: 'several-second', name: several.name, files: several.seconds, partner: several.first }
      : undefined);
  if (ambiguous !== undefined) throw ambiguousError(folder, ambiguous as AmbiguousFiles, order);
  const alone = { [order[0]]: found.firstAlone.map(({ first }) => first), [order[1]]: found.secondAlone };
  for (const [what, partner] of [['image', 'mask'], ['mask', 'image']] as const) {
    const names = alone[`${what}s`]!;
    if (names.length > 0) throw new DataError(`${what} without ${partner} in ${folder}: ${shown(names)} (of ${names.length}); wanted a ${partner} that fits ${patterns[`${partner}s`]}`, 'unpaired'); // prettier-ignore
  } // prettier-ignore
  const channels = several === undefined ? [] : channelsOf(folder, patterns.images, found.groups);
  const inOrder = ({ name, seconds }: PatternGrouping['groups'][number]) =>
    channels.length === 0
      ? seconds
      : channels.map((channel) => seconds.find((file) => starsOf(patterns.images, name, file) === channel)!);
  const paths = (some: readonly string[]) => some.map((file) => join(folder, file)) as [string, ...string[]];
  const cases = found.groups.map((group): PatternCase => {
    const { name, first, seconds } = group;
    return byMasks
      ? { id: name, images: paths(inOrder(group)), mask: join(folder, first) }
      : { id: name, images: paths([first]), mask: join(folder, seconds[0]) };
  });
  return { volumes, channels, cases: cases.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

/** Whether a pattern leaves open which part of a file's name is the name. */
const isOpen = (pattern: string): boolean => pattern.includes(NAME) && pattern.includes('*');

type Files = Readonly<Record<'images' | 'masks', readonly string[]>>;

/** The files that fit the patterns. */
async function filesFor(folder: string, patterns: FilePatterns): Promise<Files> {
  const files = await filesBelow(folder);
  const found = { images: files.filter(fitting(patterns.images)), masks: files.filter(fitting(patterns.masks)) }; // prettier-ignore
  for (const what of ['images', 'masks'] as const) {
    if (found[what].length > 0) continue;
    throw new DataError(`no file in ${folder} fits the pattern of ${what}, ${patterns[what]} (found: ${shown(files) || 'nothing'}); correct the pattern`, 'no-data'); // prettier-ignore
  }
  const { first: images, second: masks, both } = separated(found.images, found.masks);
  if (both.length === 0) return { images, masks };
  throw new DataError(
    `${both.length} of ${found.images.length} files that fit the pattern of images, ${patterns.images}, fit the pattern of masks, ${patterns.masks}, too (${shown(both)} in ${folder}); make one of them narrower`,
    'no-data',
  );
}

/** Whether the files are volumes. @throws {DataError} `unreadable` if some can be read as neither, or both are there. */
function areVolumes(folder: string, files: Files, patterns: FilePatterns): boolean {
  const volumes = (['images', 'masks'] as const).flatMap((what) => {
    const some = files[what];
    const odd = some.filter((file) => !isReadable(file) && !NIFTI_FILE.test(file));
    if (odd.length > 0) throw new DataError(`cannot read ${shown(odd)} in ${folder}: wanted PNG, JPEG, TIFF or NIfTI; change the pattern of ${what}, ${patterns[what]}, or convert the files`, 'unreadable'); // prettier-ignore
    return some.filter((file) => NIFTI_FILE.test(file));
  });
  if (volumes.length === 0) return false;
  const all = [...files.images, ...files.masks];
  const image = all.find((file) => !NIFTI_FILE.test(file));
  if (image === undefined) return true;
  throw new DataError(
    `wanted images and masks of one kind in ${folder}, got ${volumes.length} NIfTI volumes (${volumes[0]!}) and ${all.length - volumes.length} other images (${image}); make the patterns narrower`,
    'unreadable',
  );
}

/** What stands for `*` in the names of the channels. @throws {DataError} `unpaired` if a case has others than the first. */
function channelsOf(folder: string, pattern: string, groups: PatternGrouping['groups']): readonly string[] {
  const of = ({ name, seconds }: PatternGrouping['groups'][number]) =>
    seconds.map((file) => starsOf(pattern, name, file)).sort(byChannel);
  const [first, ...others] = groups.map((group) => ({ name: group.name, channels: of(group) }));
  const other = others.find(({ channels }) => channels.join('\n') !== first!.channels.join('\n'));
  if (other === undefined) return first!.channels;
  const said = ({ name, channels }: typeof other) => `${channels.join(', ')} of ${name}`;
  throw new DataError(
    `wanted the same channels for every case in ${folder}, got ${said(first!)} and ${said(other)} by the pattern of images, ${pattern}; add the missing files, or make the pattern narrower`,
    'unpaired',
  );
}

function ambiguousError(
  folder: string,
  { kind, name, files, partner }: AmbiguousFiles,
  [first, second]: readonly ['images' | 'masks', 'images' | 'masks'],
): DataError {
  const two = `${files[0]!} and ${files[1]!}`;
  const one = { images: 'image', masks: 'mask' } as const;
  const what = {
    'same-name': `two ${first} in ${folder} have the name ${name}: ${two}; ${NAME} in the pattern says what their name is`,
    'several-second': `two ${second} in ${folder} fit the ${one[first]} ${partner}: ${two}`,
    'several-first': `two ${first} in ${folder} fit the ${one[second]} ${partner}: ${two}`,
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
