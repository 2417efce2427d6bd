import {
  DataError,
  decodeImage,
  decodeMasks,
  IGNORED,
  pairImages,
  type FileBytes,
} from '@segloss/data/masks';
import { foldOf, resizeSample, type Sample } from '@segloss/data/samples';

import type { TrainData } from './train-job.js';

/** Two folders that were chosen or dropped. */
export interface OwnFiles {
  readonly images: NamedFolder;
  readonly masks: NamedFolder;
}

interface NamedFolder {
  readonly name: string;
  readonly files: ReadonlyMap<string, FileBytes>;
}

/** Height and width to which the images are resized: a page is no place for long trainings. */
export const OWN_SIDE = 64;
/** Largest number of pairs that are used. */
export const MOST_PAIRS = 80;
/** Every fourth image is a validation image. */
const FOLDS = 4;

const IMAGE = /\.(png|jpe?g|tiff?)$/i;

/**
 * Reads the user's images and masks: paired by name, decoded to their exact values, resized, every label but the background one region;
 * a quarter of them, which depends on the names alone, for validation.
 *
 * @throws {DataError} Naming the file: without a partner, unreadable, or of another size than its mask.
 * @throws {RangeError} If there are fewer than four pairs.
 */
export async function ownTrainData({ images, masks }: OwnFiles): Promise<TrainData> {
  const all = pairImages(imagesOf(images), imagesOf(masks));
  if (all.length < FOLDS)
    throw new RangeError(
      `wanted at least ${FOLDS} images with masks, got ${all.length}; a quarter of them validates`,
    );
  const pairs = all.slice(0, MOST_PAIRS);
  const opened = await decodeMasks(new Map(pairs.map(({ mask }) => [mask, masks.files.get(mask)!] as const)));
  const samples: Sample[] = [];
  for (const { id, image, mask } of pairs) {
    const { width, height, channels, values } = await decodeImage(image, images.files.get(image)!);
    const { shape, values: labels } = await opened.read(mask);
    if (shape[0] !== height || shape[1] !== width) {
      throw new DataError(
        `wanted images and masks of one size, got ${image} with ${width} x ${height} and ${mask} with ${shape[1]} x ${shape[0]} pixels`,
        'size-mismatch',
      );
    }
    const ignored = opened.ignored ?? IGNORED;
    const region = Uint8Array.from(labels, (label) => (label === ignored ? IGNORED : Number(label !== 0)));
    samples.push(
      resizeSample({ id, width, height, channels, image: values, mask: region }, OWN_SIDE, OWN_SIDE),
    );
  }
  const channels = Math.max(...samples.map((one) => one.channels));
  const alike = samples.map((one) => withChannels(one, channels));
  const { train, val } = foldOf(alike, { folds: FOLDS, fold: 0, groupOf: ({ id }) => id });
  return {
    classes: ['background', 'region'],
    train,
    val,
    remarks: [
      `${train.length} images to train on, ${val.length} to validate; resized to ${OWN_SIDE} × ${OWN_SIDE} pixels.`,
      ...(all.length > pairs.length ? [`The first ${MOST_PAIRS} of ${all.length} pairs are used.`] : []),
      ...(opened.labels.filter((label) => label !== 0).length > 1
        ? ['All labels but 0 are one region here; segloss train keeps them apart.']
        : []),
      ...opened.warnings,
    ],
  };
}

/** Without files that are no images, such as a list of names or what macOS leaves behind. */
const imagesOf = ({ name, files }: NamedFolder) => ({
  name,
  files: [...files.keys()].filter((file) => IMAGE.test(file) && !/(^|\/)\./.test(file)),
});

/** Gray images as red, green and blue, where others have colors. */
function withChannels(sample: Sample, channels: number): Sample {
  if (sample.channels === channels) return sample;
  const image = new Float32Array(sample.width * sample.height * channels);
  for (let i = 0; i < image.length; i++) image[i] = sample.image[Math.floor(i / channels)]!;
  return { ...sample, channels, image };
}
