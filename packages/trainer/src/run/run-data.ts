import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';

import {
  assertTrainable,
  augmentation,
  DataError,
  datasetFingerprint,
  IntensityRange,
  loader,
  paperRecipe,
  randomFlip,
  padVolume,
  randomAffine,
  randomBrightnessContrast,
  randomCrop,
  randomGamma,
  readingThreads,
  resizeSample,
  sometimes,
  spread,
  type Augmentation,
  type ReadingThreads,
  type Sample,
  type SampleSource,
  type SegmentationDataset,
  type Transform,
  type VolumeSize,
} from '@segloss/data';

import { patchOptions } from '../config/schema-data.js';
import { type RunConfig } from '../config/schema.js';
import { sizesOf } from '../loop/batches.js';
import { updatesOf } from '../loop/epoch-order.js';
import { type SlidingWindowOptions } from '../loop/sliding-window.js';
import { abortableSource } from './abortable.js';
import { autoSize } from './auto-size.js';
import { splitByFolds } from './fold-split.js';
import { type ImageOptions } from './image-options.js';
import { normalizer } from './normalize.js';
import { openNamed, type ReadOptions } from './open-named.js';
import { openTest } from './test-images.js';

/** The images of a run, known but not read: what a plan needs of them. */
export interface RunImages {
  readonly name: string;
  readonly description: string;
  readonly classes: readonly string[];
  readonly channels: number;
  /** Of volumes with a file for each channel, found by patterns: what tells their names apart. */
  readonly channelNames?: readonly string[];
  /** Index of the background class, which the foreground mean leaves out; null where every class counts. */
  readonly background: number | null;
  /** What is suspicious about the data set, as sentences. */
  readonly warnings: readonly string[];
  readonly train: readonly SampleSource[];
  readonly val: readonly SampleSource[];
  /** Images that are scored at the end and used for nothing else; undefined where the run has none. */
  readonly test?: readonly SampleSource[];
  /** SHA-256 of what a training sees: classes, split, how labels are read, and the bytes of every file. */
  readonly fingerprint: string;
}

/** The data of a run, as its model takes them. */
export interface RunData extends Omit<RunImages, 'channels'> {
  /** Height, width and channels of what the model takes; of volumes the depth before them. */
  readonly inputShape: readonly number[];
  /** Where validation images are larger than what the model takes. */
  readonly valWindow?: SlidingWindowOptions;
  /** Ids of the training images; `train` has several patches of each volume. */
  readonly trainIds: readonly string[];
  /** What training images go through each time. */
  readonly augment: Augmentation;
  /** The values of the images that were read so far; undefined where the configuration normalizes them. */
  readonly range?: IntensityRange;
  /** Ends the threads that read. */
  readonly close: () => Promise<void>;
}

type DataOptions = Pick<RunConfig, 'data' | 'augment' | 'seed' | 'batchSize' | 'gradient'>;

/**
 * Finds the images of a run and hashes their files.
 *
 * @throws {DataError} If the folder holds no data, or data that `segloss data check` calls unusable; if groups cannot be read, or there are
 *   fewer of them than folds; if test images are also among the others.
 */
export async function findImages(options: ImageOptions): Promise<RunImages> {
  const { folder, limit = Infinity, allowNoForeground = false } = options;
  const opened = await openNamed(folder, readOptions(options));
  const dataset = await splitByFolds(opened, options);
  assertTrainable(dataset, { allowNoForeground });
  const { name, classes, channels, channelNames, background } = dataset;
  const [train, val] = [spread(dataset.train, limit), spread(dataset.val, limit)];
  const own = await datasetFingerprint({ ...dataset, train, val });
  const test =
    options.test === undefined
      ? undefined
      : await openTest(options.test, dataset, {
          allowNoForeground,
          read: { ...readOptions(options), background: dataset.background },
        });
  const description = [dataset.description, ...(test === undefined ? [] : [`${test.sources.length} test images from ${test.name}`])].join('; '); // prettier-ignore
  return {
    ...{ name, description, classes, channels, background, train, val },
    ...(channelNames && { channelNames }),
    warnings: [...warningsOf(dataset, options), ...(test?.warnings ?? [])],
    fingerprint: test === undefined ? own : fingerprintOf(own, test.fingerprint),
    ...(test !== undefined && { test: test.sources }),
  };
}

/** Volumes are of many sizes, and are resized or cut without a warning. */
function warningsOf({ warnings }: SegmentationDataset, { volumes }: ImageOptions): string[] {
  return warnings
    .filter(({ kind }) => kind !== 'sizes' || volumes === undefined)
    .map(({ message }) => message);
}

/** How the files of a data set are read. */
export function readOptions({
  background,
  volumes,
  intensityRange,
  images,
  masks,
}: Pick<ImageOptions, 'background' | 'volumes' | 'intensityRange' | 'images' | 'masks'>): ReadOptions {
  return {
    ...(images !== undefined && { images }),
    ...(masks !== undefined && { masks }),
    ...(background !== undefined && { background: background === 'none' ? null : 0 }),
    ...(volumes && { volumes }),
    ...(intensityRange && { window: intensityRange }),
  };
}

const fingerprintOf = (own: string, test: string): string =>
  createHash('sha256').update(`${own} test ${test}`).digest('hex');

/**
 * Prepares images for a model: reads ahead in threads, resizes, normalizes, and augments those of the training. Threads start and read the images
 * of the first update while the caller builds the model.
 *
 * @param signal Some seconds after it, reads that hang are given up.
 * @throws {DataError} If an image cannot be read; later, on load, also if sizes differ and the configuration names none.
 */
export async function prepareImages(
  images: RunImages,
  config: DataOptions,
  signal?: AbortSignal,
): Promise<RunData> {
  const { workers } = config.data;
  // Generated images are never read by threads.
  const fromFiles = images.train.some(({ origin }) => origin !== undefined);
  const threads = workers > 0 && fromFiles ? readingThreads(workers) : undefined;
  try {
    const data = await withThreads(threads ?? workers, images, config, signal);
    if (threads === undefined) return data;
    for (const source of updatesOf(data.train, 0, config)[0]!) source.load().catch(() => undefined); // thrown when its turn comes
    return { ...data, close: async () => void (await Promise.all([data.close(), threads.close()])) };
  } catch (error) {
    await threads?.close();
    throw error;
  }
}

async function withThreads(
  workers: number | ReadingThreads,
  images: RunImages,
  config: DataOptions,
  signal: AbortSignal | undefined,
): Promise<RunData> {
  const { channels, ...found } = images;
  const { spacing } = config.data;
  const first = images.train[0]!;
  const load = async (source: SampleSource) => sizesOf(await abortableSource(source, signal).load());
  const given = await givenSize(config.data, images.train, load);
  const size = given ?? (await load(first));
  const steps = stepsOf(config, { size, resized: given !== undefined }, images);
  const shared = {
    ...{ workers, cacheBytes: Math.floor(totalmem() / 8) },
    ...(steps.size && { size: steps.size }),
    ...(spacing && { spacing }),
  };
  const loaders = [images.train, images.val, images.test ?? []].map((part) => loader(part, shared));
  const oneSize = given === undefined ? sameSize(size, first.id) : (sample: Sample) => sample;
  const range = typeof config.data.normalize === 'string' ? new IntensityRange() : undefined;
  const looked = (sample: Sample) => {
    range?.add(sample);
    return oneSize(sample);
  };
  const [train, val, test] = loaders.map(({ sources }) =>
    sources.map((source) => through(abortableSource(source, signal), looked)),
  ) as [SampleSource[], SampleSource[], SampleSource[]];
  return {
    ...found,
    train: steps.draw(train),
    trainIds: train.map(({ id }) => id),
    val: val.map((source) => through(source, steps.prepare)),
    ...(images.test !== undefined && { test: test.map((source) => through(source, steps.prepare)) }),
    inputShape: [...size, channels],
    augment: steps.augment,
    ...(config.data.volumes === 'patches' && { valWindow: {} }),
    ...(range && { range }),
    close: async () => void (await Promise.all(loaders.map((one) => one.close()))),
  };
}

/** Refuses images of another size than the first. */
function sameSize(size: readonly number[], first: string): (sample: Sample) => Sample {
  const axes = size.length === 3 ? 'depth x height x width' : 'height x width';
  return (sample) => {
    if (sizesOf(sample).every((side, axis) => side === size[axis])) return sample;
    throw new DataError(
      `wanted images of one size, got ${size.join('x')} (${axes}) in ${first} and ${sizesOf(sample).join('x')} in ${sample.id}; ` +
        'set data.size to resize them, a size or auto',
      'size-mismatch',
    );
  };
}

/** How many images decide about the size of all. */
const PROBES = 32;

/** The size to which images are resized; undefined where they keep theirs. */
async function givenSize(
  { size, volumes = 'slices' }: RunConfig['data'],
  images: readonly SampleSource[],
  load: (source: SampleSource) => Promise<readonly number[]>,
): Promise<readonly number[] | undefined> {
  if (typeof size === 'number') return [size, size];
  if (typeof size === 'object') return size;
  if (size !== 'auto' || volumes !== 'slices') return undefined;
  const sizes: (readonly number[])[] = [];
  let unreadable: unknown;
  for (const image of spread(images, PROBES)) {
    try {
      sizes.push(await load(image));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      unreadable ??= error; // the training names it, when it comes to it
    }
  }
  if (sizes.length === 0) throw unreadable;
  return autoSize(sizes as (readonly [number, number])[]);
}

interface Steps {
  /** To which samples are resized where they are read. */
  readonly size?: readonly [number, number] | VolumeSize;
  /** What training images go through each time. */
  readonly augment: Augmentation;
  /** What validation images go through. */
  readonly prepare: (sample: Sample) => Sample;
  /** The training images of an epoch. */
  readonly draw: (sources: readonly SampleSource[]) => SampleSource[];
}

function stepsOf(
  config: DataOptions,
  { size, resized: resizes }: { size: readonly number[]; resized: boolean },
  { classes, background }: Pick<RunImages, 'classes' | 'background'>,
): Steps {
  const { data, augment, seed } = config;
  const normalize = normalizer(data.normalize);
  const resized = resizes && { size: size as readonly [number, number] | VolumeSize };
  const draw = (sources: readonly SampleSource[]) => [...sources];
  if (augment === 'none' || augment === 'flip' || augment === 'volume') {
    const patch = size as VolumeSize;
    const foreground = classes.map((_, label) => label).filter((label) => label !== background);
    const { perVolume, foreground: probability } = patchOptions(config);
    const patches = data.volumes === 'patches';
    const change = augmentation(
      [
        ...(patches ? [randomCrop({ size: patch, focus: { classes: foreground, probability } })] : []),
        ...changes(augment, size.length === 3),
      ],
      { seed },
    );
    const pad = (sample: Sample) => padVolume(sample, patch);
    if (patches) {
      return {
        augment: (sample, at) => normalize(change(sample, at)),
        prepare: (sample) => normalize(pad(sample)),
        draw: (sources) =>
          sources.flatMap((source) =>
            Array.from({ length: perVolume }, (_, i) => patchOf(through(source, pad), i)),
          ),
      };
    }
    return {
      ...resized,
      augment: (sample, at) => normalize(change(sample, at)),
      prepare: normalize,
      draw,
    };
  }
  const plane = size as readonly [number, number];
  const recipe = paperRecipe(augment, plane);
  const change = augmentation(recipe.train, { seed, beyond: recipe.beyond });
  const still = augmentation(recipe.val, { seed, beyond: recipe.beyond });
  return {
    augment: (sample, at) => normalize(change(sample, at)),
    // Cityscapes' recipe validates at twice the size; a model here has one.
    prepare: (sample) => normalize(resizeSample(still(sample, { epoch: 0 }), ...plane)),
    draw,
  };
}

/** What the augmentations of the package itself do. Volumes are mirrored along all axes. */
function changes(augment: 'none' | 'flip' | 'volume', volumes: boolean): Transform[] {
  if (augment === 'none') return [];
  const flip = randomFlip({ horizontal: 0.5, vertical: 0.5, ...(volumes && { depth: 0.5 }) });
  if (augment === 'flip') return [flip];
  return [
    sometimes(0.5, randomAffine({ rotate: 20, scale: [0.8, 1.25] })),
    flip,
    sometimes(0.3, randomGamma()),
    sometimes(0.3, randomBrightnessContrast()),
  ];
}

/** One of several patches of a volume: the augmentation cuts it, by its id. */
function patchOf({ id, load }: SampleSource, i: number): SampleSource {
  const name = `${id}/patch-${i}`;
  return { id: name, load: async () => ({ ...(await load()), id: name }) };
}

function through(source: SampleSource, change: (sample: Sample) => Sample): SampleSource {
  return { ...source, load: async (wanted) => change(await source.load(wanted)) };
}
