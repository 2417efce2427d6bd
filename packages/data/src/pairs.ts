import { basename, extname } from 'node:path';

import { DataError } from './errors.js';
import { readImage, readMask, type Image, type Mask } from './read.js';
import { IGNORED, type Sample, type SampleSource } from './types.js';

/** An image file and its mask file. */
export interface Pair {
  readonly id: string;
  readonly image: string;
  readonly mask: string;
}

/** How mask values become class indices. */
export interface LabelRule {
  readonly allowJpeg: boolean;
  /** Class index (255 = ignored) of a value, or undefined if the value is no label. */
  labelOf(value: number): number | undefined;
  /** What to say when a value is no label. */
  readonly remedy: string;
}

/** Labels 0 to K-1 as they stand; `ignored` becomes 255. */
export function indexLabels(classes: number, ignored: number): LabelRule {
  return {
    allowJpeg: false,
    labelOf: (value) =>
      value === ignored || value === IGNORED ? IGNORED : value < classes ? value : undefined,
    remedy: `labels are 0 to ${classes - 1}, and ${ignored} or 255 for ignored pixels`,
  };
}

/** Foreground above 127; for binary masks saved as 0 and 255, also by JPEG. */
export function thresholdLabels(): LabelRule {
  return { allowJpeg: true, labelOf: (value) => (value > 127 ? 1 : 0), remedy: '' };
}

/** A file's name without folder and extension. */
export function stem(path: string): string {
  return basename(path, extname(path));
}

/** Reads a pair when it is asked for; sizes and labels are checked. */
export function pairSource({ id, image, mask }: Pair, channels: number, rule: LabelRule): SampleSource {
  return {
    id,
    async load() {
      const [pixels, labels] = await Promise.all([
        readImage(image),
        readMask(mask, { allowJpeg: rule.allowJpeg }),
      ]);
      sameSize(image, pixels, mask, labels);
      return sampleOf(id, pixels, channels, toLabels(mask, labels, rule));
    },
  };
}

/** An image file and the mask files whose union is the foreground: 1 where any of them is not 0. */
export interface UnionPair {
  readonly id: string;
  readonly image: string;
  readonly masks: readonly string[];
}

/** As {@link pairSource}, of the union of masks that hold 0, and 1, 127 or 255 for the foreground. */
export function unionSource({ id, image, masks }: UnionPair, channels: number): SampleSource {
  const rule: LabelRule = {
    allowJpeg: false,
    labelOf: (value) => (value === 0 ? 0 : value === 1 || value === 127 || value === 255 ? 1 : undefined),
    remedy: 'values are 0 for background, and 1, 127 or 255',
  };
  return {
    id,
    async load() {
      const pixels = await readImage(image);
      const union = new Uint8Array(pixels.width * pixels.height);
      for (const path of masks) {
        const mask = await readMask(path);
        sameSize(image, pixels, path, mask);
        toLabels(path, mask, rule).forEach((label, i) => (union[i]! |= label));
      }
      return sampleOf(id, pixels, channels, union);
    },
  };
}

interface Sized {
  readonly width: number;
  readonly height: number;
}

function sameSize(image: string, pixels: Sized, mask: string, labels: Sized): void {
  if (labels.width === pixels.width && labels.height === pixels.height) return;
  throw new DataError(
    `wanted image and mask of one size, got ${pixels.width}x${pixels.height} in ${image} and ` +
      `${labels.width}x${labels.height} in ${mask}; export the mask at the image's size`,
    'size-mismatch',
  );
}

function sampleOf(
  id: string,
  { width, height, channels, values }: Image,
  to: number,
  mask: Uint8Array,
): Sample {
  return { id, width, height, channels: to, image: withChannels(values, channels, to), mask };
}

function toLabels(path: string, { values }: Mask, rule: LabelRule): Uint8Array {
  const labels = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const label = rule.labelOf(values[i]!);
    if (label === undefined) throw badLabel(path, values, rule);
    labels[i] = label;
  }
  return labels;
}

/** Names the values that are no labels, how often each stands there, and what probably happened. */
function badLabel(path: string, values: ArrayLike<number>, rule: LabelRule): DataError {
  const counts = new Map<number, number>();
  for (let i = 0; i < values.length; i++) counts.set(values[i]!, (counts.get(values[i]!) ?? 0) + 1);
  const found = [...counts].sort(([a], [b]) => a - b);
  const wrong = found.filter(([value]) => rule.labelOf(value) === undefined);
  const list = wrong.slice(0, 5).map(([value, count]) => `${value} (${count} pixels)`);
  const more = wrong.length > 5 ? ` and ${wrong.length - 5} more` : '';
  const guess =
    found.length > 20
      ? 'so many values look like a photograph, or a mask that was resized with interpolation'
      : 'perhaps the masks are scaled to be seen by eye, or classes.txt lists too few classes';
  return new DataError(
    `wanted class labels in ${path}, got ${list.join(', ')}${more}; ${rule.remedy}; ${guess}`,
    'bad-label',
  );
}

/** Gray to colour by repetition, colour to gray by the mean. */
function withChannels(values: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return values;
  const pixels = values.length / from;
  const result = new Float32Array(pixels * to);
  for (let i = 0; i < pixels; i++) {
    let sum = 0;
    for (let c = 0; c < from; c++) sum += values[i * from + c]!;
    for (let c = 0; c < to; c++) result[i * to + c] = from === 1 ? values[i]! : sum / from;
  }
  return result;
}
