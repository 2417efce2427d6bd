// How files find their partners, without Node: for every layout, for pages, and for whoever pairs files by name.
import { printable } from '@segloss/common';
import { DataError } from '../errors.js';

/** A file's name without folder and extension; `.nii.gz` is one. */
export function stem(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.replace(/(?<=.\.nii)\.gz$/i, '').lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/** The id of a file: its stem, in the one Unicode form (NFC) in which macOS and Linux agree, safe to print. */
export function idOf(path: string): string {
  return printable(stem(path).normalize('NFC'));
}

/** Names by their ids. @throws {DataError} `unpaired`, if two have one id. */
export function byId(folder: string, names: readonly string[], id = idOf): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  for (const name of names) {
    const other = result.get(id(name));
    if (other !== undefined) {
      throw new DataError(
        `wanted one file of each name in ${folder}, got ${other} and ${name}; move one of them away`,
        'unpaired',
      );
    }
    result.set(id(name), name);
  }
  return result;
}

/** What pairing by name found; a name is an id, and each is in one of the lists only. */
export interface NamePairing {
  readonly pairs: readonly (readonly [first: string, second: string])[];
  /** Names of several files of one side that fit one name of the other. */
  readonly ambiguous: readonly (readonly string[])[];
  readonly firstAlone: readonly string[];
  readonly secondAlone: readonly string[];
}

/**
 * Pairs names: equal names first, and of those that are left, those that are equal after `loosen`, where only one on each side is.
 * A name that is paired is out of the running, so that `person_mask` finds `person_mask` before `person`.
 *
 * @param first Names of one side, each once. @param second Names of the other.
 * @param loosen Takes off what may differ, of names of the second side, and of the first unless `loosenFirst` is given.
 *
 * @example
 * ```ts
 * const loosen = (name) => name.replace(/_mask$/, '');
 * pairNames(['a', 'b', 'c'], ['a', 'b_mask', 'd'], loosen).pairs; // → [["a", "a"], ["b", "b_mask"]]
 * pairNames(['a'], ['a', 'a_mask'], loosen).secondAlone; // → ["a_mask"]
 * ```
 */
export function pairNames(
  first: readonly string[],
  second: readonly string[],
  loosen: (name: string) => string,
  loosenFirst = loosen,
): NamePairing {
  const exact = new Set(second);
  const pairs: [string, string][] = first.filter((name) => exact.has(name)).map((name) => [name, name]);
  const paired = new Set(pairs.map(([name]) => name));
  const left = (names: readonly string[]) => names.filter((name) => !paired.has(name));
  const [leftFirst, leftSecond] = [groupBy(left(first), loosenFirst), groupBy(left(second), loosen)];
  const ambiguous: string[][] = [];
  const firstAlone: string[] = [];
  for (const [name, names] of leftFirst) {
    const partners = leftSecond.get(name) ?? [];
    if (partners.length === 0) firstAlone.push(...names);
    else if (names.length === 1 && partners.length === 1) pairs.push([names[0]!, partners[0]!]);
    else ambiguous.push([...names, ...partners]);
  }
  const secondAlone = [...leftSecond].filter(([name]) => !leftFirst.has(name)).flatMap(([, names]) => names);
  return { pairs, ambiguous, firstAlone, secondAlone };
}

function groupBy(names: readonly string[], key: (name: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) groups.set(key(name), [...(groups.get(key(name)) ?? []), name]);
  return groups;
}

const MASK_SUFFIX = /[_\- ](masks?|seg|segmentations?|gt|labels?)$/i;

/** The files of a folder: their names, and what the folder is called in messages. */
export interface NamedFiles {
  readonly name: string;
  readonly files: readonly string[];
}

/**
 * Pairs images with the masks of the same names without extension, or else of names with `_mask`, `_seg`, `_segmentation`, `_gt` or
 * `_label` behind; every file must have its partner.
 *
 * @returns Pairs, sorted by id.
 * @throws {DataError} `unpaired`, naming the files.
 *
 * @example
 * ```ts
 * const [pair] = pairImages({ name: 'images', files: ['b.jpg'] }, { name: 'masks', files: ['b_mask.png'] });
 * pair.mask; // → "b_mask.png"
 * ```
 */
export function pairImages(
  imageFolder: NamedFiles,
  maskFolder: NamedFiles,
): { id: string; image: string; mask: string }[] {
  const images = byId(imageFolder.name, imageFolder.files);
  const masks = byId(maskFolder.name, maskFolder.files);
  const { pairs, ambiguous, firstAlone, secondAlone } = pairNames(
    [...images.keys()],
    [...masks.keys()],
    (id) => id.replace(MASK_SUFFIX, ''),
    (id) => id,
  );
  if (ambiguous.length > 0) {
    throw new DataError(
      `several masks in ${maskFolder.name} fit one image: ${shown(ambiguous[0]!)}; give the mask the name of the image`,
      'unpaired',
    );
  }
  const twice = secondAlone.find((id) => pairs.some(([image]) => image === id.replace(MASK_SUFFIX, '')));
  if (twice !== undefined) {
    throw new DataError(
      `two masks in ${maskFolder.name} fit one image: ${masks.get(twice)!} and ${masks.get(twice.replace(MASK_SUFFIX, '')) ?? 'another'}; move one of them away`,
      'unpaired',
    );
  }
  const files = (ids: readonly string[], of: ReadonlyMap<string, string>) => ids.map((id) => of.get(id)!);
  if (firstAlone.length > 0)
    throw unpaired('image', 'mask', imageFolder.name, maskFolder.name, files(firstAlone, images));
  if (secondAlone.length > 0)
    throw unpaired('mask', 'image', maskFolder.name, imageFolder.name, files(secondAlone, masks));
  return pairs
    .map(([id, mask]) => ({ id, image: images.get(id)!, mask: masks.get(mask)! }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Names for a message: five of them, and how many more. */
export function shown(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
}

export function unpaired(
  what: string,
  partner: string,
  folder: string,
  other: string,
  names: readonly string[],
): DataError {
  return new DataError(
    `${what} without ${partner}: ${shown(names)} in ${folder} (of ${names.length}); wanted a file of the same name in ${other}`,
    'unpaired',
  );
}
