import {
  DataError,
  demoDataset,
  openDataset,
  resizeSample,
  spread,
  type Sample,
  type SampleSource,
} from '@segloss/data';

import type { Settings, Size } from '../options.js';

/** A data set in memory, in buffers that worker threads share instead of copying. */
export interface LoadedData {
  readonly name: string;
  readonly description: string;
  readonly classes: readonly string[];
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly train: readonly Sample[];
  readonly val: readonly Sample[];
}

/**
 * Loads every image once, at one size.
 *
 * @throws {DataError} If a part is empty, an image or mask cannot be read, or images differ in size and no
 *   size was asked for.
 */
export async function loadData(settings: Pick<Settings, 'data' | 'size' | 'limit'>): Promise<LoadedData> {
  const dataset = settings.data === undefined ? demoDataset() : await openDataset(settings.data);
  const load = (sources: readonly SampleSource[]) => loadPart(sources, settings);
  const train = await load(dataset.train);
  const val = await load(dataset.val);
  for (const [part, samples] of Object.entries({ train, val })) {
    if (samples.length === 0) throw new DataError(`${dataset.name}: wanted images in ${part}, got none`);
  }
  const { height, width } = sameSize([...train, ...val]);
  const { name, description, classes, channels } = dataset;
  return { name, description, classes, channels, height, width, train, val };
}

async function loadPart(
  sources: readonly SampleSource[],
  { size, limit }: Pick<Settings, 'size' | 'limit'>,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const source of spread(sources, limit ?? sources.length)) {
    const sample = await source.load();
    samples.push(share(size === undefined ? sample : resizeSample(sample, size.height, size.width)));
  }
  return samples;
}

function sameSize(samples: readonly Sample[]): Size {
  const first = samples[0]!;
  const other = samples.find(({ height, width }) => height !== first.height || width !== first.width);
  if (other !== undefined) {
    throw new DataError(
      `wanted images of one size, got ${first.id} with ${first.height}x${first.width} and ${other.id} with ${other.height}x${other.width}; give --size`,
    );
  }
  return { height: first.height, width: first.width };
}

function share(sample: Sample): Sample {
  const image = new Float32Array(new SharedArrayBuffer(sample.image.byteLength));
  image.set(sample.image);
  const mask = new Uint8Array(new SharedArrayBuffer(sample.mask.byteLength));
  mask.set(sample.mask);
  return { ...sample, image, mask };
}
