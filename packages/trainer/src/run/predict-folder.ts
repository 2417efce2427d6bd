import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { DataError, readImage, readImageVolume, sliceOf, writeNifti, type Sample } from '@segloss/data';
import { encode } from 'fast-png';

import { type OpenRun } from './open-run.js';
import { predictImage, type PredictImageOptions } from './predict-image.js';

/** Options of {@link predictFolder}. */
export interface PredictFolderOptions extends PredictImageOptions {
  onImage?: (done: number, of: number) => void;
}

/** What {@link predictFolder} wrote. */
export interface FolderPredictions {
  /** Label images and volumes, in the order of the images' names. */
  readonly written: readonly string[];
  /** Images that could not be read, with the reason. */
  readonly unreadable: readonly { readonly image: string; readonly reason: string }[];
}

const IMAGE = /\.(png|jpe?g|tiff?)$/i;
const VOLUME = /(_\d{4})?\.nii(\.gz)?$/i;

/** The files of one image or volume; a volume may have one for each channel, CASE_0000.nii.gz and so on. */
interface Case {
  readonly name: string;
  readonly files: readonly string[];
  readonly volume: boolean;
}

/**
 * Predicts every image (PNG, JPEG, TIFF) and NIfTI volume of a folder. For an image `NAME.png`, gray, 8 bits, whose values are class indices;
 * for a volume `CASE.nii.gz` with the image's geometry, predicted slice by slice. What cannot be read is told, and the others go on.
 *
 * @param folder Images. @param out Where the labels go; made if it is not there.
 * @throws {DataError} If there are no images.
 *
 * @example
 * ```ts
 * await predictFolder(undefined, 'no-such-folder', 'out').catch((error) => error.code); // → "missing-folder"
 * ```
 */
export async function predictFolder(
  run: OpenRun,
  folder: string,
  out: string,
  options: PredictFolderOptions = {},
): Promise<FolderPredictions> {
  const cases = casesOf(folder);
  mkdirSync(out, { recursive: true });
  const written: string[] = [];
  const unreadable: { image: string; reason: string }[] = [];
  for (const [i, one] of cases.entries()) {
    try {
      written.push(await (one.volume ? predictVolume : predictPicture)(run, one, out, options));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      unreadable.push({ image: one.name, reason: error.message });
    }
    options.onImage?.(i + 1, cases.length);
  }
  return { written, unreadable };
}

async function predictPicture(
  run: OpenRun,
  one: Case,
  out: string,
  options: PredictImageOptions,
): Promise<string> {
  const sample = await sampleOf(one.files[0]!, run.inputShape[2]);
  const { labels } = await predictImage(run, sample, options);
  const file = path.join(out, `${one.name}.png`);
  const { width, height } = sample;
  writeFileSync(file, encode({ width, height, data: labels, channels: 1, depth: 8 }));
  return file;
}

async function predictVolume(
  run: OpenRun,
  one: Case,
  out: string,
  options: PredictImageOptions,
): Promise<string> {
  const { volume, forms } = await readImageVolume(one.files);
  const wanted = run.inputShape[2];
  if (volume.channels !== wanted) throw otherChannels(one.files[0]!, wanted, volume.channels);
  const { depth, height, width } = volume;
  const labels = new Uint8Array(depth * height * width);
  for (let index = 0; index < depth; index++) {
    const slice = await predictImage(run, sliceOf(volume, { index }), options);
    labels.set(slice.labels, index * height * width);
  }
  const file = path.join(out, `${one.name}.nii.gz`);
  await writeNifti(file, labels, { shape: [depth, height, width], forms });
  return file;
}

function casesOf(folder: string): Case[] {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch {
    throw new DataError(`no folder ${folder}; give the path of a folder with images`, 'missing-folder');
  }
  const cases = new Map<string, { name: string; files: string[]; volume: boolean }>();
  for (const name of names) {
    const volume = VOLUME.test(name);
    if (!volume && !IMAGE.test(name)) continue;
    const id = name.replace(volume ? VOLUME : IMAGE, '');
    const file = path.join(folder, name);
    const known = cases.get(`${id} ${volume}`);
    if (known === undefined) cases.set(`${id} ${volume}`, { name: id, files: [file], volume });
    else if (volume) known.files.push(file);
    else throw new DataError(`${folder}: ${id} is there twice, as ${path.basename(known.files[0]!)} and ${name}; rename one`); // prettier-ignore
  }
  if (cases.size === 0) {
    throw new DataError(`no images in ${folder}; wanted PNG, JPEG, TIFF or NIfTI files`, 'no-data');
  }
  return [...cases.values()];
}

/** Gray images are repeated for a model of three channels. */
async function sampleOf(file: string, wanted: number): Promise<Sample> {
  const { width, height, channels, values } = await readImage(file);
  const mask = new Uint8Array(width * height);
  const size = { id: path.basename(file), width, height, channels: wanted, mask };
  if (channels === wanted) return { ...size, image: values };
  if (channels !== 1) throw otherChannels(file, wanted, channels);
  const image = Float32Array.from(
    { length: values.length * wanted },
    (_, i) => values[Math.floor(i / wanted)]!,
  );
  return { ...size, image };
}

function otherChannels(file: string, wanted: number, got: number): DataError {
  return new DataError(`${file}: wanted ${wanted} channels as the model takes, got ${got}`, 'size-mismatch');
}
