import { readdirSync } from 'node:fs';
import path from 'node:path';

import { checkPattern, DataError, filesByName, fitting, isPattern, starsOf } from '@segloss/data/masks';

/** The files of one image or volume; a volume may have one for each channel. */
export interface PredictCase {
  readonly name: string;
  readonly files: readonly string[];
  readonly volume: boolean;
}

const IMAGE = /\.(png|jpe?g|tiff?)$/i;
const VOLUME = /\.nii(\.gz)?$/i;
/** The channel in the name of a volume, as nnU-Net writes it: `CASE_0000.nii.gz`. */
const CHANNEL = /^(.+)_(\d{4})$/;

/**
 * Finds the images and volumes of a folder, in the order of their names. Hidden files and files of other kinds do not count.
 *
 * `CASE_0000.nii.gz`, `CASE_0001.nii.gz`, ... are the channels of one volume only where they are numbered from 0 and are exactly as many as
 * the model takes; otherwise each file is a volume of its own: `patient_0001` and `patient_0002` are two patients.
 *
 * @param channels Those that the model takes. @param options `recursive`: also those of the folders below; their names have `/` between folders.
 *   `images`: a pattern of paths from the folder, as `openDataset` has it; volumes of one name are the channels of one.
 * @throws {DataError} If there is no such folder or nothing in it, or two images have one name. @throws {RangeError} If the pattern is wrong.
 */
export function casesOf(
  folder: string,
  channels: number,
  { recursive = false, images: pattern, channelNames }: CasesOptions = {},
): PredictCase[] {
  if (pattern !== undefined) return casesByPattern(folder, { pattern, channels, channelNames });
  const names = namesBelow(folder, recursive);
  const images = names.filter((name) => IMAGE.test(name));
  const cases = [
    ...images.map((name) => ({ name: name.replace(IMAGE, ''), files: [name], volume: false })),
    ...volumesOf(names.filter((name) => VOLUME.test(name)), channels), // prettier-ignore
  ];
  if (cases.length === 0) {
    const below = recursive ? 0 : imagesInSubfolders(folder);
    const more =
      below > 0 ? `; its subfolders have ${below}: read them with --recursive (recursive: true)` : '';
    throw new DataError(`no images in ${folder}; wanted PNG, JPEG, TIFF or NIfTI files${more}`, 'no-data');
  }
  refuseTwice(folder, cases);
  return cases.map((one) => ({ ...one, files: one.files.map((name) => path.join(folder, name)) }));
}

interface CasesOptions {
  readonly recursive?: boolean;
  readonly images?: string;
  /** What tells the channels of the model apart, where files of channels were found by a pattern when it was trained. */
  readonly channelNames?: readonly string[];
}

function casesByPattern(
  folder: string,
  {
    pattern,
    channels,
    channelNames,
  }: { pattern: string; channels: number; channelNames: readonly string[] | undefined },
): PredictCase[] {
  checkPattern('predictFolder: images', pattern);
  const readable = namesBelow(folder, true).filter((name) => IMAGE.test(name) || VOLUME.test(name));
  const named = filesByName(readable, pattern, (name) => path.basename(name).replace(VOLUME, '').replace(IMAGE, '')); // prettier-ignore
  if (named.size === 0) {
    const found = namesBelow(folder, true).slice(0, 5).join(', ') || 'nothing';
    throw new DataError(`no image in ${folder} fits the pattern ${pattern} (found: ${found}); correct the pattern`, 'no-data'); // prettier-ignore
  }
  return [...named].map(([name, files]) => {
    const volume = files.every((file) => VOLUME.test(file));
    if (files.length > 1 && !(volume && files.length === channels)) {
      const wanted = volume && channels > 1 ? `${channels} files of each name, one for each channel` : 'one file of each name'; // prettier-ignore
      throw new DataError(`wanted ${wanted}, got ${files.join(', ')} of ${name} in ${folder} by the pattern ${pattern}; make it narrower`, 'unpaired'); // prettier-ignore
    }
    const names = files.length > 1 && files.map((file) => starsOf(pattern, name, file)).join(', ');
    const wanted = channelNames?.join(', ');
    if (names && wanted !== undefined && names !== wanted) {
      throw new DataError(`wanted the channels ${wanted}, with which the model was trained, got ${names} of ${name} in ${folder} by the pattern ${pattern}; rename the files, or correct the pattern`, 'unpaired'); // prettier-ignore
    }
    return { name, files: files.map((file) => path.join(folder, file)), volume };
  });
}

/** Returns how many images and volumes lie in the folders below a folder. */
export function imagesInSubfolders(folder: string): number {
  return namesBelow(folder, true).filter(
    (name) => name.includes('/') && (IMAGE.test(name) || VOLUME.test(name)),
  ).length;
}

/**
 * Lists the files of a folder from there, with `/` between folders, sorted; hidden ones do not count. Links to folders are not followed.
 *
 * @param recursive Whether to list those of the folders below too.
 */
function namesBelow(folder: string, recursive: boolean): string[] {
  const names: string[] = [];
  const visit = (below: string): void => {
    for (const entry of readdirSync(path.join(folder, below), { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue;
      const name = below === '' ? entry.name : `${below}/${entry.name}`;
      if (!entry.isDirectory()) names.push(name);
      else if (recursive) visit(name);
    }
  };
  try {
    visit('');
  } catch (error) {
    const { code, path: place = folder, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR' || isPattern(path.basename(folder))) {
      const what = code === 'ENOTDIR' ? 'a file' : 'a pattern';
      throw new DataError(`${folder} is ${what}, not a folder; give its folder, and --images ${path.basename(folder)} (images) to choose what is predicted`, 'missing-folder'); // prettier-ignore
    }
    throw code === 'ENOENT'
      ? new DataError(`no folder ${place}; give the path of a folder with images`, 'missing-folder')
      : new DataError(`cannot read the folder ${place}: ${message}`, 'missing-folder');
  }
  return names.sort();
}

/** Images of formats that are not read. */
const OTHER_IMAGE =
  /\.(bmp|gif|webp|jp2|jpe|jfif|heic|heif|avif|ppm|pgm|pbm|pnm|tga|dcm|npy|npz|mha|mhd|nrrd)$/i;

/** Images of a folder that get no label file, since their format is not read; with the reason. */
export function leftOut(
  folder: string,
  { recursive = false, images: pattern }: CasesOptions = {},
): { image: string; reason: string }[] {
  const fits = pattern === undefined ? () => true : fitting(pattern);
  return namesBelow(folder, recursive || pattern !== undefined)
    .filter((name) => OTHER_IMAGE.test(name) && fits(name))
    .map((image) => ({
      image,
      reason: `cannot read ${path.join(folder, image)}: wanted PNG, JPEG, TIFF or NIfTI; convert it`,
    }));
}

function volumesOf(names: readonly string[], channels: number): PredictCase[] {
  const numbered = new Map<string, Map<number, string>>();
  for (const name of names) {
    const [, id, number] = CHANNEL.exec(name.replace(VOLUME, '')) ?? [];
    if (id === undefined) continue;
    const known = numbered.get(id) ?? new Map<number, string>();
    numbered.set(id, known.set(Number(number), name));
  }
  const joined: PredictCase[] = [];
  const used = new Set<string>();
  for (const [id, files] of numbered) {
    const inOrder = Array.from({ length: channels }, (_, channel) => files.get(channel));
    if (files.size !== channels || inOrder.includes(undefined)) continue;
    joined.push({ name: id, files: inOrder as string[], volume: true });
    for (const name of inOrder as string[]) used.add(name);
  }
  const single = names
    .filter((name) => !used.has(name))
    .map((name) => ({ name: name.replace(VOLUME, ''), files: [name], volume: true }));
  return [...joined, ...single].sort((a, b) => (a.files[0]! < b.files[0]! ? -1 : 1));
}

function refuseTwice(folder: string, cases: readonly PredictCase[]): void {
  const seen = new Map<string, PredictCase>();
  for (const one of cases) {
    const key = `${one.volume ? 'volume' : 'image'} ${one.name.normalize('NFC')}`;
    const other = seen.get(key);
    if (other !== undefined) {
      throw new DataError(
        `${folder}: ${other.files[0]!} and ${one.files[0]!} would have one label file; rename one of them`,
      );
    }
    seen.set(key, one);
  }
}
