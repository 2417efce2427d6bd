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
 * a quarter of them, which depends on the names alone, for validation: the first quarter that has a region, as has the rest.
 *
 * @param onImage Called after each image with their number so far, and of all.
 * @throws {DataError} Naming the file: without a partner, unreadable, or of another size than its mask.
 * @throws {RangeError} If there are fewer than four pairs, or fewer than two of them have a region.
 */
export async function ownTrainData(
  { images, masks }: OwnFiles,
  onImage: (done: number, total: number) => void = () => {},
): Promise<TrainData> {
  const [imageFiles, maskFiles] = [imagesOf(images), imagesOf(masks)];
  const all = pairImages(imageFiles, maskFiles);
  if (all.length < FOLDS)
    throw new RangeError(
      `wanted at least ${FOLDS} images with masks, got ${imageFiles.files.length} PNG, JPEG or TIFF in ${images.name} and ` +
        `${maskFiles.files.length} in ${masks.name}; a quarter of them validates`,
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
    onImage(samples.length, pairs.length);
  }
  const channels = Math.max(...samples.map((one) => one.channels));
  const alike = samples.map((one) => withChannels(one, channels));
  const { train, val } = withRegions(alike);
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

/** The samples for training and validation, with a region in both. */
function withRegions(samples: readonly Sample[]): { train: readonly Sample[]; val: readonly Sample[] } {
  const hasRegion = ({ mask }: Sample) => mask.includes(1);
  for (let fold = 0; fold < FOLDS; fold++) {
    const parts = foldOf(samples, { folds: FOLDS, fold, groupOf: ({ id }) => id });
    if (parts.train.some(hasRegion) && parts.val.some(hasRegion)) return parts;
  }
  const { length } = samples.filter(hasRegion);
  throw new RangeError(
    `wanted regions, labels other than 0, in images to train on and in those that validate, got ${length} of ${samples.length} masks with one ` +
      `after resizing to ${OWN_SIDE} x ${OWN_SIDE} pixels; crop the images around the regions, or use segloss train`,
  );
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
