import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';

import {
  augmentation,
  DataError,
  demoDataset,
  loader,
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
import { normalizer } from './normalize.js';

/** The data of a run, as its model takes them. */
export interface RunData {
  readonly name: string;
  readonly description: string;
  readonly classes: readonly string[];
  /** Height, width and channels of what the model takes. */
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly train: readonly SampleSource[];
  readonly val: readonly SampleSource[];
  /** What training images go through each time. */
  readonly augment: Augmentation;
  /** Ends the threads that read. */
  readonly close: () => Promise<void>;
  /** SHA-256 of name, classes and ids: what was trained on. */
  readonly fingerprint: string;
}

type DataOptions = Pick<RunConfig, 'data' | 'augment' | 'seed'>;

/**
 * Opens the data of a run.
 *
 * @throws {DataError} If the folder holds no data, a part is empty, or images differ in size and no size is given.
 */
export async function openRunData(config: DataOptions): Promise<RunData> {
  const dataset = await openNamed(config.data.folder);
  const { name, description, classes, channels } = dataset;
  const { limit = Infinity } = config.data;
  const parts = { train: spread(dataset.train, limit), val: spread(dataset.val, limit) };
  for (const [part, sources] of Object.entries(parts)) {
    if (sources.length === 0) throw new DataError(`${name}: wanted images in ${part}, got none`);
  }
  const size = sizeOf(config.data) ?? (await sizeOfFirst(parts.train[0]!));
  const steps = stepsOf(config, size);
  const { workers } = config.data;
  const shared = { workers, cacheBytes: Math.floor(totalmem() / 8), ...(steps.size && { size: steps.size }) };
  const loaders = [loader(parts.train, shared), loader(parts.val, shared)] as const;
  const [train, val] = [
    loaders[0].sources,
    loaders[1].sources.map((source) => through(source, steps.prepare)),
  ];
  const ids = [parts.train, parts.val].map((sources) => sources.map(({ id }) => id));
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([name, classes, channels, ...ids]))
    .digest('hex');
  return {
    ...{ name, description, classes, train, val, fingerprint },
    inputShape: [...size, channels],
    augment: steps.augment,
    close: async () => void (await Promise.all(loaders.map((one) => one.close()))),
  };
}

function openNamed(folder: string): Promise<SegmentationDataset> {
  return folder === 'demo' ? Promise.resolve(demoDataset()) : openDataset(folder);
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
