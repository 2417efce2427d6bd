import path from 'node:path';
import { gzipSync } from 'node:zlib';

import {
  DataError,
  encodeNifti,
  readImage,
  readImageVolume,
  sliceOf,
  type Sample,
  type Volume,
} from '@segloss/data';
import { encode } from 'fast-png';

import { together, type Ensemble } from './ensemble.js';
import { decodeLabels } from './decode-labels.js';
import { type OpenRun } from './open-run.js';
import { overlayPng, palettePng } from './label-pictures.js';
import { OutputFolder } from './output-folder.js';
import { casesOf, imagesInSubfolders, leftOut, type PredictCase } from './predict-cases.js';
import { predictImage, predictLabels, type PredictImageOptions } from './predict-image.js';

/** Options of {@link predictFolder}. */
export interface PredictFolderOptions extends PredictImageOptions {
  onImage?: (done: number, of: number) => void;
  /** Receives every image or volume, with its labels as its mask, when they are written. */
  onLabels?: (name: string, predicted: Sample) => void;
  /** Label images have a palette: viewers show the classes in color, and the values stay class indices. Default false: gray. */
  palette?: boolean;
  /** Another folder, to which every image is also written with its predicted regions in color. Volumes have none. */
  overlay?: string;
  /** Also replaces label files that segloss did not write. Default false. */
  overwrite?: boolean;
  /** Also predicts the images of the folders below, into folders of the same names. Default false. */
  recursive?: boolean;
  /**
   * Pattern of the images, of paths from the folder, as in `img/{name}_0000.nii.gz`: the label file is called as what `{name}` stands for. Volumes
   * that differ in `*` alone are the channels of one. Default: every image of the folder.
   */
  images?: string;
}

/** What {@link predictFolder} wrote. */
export interface FolderPredictions {
  /** Label images and volumes, in the order of the images' names. */
  readonly written: readonly string[];
  /** Images that could not be read, with the reason; those of formats that are never read too. */
  readonly unreadable: readonly { readonly image: string; readonly reason: string }[];
  /** Number of images in the folders below, which are predicted with `recursive` only. */
  readonly inSubfolders: number;
}

/**
 * Predicts every image (PNG, JPEG, TIFF) and NIfTI volume of a folder. For an image `NAME.png`, gray, 8 bits, whose values are class indices;
 * for a volume `CASE.nii.gz` with the image's geometry, predicted slice by slice unless the run was trained on volumes. What cannot be read is reported, and the others are predicted.
 *
 * @param given One run, or several, whose probabilities are averaged. @param folder Images. @param out Where the labels go; made if it is not there.
 * @throws {DataError} If there are no images. @throws {OutputError} If the labels would go into a folder that is read, or over files that
 *   segloss did not write.
 *
 * @example
 * ```ts
 * await predictFolder({ folder: 'run', inputShape: [8, 8, 1] }, 'no-such-folder', 'out').catch((error) => error.code); // → "missing-folder"
 * ```
 */
export async function predictFolder(
  given: OpenRun | readonly OpenRun[],
  folder: string,
  out: string,
  options: PredictFolderOptions = {},
): Promise<FolderPredictions> {
  const runs = together(given);
  const [run] = runs;
  const { overwrite = false, recursive = false, images } = options;
  const { channelNames } = run;
  const which = { recursive, ...(images !== undefined && { images }), ...(channelNames && { channelNames }) };
  if (recursive && images !== undefined) throw new TypeError('predictFolder: wanted images or recursive, got both; a pattern has ** for folders'); // prettier-ignore
  const cases = casesOf(folder, run.inputShape.at(-1)!, which);
  const reads = [folder, ...runs.map((one) => one.folder), ...cases.flatMap(({ files }) => files)];
  const output = new OutputFolder(out, { reads, overwrite });
  output.check(cases.map(labelFile));
  const pictures = cases.filter(({ volume }) => !volume);
  const overlay = options.overlay === undefined ? undefined : new OutputFolder(options.overlay, { reads: [...reads, out], overwrite }); // prettier-ignore
  overlay?.check(pictures.map(labelFile));
  const written: string[] = [];
  const unreadable = leftOut(folder, which);
  for (const [i, one] of cases.entries()) {
    try {
      written.push(
        await (one.volume ? predictVolume : predictPicture)(runs, one, { output, overlay }, options),
      );
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      unreadable.push({ image: one.name, reason: error.message });
    }
    options.onImage?.(i + 1, cases.length);
  }
  return {
    written,
    unreadable,
    inSubfolders: recursive || images !== undefined ? 0 : imagesInSubfolders(folder),
  };
}

/** The name of the file that a case's labels go to. */
const labelFile = ({ name, volume }: PredictCase): string => `${name}.${volume ? 'nii.gz' : 'png'}`;

/** Where labels and pictures of them go. */
interface Outputs {
  readonly output: OutputFolder;
  readonly overlay: OutputFolder | undefined;
}

async function predictPicture(
  runs: Ensemble,
  one: PredictCase,
  { output, overlay }: Outputs,
  options: PredictFolderOptions,
): Promise<string> {
  const sample = await sampleOf(one, runs[0].inputShape.at(-1)!);
  const labels = await predictLabels(runs, sample, options);
  const { width, height } = sample;
  const { background, classes } = runs[0];
  overlay?.write(labelFile(one), Buffer.from(overlayPng(sample, labels, background)));
  const bytes = options.palette
    ? palettePng(sample, labels, classes.length, background)
    : encode({ width, height, data: labels, channels: 1, depth: 8 });
  const written = output.write(labelFile(one), bytes);
  options.onLabels?.(one.name, { ...sample, mask: labels });
  return written;
}

async function predictVolume(
  runs: Ensemble,
  one: PredictCase,
  { output }: Outputs,
  options: PredictFolderOptions,
): Promise<string> {
  const { inputShape, config } = runs[0];
  const { intensityRange: range } = config.data;
  const { volume, forms } = await readImageVolume(one.files, range && { window: range });
  const wanted = inputShape.at(-1)!;
  if (volume.channels !== wanted) throw otherChannels(one, wanted, volume.channels);
  const { depth, height, width } = volume;
  const labels = await labelsOf(runs, volume, options);
  const bytes = gzipSync(encodeNifti(labels, { shape: [depth, height, width], forms }));
  const written = output.write(labelFile(one), bytes);
  options.onLabels?.(one.name, { ...volume, mask: labels });
  return written;
}

/** The labels of a volume. Of runs on slices, each is predicted by itself and all are decoded together. */
async function labelsOf(runs: Ensemble, volume: Volume, options: PredictImageOptions): Promise<Uint8Array> {
  if (runs[0].inputShape.length === 4) return predictLabels(runs, volume, options);
  const { decode, ...others } = options;
  const { depth, height, width } = volume;
  const pixels = height * width;
  const labels = new Uint8Array(volume.mask.length);
  let probabilities: Float32Array | undefined;
  for (let index = 0; index < depth; index++) {
    const slice = await predictImage(runs, sliceOf(volume, { index }), others);
    labels.set(slice.labels, index * pixels);
    if (decode === undefined) continue;
    probabilities ??= new Float32Array(depth * slice.probabilities.length);
    probabilities.set(slice.probabilities, index * slice.probabilities.length);
  }
  if (decode === undefined || probabilities === undefined) return labels;
  const classes = probabilities.length / labels.length;
  return decodeLabels(probabilities, decode, {
    shape: [depth, height, width],
    classes,
    background: runs[0].background,
  });
}

/** Reads an image with the channels that the model takes: gray is repeated for color, and color that is gray throughout is gray. */
async function sampleOf(one: PredictCase, wanted: number): Promise<Sample> {
  const file = one.files[0]!;
  const { width, height, channels, values } = await readImage(file);
  const mask = new Uint8Array(width * height);
  const size = { id: path.basename(file), width, height, channels: wanted, mask };
  if (channels === wanted) return { ...size, image: values };
  if (channels === 1 && wanted === 3) {
    const repeated = (_: unknown, i: number) => values[Math.floor(i / wanted)]!;
    return { ...size, image: Float32Array.from({ length: values.length * wanted }, repeated) };
  }
  if (wanted === 1) return { ...size, image: grayOf(file, values, channels) };
  throw otherChannels(one, wanted, channels);
}

/** By so much the channels of a gray pixel differ in a JPEG. */
const JPEG_ROUNDING = 16 / 255;

function grayOf(file: string, values: Float32Array, channels: number): Float32Array {
  const gray = new Float32Array(values.length / channels);
  for (let pixel = 0; pixel < gray.length; pixel++) {
    const colors = values.subarray(pixel * channels, (pixel + 1) * channels);
    if (Math.max(...colors) - Math.min(...colors) > JPEG_ROUNDING) {
      throw new DataError(
        `${file}: the model takes gray images, got colors; convert the image to gray`,
        'size-mismatch',
      );
    }
    gray[pixel] = colors.reduce((sum, value) => sum + value, 0) / channels;
  }
  return gray;
}

/** Other channels are never made up: a missing modality would be predicted from as if it were there. */
function otherChannels({ name, files, volume }: PredictCase, wanted: number, got: number): DataError {
  const file = files[0]!;
  const parts = Array.from({ length: wanted }, (_, i) => `${name}_${String(i).padStart(4, '0')}.nii.gz`);
  const remedy =
    volume && wanted > 1 ? `; pass a 4-D file, or one file for each channel: ${parts.join(', ')}` : '';
  return new DataError(
    `${file}: wanted ${wanted} channels as the model takes, got ${got}${remedy}`,
    'size-mismatch',
  );
}
