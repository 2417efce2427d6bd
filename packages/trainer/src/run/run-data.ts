import { totalmem } from 'node:os';

import {
  assertTrainable,
  augmentation,
  DataError,
  datasetFingerprint,
  isBuiltIn,
  loader,
  openBuiltIn,
  openDataset,
  paperRecipe,
  randomFlip,
  resizeSample,
  spread,
  type Augmentation,
  type Sample,
  type SampleSource,
  type SegmentationDataset,
} from '@segloss/data';

import { type RunConfig } from '../config/schema.js';
import { abortableSource } from './abortable.js';
import { normalizer } from './normalize.js';

/** The images of a run, known but not read: what a plan needs of them. */
export interface RunImages {
  readonly name: string;
  readonly description: string;
  readonly classes: readonly string[];
  readonly channels: number;
  /** Index of the background class, which the foreground mean leaves out; null where every class counts. */
  readonly background: number | null;
  /** What is suspicious about the data set, as sentences. */
  readonly warnings: readonly string[];
  readonly train: readonly SampleSource[];
  readonly val: readonly SampleSource[];
  /** SHA-256 of what a training sees: classes, split, how labels are read, and the bytes of every file. */
  readonly fingerprint: string;
}

/** The data of a run, as its model takes them. */
export interface RunData extends Omit<RunImages, 'channels'> {
  /** Height, width and channels of what the model takes. */
  readonly inputShape: readonly [height: number, width: number, channels: number];
  /** What training images go through each time. */
  readonly augment: Augmentation;
  /** Ends the threads that read. */
  readonly close: () => Promise<void>;
}

type DataOptions = Pick<RunConfig, 'data' | 'augment' | 'seed'>;

/** The keys of `data` that decide which images there are; runs that agree on them share one opened data set. */
export function imageOptions({
  folder,
  limit = Infinity,
  background,
  allowNoForeground = false,
}: RunConfig['data']): {
  folder: string;
  limit: number;
  background?: 0 | null;
  allowNoForeground: boolean;
} {
  return {
    folder,
    limit,
    allowNoForeground,
    ...(background !== undefined && { background: background === 'none' ? null : 0 }),
  };
}

/**
 * Finds the images of a run and hashes their files.
 *
 * @throws {DataError} If the folder holds no data, or data that `segloss data check` calls unusable.
 */
export async function findImages({
  folder,
  limit,
  background: given,
  allowNoForeground,
}: ReturnType<typeof imageOptions>): Promise<RunImages> {
  const dataset = await openNamed(folder, given);
  assertTrainable(dataset, { allowNoForeground });
  const { name, description, classes, channels, background } = dataset;
  const [train, val] = [spread(dataset.train, limit), spread(dataset.val, limit)];
  const fingerprint = await datasetFingerprint({ ...dataset, train, val });
  const warnings = dataset.warnings.map(({ message }) => message);
  return { name, description, classes, channels, background, warnings, train, val, fingerprint };
}

/**
 * Prepares images for a model: reads ahead in threads, resizes, normalizes, and augments those of the training.
 *
 * @param signal Some seconds after it, reads that hang are given up.
 * @throws {DataError} If an image cannot be read; later, on load, also if sizes differ and the configuration names none.
 */
export async function prepareImages(
  images: RunImages,
  config: DataOptions,
  signal?: AbortSignal,
): Promise<RunData> {
  const { channels, ...found } = images;
  const { size: given, workers } = config.data;
  const first = images.train[0]!;
  const size = sizeOf(config.data) ?? (await sizeOfFirst(abortableSource(first, signal)));
  const steps = stepsOf(config, size);
  const shared = { workers, cacheBytes: Math.floor(totalmem() / 8), ...(steps.size && { size: steps.size }) };
  const loaders = [loader(images.train, shared), loader(images.val, shared)] as const;
  const oneSize = given === undefined ? sameSize(size, first.id) : (sample: Sample) => sample;
  const [train, val] = loaders.map(({ sources }) =>
    sources.map((source) => through(abortableSource(source, signal), oneSize)),
  ) as [SampleSource[], SampleSource[]];
  return {
    ...found,
    train,
    val: val.map((source) => through(source, steps.prepare)),
    inputShape: [...size, channels],
    augment: steps.augment,
    close: async () => void (await Promise.all(loaders.map((one) => one.close()))),
  };
}

/** Opens a folder, or a built-in data set such as `demo`. */
export async function openNamed(folder: string, background?: 0 | null): Promise<SegmentationDataset> {
  const options = background === undefined ? {} : { background };
  return isBuiltIn(folder) ? { ...(await openBuiltIn(folder)), ...options } : openDataset(folder, options);
}

/** Refuses images of another size than the first. */
function sameSize([height, width]: readonly [number, number], first: string): (sample: Sample) => Sample {
  return (sample) => {
    if (sample.height === height && sample.width === width) return sample;
    throw new DataError(
      `wanted images of one size, got ${height}x${width} (height x width) in ${first} and ${sample.height}x${sample.width} in ${sample.id}; ` +
        'set data.size to resize them',
      'size-mismatch',
    );
  };
}

function sizeOf({ size }: RunConfig['data']): readonly [number, number] | undefined {
  return typeof size === 'number' ? [size, size] : size;
}

async function sizeOfFirst(source: SampleSource): Promise<readonly [number, number]> {
  const { height, width } = await source.load();
  return [height, width];
}

interface Steps {
  /** To which samples are resized where they are read. */
  readonly size?: readonly [number, number];
  /** What training images go through each time. */
  readonly augment: Augmentation;
  /** What validation images go through. */
  readonly prepare: (sample: Sample) => Sample;
}

function stepsOf({ data, augment, seed }: DataOptions, size: readonly [number, number]): Steps {
  const normalize = normalizer(data.normalize);
  if (augment === 'none' || augment === 'flip') {
    const flips = augment === 'flip' ? [randomFlip({ horizontal: 0.5, vertical: 0.5 })] : [];
    const change = augmentation(flips, { seed });
    return {
      ...(data.size !== undefined && { size }),
      augment: (sample, at) => normalize(change(sample, at)),
      prepare: normalize,
    };
  }
  const recipe = paperRecipe(augment, size);
  const change = augmentation(recipe.train, { seed, beyond: recipe.beyond });
  const still = augmentation(recipe.val, { seed, beyond: recipe.beyond });
  return {
    augment: (sample, at) => normalize(change(sample, at)),
    // Cityscapes' recipe validates at twice the size; a model here has one.
    prepare: (sample) => normalize(resizeSample(still(sample, { epoch: 0 }), ...size)),
  };
}

function through(source: SampleSource, change: (sample: Sample) => Sample): SampleSource {
  return { ...source, load: async () => change(await source.load()) };
}
