import { createHash } from 'node:crypto';

import {
  augmentation,
  DataError,
  demoDataset,
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
import { remembering } from './remember.js';

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
  /** Brings any image to what the model takes, without chance. */
  readonly prepare: (sample: Sample) => Sample;
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
  const train = remembering(parts.train.map((source) => through(source, steps.before)));
  const val = remembering(parts.val.map((source) => through(source, steps.prepare)));
  const ids = [parts.train, parts.val].map((sources) => sources.map(({ id }) => id));
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([name, classes, channels, ...ids]))
    .digest('hex');
  return {
    ...{ name, description, classes, train, val, fingerprint },
    inputShape: [...size, channels],
    augment: steps.augment,
    prepare: steps.prepare,
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
  /** Before training images are kept in memory. */
  readonly before: (sample: Sample) => Sample;
  readonly augment: Augmentation;
  readonly prepare: (sample: Sample) => Sample;
}

function stepsOf({ data, augment, seed }: DataOptions, size: readonly [number, number]): Steps {
  const normalize = normalizer(data.normalize);
  if (augment === 'none' || augment === 'flip') {
    const resize = (sample: Sample) => (data.size === undefined ? sample : resizeSample(sample, ...size));
    const flips = augment === 'flip' ? [randomFlip({ horizontal: 0.5, vertical: 0.5 })] : [];
    const change = augmentation(flips, { seed });
    return {
      before: resize,
      augment: (sample, at) => normalize(change(sample, at)),
      prepare: (sample) => normalize(resize(sample)),
    };
  }
  const recipe = paperRecipe(augment, size);
  const change = augmentation(recipe.train, { seed, beyond: recipe.beyond });
  const still = augmentation(recipe.val, { seed, beyond: recipe.beyond });
  return {
    before: (sample) => sample,
    augment: (sample, at) => normalize(change(sample, at)),
    // Cityscapes' recipe validates at twice the size; a model here has one.
    prepare: (sample) => normalize(resizeSample(still(sample, { epoch: 0 }), ...size)),
  };
}

function through(source: SampleSource, change: (sample: Sample) => Sample): SampleSource {
  return { ...source, load: async () => change(await source.load()) };
}
