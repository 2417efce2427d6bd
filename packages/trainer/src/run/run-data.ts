import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';

import {
  assertTrainable,
  augmentation,
  DataError,
  datasetFingerprint,
  loader,
  paperRecipe,
  randomFlip,
  resizeSample,
  spread,
  type Augmentation,
  type Sample,
  type SampleSource,
} from '@segloss/data';

import { type RunConfig } from '../config/schema.js';
import { abortableSource } from './abortable.js';
import { splitByFolds } from './fold-split.js';
import { normalizer } from './normalize.js';
import { openNamed } from './open-named.js';
import { openTest } from './test-images.js';

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
  /** Images that are scored at the end and used for nothing else; undefined where the run has none. */
  readonly test?: readonly SampleSource[];
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

/** What decides which images a run has; runs that agree on it share one opened data set. */
export type ImageOptions = Pick<
  RunConfig['data'],
  'folder' | 'limit' | 'background' | 'allowNoForeground' | 'folds' | 'groups' | 'innerFolds' | 'test'
> &
  Pick<RunConfig, 'fold' | 'innerFold'>;

/** The part of a configuration that decides which images there are. */
export function imageOptions({
  data: { folder, limit, background, allowNoForeground, folds, groups, innerFolds, test },
  fold,
  innerFold,
}: Pick<RunConfig, 'data' | 'fold' | 'innerFold'>): ImageOptions {
  const all = { folder, limit, background, allowNoForeground, folds, fold, groups, innerFolds, innerFold, test }; // prettier-ignore
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as unknown as ImageOptions;
}

/**
 * Finds the images of a run and hashes their files.
 *
 * @throws {DataError} If the folder holds no data, or data that `segloss data check` calls unusable; if groups cannot be read, or there are
 *   fewer of them than folds; if test images are also among the others.
 */
export async function findImages(options: ImageOptions): Promise<RunImages> {
  const { folder, limit = Infinity, allowNoForeground = false } = options;
  const opened = await openNamed(folder, backgroundOf(options));
  const dataset = await splitByFolds(opened, options);
  assertTrainable(dataset, { allowNoForeground });
  const { name, classes, channels, background } = dataset;
  const [train, val] = [spread(dataset.train, limit), spread(dataset.val, limit)];
  const own = await datasetFingerprint({ ...dataset, train, val });
  const test = options.test === undefined ? undefined : await openTest(options.test, dataset, options);
  const description = [dataset.description, ...(test === undefined ? [] : [`${test.sources.length} test images from ${test.name}`])].join('; '); // prettier-ignore
  return {
    ...{ name, description, classes, channels, background, train, val },
    warnings: [...dataset.warnings.map(({ message }) => message), ...(test?.warnings ?? [])],
    fingerprint: test === undefined ? own : fingerprintOf(own, test.fingerprint),
    ...(test !== undefined && { test: test.sources }),
  };
}

const backgroundOf = ({ background }: Pick<ImageOptions, 'background'>): 0 | null | undefined =>
  background === undefined ? undefined : background === 'none' ? null : 0;

const fingerprintOf = (own: string, test: string): string =>
  createHash('sha256').update(`${own} test ${test}`).digest('hex');

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
  const loaders = [images.train, images.val, images.test ?? []].map((part) => loader(part, shared));
  const oneSize = given === undefined ? sameSize(size, first.id) : (sample: Sample) => sample;
  const [train, val, test] = loaders.map(({ sources }) =>
    sources.map((source) => through(abortableSource(source, signal), oneSize)),
  ) as [SampleSource[], SampleSource[], SampleSource[]];
  return {
    ...found,
    train,
    val: val.map((source) => through(source, steps.prepare)),
    ...(images.test !== undefined && { test: test.map((source) => through(source, steps.prepare)) }),
    inputShape: [...size, channels],
    augment: steps.augment,
    close: async () => void (await Promise.all(loaders.map((one) => one.close()))),
  };
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
