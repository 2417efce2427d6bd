import { readdirSync } from 'node:fs';
import path from 'node:path';

import { DataError } from '@segloss/data';

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
 * @param channels Those that the model takes.
 * @throws {DataError} If there is no such folder or nothing in it, or two images have one name.
 */
export function casesOf(folder: string, channels: number): PredictCase[] {
  let names: string[];
  try {
    names = readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch {
    throw new DataError(`no folder ${folder}; give the path of a folder with images`, 'missing-folder');
  }
  const images = names.filter((name) => IMAGE.test(name));
  const cases = [
    ...images.map((name) => ({ name: name.replace(IMAGE, ''), files: [name], volume: false })),
    ...volumesOf(names.filter((name) => VOLUME.test(name)), channels), // prettier-ignore
  ];
  if (cases.length === 0) {
    throw new DataError(`no images in ${folder}; wanted PNG, JPEG, TIFF or NIfTI files`, 'no-data');
  }
  refuseTwice(folder, cases);
  return cases.map((one) => ({ ...one, files: one.files.map((name) => path.join(folder, name)) }));
}

/** Images of formats that are not read. */
const OTHER_IMAGE =
  /\.(bmp|gif|webp|jp2|jpe|jfif|heic|heif|avif|ppm|pgm|pbm|pnm|tga|dcm|npy|npz|mha|mhd|nrrd)$/i;

/** Images of a folder that get no label file, since their format is not read; with the reason. */
export function leftOut(folder: string): { image: string; reason: string }[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && OTHER_IMAGE.test(name))
    .sort()
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
