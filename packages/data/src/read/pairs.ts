import { DataError } from '../errors.js';
import { labelsOf, listedLabels, toLabels, type LabelRule } from './labels.js';
import { readImage, readMask } from './images.js';
import { type Image } from './pixels.js';
import { type Sample } from '../samples/sample.js';

/** An image file and its mask file. */
export interface Pair {
  readonly id: string;
  readonly image: string;
  readonly mask: string;
}

/** An image file and a mask file for each label; undefined where the label is absent. */
export interface LabelPair {
  readonly id: string;
  readonly image: string;
  readonly masks: readonly (string | undefined)[];
}

/** Reads a pair; sizes and labels are checked. */
export async function readPair({
  id,
  image,
  mask,
  channels,
  rule,
}: Pair & { channels: number; rule: LabelRule }): Promise<Sample> {
  const [pixels, labels] = await Promise.all([readImage(image), readMask(mask, { allowJpeg: true })]);
  sameSize(image, pixels, mask, labels);
  return sampleOf(id, pixels, channels, labelsOf(mask, labels, rule));
}

/** An image file and the mask files whose union is the foreground: 1 where any of them is not 0. */
export interface UnionPair {
  readonly id: string;
  readonly image: string;
  readonly masks: readonly string[];
}

export const PRESENT = listedLabels(
  [[0, 0], [1, 1], [127, 1], [255, 1]],
  'values are 0 for background, and 1, 127 or 255',
); // prettier-ignore

/** As {@link readPair}, of the union of masks that hold 0, and 1, 127 or 255 for the foreground. */
export async function readUnion({
  id,
  image,
  masks,
  channels,
}: UnionPair & { channels: number }): Promise<Sample> {
  const pixels = await readImage(image);
  const union = new Uint8Array(pixels.width * pixels.height);
  for (const path of masks) {
    const mask = await readMask(path);
    sameSize(image, pixels, path, mask);
    toLabels(path, mask.values, PRESENT).forEach((label, i) => (union[i]! |= label));
  }
  return sampleOf(id, pixels, channels, union);
}

/** Reads a multilabel sample of masks that hold 0, and 1, 127 or 255 for the label. */
export async function readLabels({
  id,
  image,
  masks,
  channels,
}: LabelPair & { channels: number }): Promise<Sample> {
  const pixels = await readImage(image);
  const labels = masks.length;
  const all = new Uint8Array(pixels.width * pixels.height * labels);
  for (const [k, path] of masks.entries()) {
    if (path === undefined) continue;
    const mask = await readMask(path);
    sameSize(image, pixels, path, mask);
    toLabels(path, mask.values, PRESENT).forEach((label, i) => (all[i * labels + k] = label));
  }
  return { ...sampleOf(id, pixels, channels, all), labels };
}

interface Sized {
  readonly width: number;
  readonly height: number;
}

export function sameSize(image: string, pixels: Sized, mask: string, labels: Sized): void {
  if (labels.width === pixels.width && labels.height === pixels.height) return;
  throw new DataError(
    `wanted image and mask of one size, got ${pixels.width}x${pixels.height} in ${image} and ` +
      `${labels.width}x${labels.height} in ${mask}; export the mask at the image's size`,
    'size-mismatch',
  );
}

export function sampleOf(
  id: string,
  { width, height, channels, values }: Image,
  to: number,
  mask: Uint8Array,
): Sample {
  return { id, width, height, channels: to, image: withChannels(values, channels, to), mask };
}

/** Gray to colour by repetition, colour to gray by the mean. */
function withChannels(values: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return values;
  const pixels = values.length / from;
  const result = new Float32Array(pixels * to);
  for (let i = 0, at = 0; i < pixels; i++, at += to) {
    let sum = 0;
    for (let c = 0; c < from; c++) sum += values[i * from + c]!;
    const value = from === 1 ? values[i]! : sum / from;
    for (let c = 0; c < to; c++) result[at + c] = value;
  }
  return result;
}
