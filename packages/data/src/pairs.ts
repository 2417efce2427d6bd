import { basename, extname } from 'node:path';

import { DataError } from './errors.js';
import { readImage, readMask, type Mask } from './read.js';
import { IGNORED, type SampleSource } from './types.js';

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
      const { width, height } = pixels;
      if (labels.width !== width || labels.height !== height) {
        throw new DataError(
          `wanted image and mask of one size, got ${width}x${height} in ${image} and ` +
            `${labels.width}x${labels.height} in ${mask}; export the mask at the image's size`,
          'size-mismatch',
        );
      }
      return {
        id,
        width,
        height,
        channels,
        image: withChannels(pixels.values, pixels.channels, channels),
        mask: toLabels(mask, labels, rule),
      };
    },
  };
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
