import { DataError } from '../errors.js';
import { labelsOf, listedLabels, toLabels, type LabelRule } from './labels.js';
import { decodeFile } from '../formats/decode.js';
import { type RawPixels } from '../formats/raw-pixels.js';
import { readMask } from './images.js';
import { imageOf, type Image } from './pixels.js';
import { imageOfSize } from './shrink.js';
import { resizeImage, resizeMask } from '../samples/resize.js';
import { type Sample, type WantedParts } from '../samples/sample.js';

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
export async function readPair(
  { id, image, mask, channels, rule }: Pair & { channels: number; rule: LabelRule },
  { size, maskOnly = false }: WantedParts = {},
): Promise<Sample> {
  if (maskOnly) return maskSample({ id, mask, channels, rule }, size);
  const [pixels, labels] = await Promise.all([decodeFile(image), readMask(mask, { allowJpeg: true })]);
  sameSize(image, pixels, mask, labels);
  return sampleOf({ id, pixels, channels, mask: labelsOf(mask, labels, rule) }, size);
}

/** The mask of a pair, with an empty image. */
async function maskSample(
  { id, mask, channels, rule }: Omit<Pair, 'image'> & { channels: number; rule: LabelRule },
  size: WantedParts['size'],
): Promise<Sample> {
  const read = await readMask(mask, { allowJpeg: true });
  const full = { height: read.height, width: read.width, mask: labelsOf(mask, read, rule) };
  const [height, width] = size ?? [full.height, full.width];
  const same = height === full.height && width === full.width;
  return {
    ...{ id, height, width, channels, image: new Float32Array(0) },
    mask: same ? full.mask : resizeMask(full, height, width),
  };
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
export async function readUnion(
  { id, image, masks, channels }: UnionPair & { channels: number },
  { size }: WantedParts = {},
): Promise<Sample> {
  const pixels = await decodeFile(image);
  const union = new Uint8Array(pixels.width * pixels.height);
  for (const path of masks) {
    const mask = await readMask(path);
    sameSize(image, pixels, path, mask);
    toLabels(path, mask.values, PRESENT).forEach((label, i) => (union[i]! |= label));
  }
  return sampleOf({ id, pixels, channels, mask: union }, size);
}

/** Reads a multilabel sample of masks that hold 0, and 1, 127 or 255 for the label. */
export async function readLabels(
  { id, image, masks, channels }: LabelPair & { channels: number },
  { size }: WantedParts = {},
): Promise<Sample> {
  const pixels = await decodeFile(image);
  const labels = masks.length;
  const all = new Uint8Array(pixels.width * pixels.height * labels);
  for (const [k, path] of masks.entries()) {
    if (path === undefined) continue;
    const mask = await readMask(path);
    sameSize(image, pixels, path, mask);
    toLabels(path, mask.values, PRESENT).forEach((label, i) => (all[i * labels + k] = label));
  }
  return sampleOf({ id, pixels, channels, mask: all, labels }, size);
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

/** What a sample is made of. */
interface Parts {
  readonly id: string;
  readonly pixels: RawPixels;
  readonly channels: number;
  readonly mask: Uint8Array;
  readonly labels?: number;
}

/** The sample at the size of its files, or at another, as `resizeSample` gives it. */
export function sampleOf({ id, pixels, channels, mask, labels }: Parts, size: WantedParts['size']): Sample {
  const { height: fullHeight, width: fullWidth } = pixels;
  const [height, width] = size ?? [fullHeight, fullWidth];
  const resized = height !== fullHeight || width !== fullWidth;
  const full = { height: fullHeight, width: fullWidth, mask, ...(labels !== undefined && { labels }) };
  return {
    ...full,
    ...{ id, height, width, channels },
    image: resized
      ? imageOfChannels(pixels, channels, height, width)
      : withChannels(imageOf(pixels), channels),
    mask: resized ? resizeMask(full, height, width) : mask,
  };
}

function imageOfChannels(pixels: RawPixels, channels: number, height: number, width: number): Float32Array {
  const small = imageOfSize(pixels, height, width);
  if (small.channels <= channels) return withChannels(small, channels);
  // The mean of the colors is rounded before it is resized.
  const { width: fullWidth, height: fullHeight } = pixels;
  const image = withChannels(imageOf(pixels), channels);
  return resizeImage({ width: fullWidth, height: fullHeight, channels, image }, height, width);
}

/** Gray to colour by repetition, colour to gray by the mean. */
function withChannels({ values, channels: from }: Image, to: number): Float32Array {
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
