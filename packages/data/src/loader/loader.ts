import { type Augmentation } from '../augment/index.js';
import { filesOf, originOf } from '../read/origin.js';
import { checkKeys } from '@segloss/common';
import { type Sample, type SampleSource } from '../samples/sample.js';
import { type VolumeSize } from '../samples/volumes.js';
import { versionOf } from '../read/versions.js';
import { readAhead } from './ahead.js';
import { SampleCache } from './cache.js';
import { ReadingPool, type ReadingThreads } from './pool.js';
import { sized, wantedParts } from './read-task.js';

/** Options of {@link loader}. */
export interface LoaderOptions {
  /**
   * Threads that read files beside this one, or those of {@link readingThreads}, which several loaders may share; default 0: this thread reads.
   * Sources of one's own, without `origin`, are always read in this thread.
   */
  workers?: number | ReadingThreads;
  /** Samples that are read before they are asked for; default: twice the threads, at least 1. */
  prefetch?: number;
  /** Bytes of read (and resized) samples that are kept in memory; default 256 MiB, 0 keeps none. */
  cacheBytes?: number;
  /** Height and width (of volumes depth, height and width) to which samples are resized where they are read, in pixels; default: as they are. */
  size?: readonly [height: number, width: number] | VolumeSize;
  /** Of volumes: distances of voxels in mm to which they are resampled where they are read; default: as they are. */
  spacing?: VolumeSize;
  /** Done in this thread when a sample is given out, as functions cannot be sent to others; what `augmentation` makes. */
  transform?: Augmentation;
}

/** Reads samples ahead of their use. Iterating over it gives `epoch(0)`. */
export interface Loader extends AsyncIterable<Sample> {
  /** The sources again, whose `load` goes through the threads and the memory of this loader, without `transform`. */
  readonly sources: readonly SampleSource[];
  /**
   * The samples of an epoch, transformed for it.
   *
   * @param epoch 0-based. @param order Indices of the sources; default: all in their order.
   * @throws {RangeError} If an index is none.
   */
  epoch(epoch: number, order?: readonly number[]): AsyncGenerator<Sample, void, undefined>;
  /** Ends the threads, unless they were given, and forgets what was kept. */
  close(): Promise<void>;
}

/**
 * Loads samples in bounded memory: some are read ahead, in threads if so wanted, and those that were used last are kept, until
 * their files change. The samples and their order are the same for any number of threads. Samples that are kept
 * are given out again: do not change them in place.
 *
 * @param sources Of `openDataset`, or one's own. @param options See {@link LoaderOptions}.
 * @throws {RangeError} If an option is unknown or out of range. While loading: {DataError} of the file that cannot be used, at its
 *   place in the order.
 *
 * @example
 * ```ts
 * const { train } = syntheticDataset({ size: 8, train: 3, val: 1 });
 * const data = loader(train, { size: [4, 4], transform: augmentation([randomFlip()]) });
 * const ids = [];
 * for await (const { id, mask } of data.epoch(0, [2, 0])) ids.push(id === train[2].id, mask.length);
 * ids; // → [true, 16, false, 16]
 * await data.close();
 * ```
 */
export function loader(sources: readonly SampleSource[], options: LoaderOptions = {}): Loader {
  const { workers, prefetch, cacheBytes, transform, ...wanted } = settled(options);
  const own = typeof workers === 'number' && workers > 0 ? new ReadingPool(workers) : undefined;
  const threads = typeof workers === 'number' ? own : workers;
  const cache = new SampleCache(cacheBytes);
  const underWay = new Map<string, Promise<Sample>>();

  /** The sample as it was kept, or is being read already, or read anew. */
  async function read(index: number, maskOnly = false): Promise<Sample> {
    const origin = originOf(sources[index]!);
    const version = origin ? versionOf(filesOf(origin)) : '';
    const kept = cache.get(index, version);
    if (kept) return kept;
    const key = `${index}:${maskOnly}:${version}`;
    const begun = underWay.get(key) ?? readAnew(index, maskOnly);
    underWay.set(key, begun);
    try {
      const sample = await begun;
      if (underWay.get(key) === begun && sample.image.length > 0) cache.set(index, version, sample);
      return sample;
    } finally {
      underWay.delete(key);
    }
  }

  async function readAnew(index: number, maskOnly: boolean): Promise<Sample> {
    const source = sources[index]!;
    const origin = originOf(source);
    const task = { ...wanted, maskOnly };
    // Whoever wants masks alone waits for them before all else, as a training does for the prior: this thread helps.
    const helps = maskOnly && threads?.busy;
    if (threads && origin && !helps) return threads.read({ origin, ...task });
    return sized(await source.load(wantedParts(task)), wanted);
  }

  async function* epoch(number: number, order: readonly number[] = [...sources.keys()]) {
    if (!(Number.isInteger(number) && number >= 0)) {
      throw new RangeError(`loader: wanted a whole epoch from 0 on, got ${String(number)}`);
    }
    const wrong = order.find((index) => sources[index] === undefined);
    if (wrong !== undefined) {
      throw new RangeError(`loader: wanted indices below ${sources.length} in order, got ${wrong}`);
    }
    const jobs = order.map((index) => () => read(index));
    for await (const sample of readAhead(jobs, prefetch)) {
      yield transform ? transform(sample, { epoch: number }) : sample;
    }
  }

  return {
    sources: sources.map((source, index) => ({ ...source, load: (parts) => read(index, parts?.maskOnly) })),
    epoch,
    [Symbol.asyncIterator]: () => epoch(0),
    async close() {
      cache.clear();
      await own?.close();
    },
  };
}

const KNOWN = ['workers', 'prefetch', 'cacheBytes', 'size', 'spacing', 'transform'];

function settled(options: LoaderOptions) {
  checkKeys('loader', options, KNOWN);
  const { size, spacing, transform } = options;
  const workers = (options.workers as number | ReadingPool | undefined) ?? 0;
  const count = workers instanceof ReadingPool ? workers.count : workers;
  const { prefetch = Math.max(1, 2 * count), cacheBytes = 2 ** 28 } = options;
  for (const [name, value] of Object.entries({ workers: count, prefetch, cacheBytes })) {
    if (!(Number.isInteger(value) && value >= 0)) {
      const others = name === 'workers' ? ' or the threads of readingThreads' : '';
      throw new RangeError(
        `loader: wanted ${name} as a whole number from 0 on${others}, got ${String(value)}`,
      );
    }
  }
  if (size && !([2, 3].includes(size.length) && size.every((side) => Number.isInteger(side) && side > 0))) {
    throw new RangeError(
      `loader: wanted size as [height, width] or [depth, height, width] in whole pixels, got [${String(size)}]`,
    );
  }
  if (spacing && !(spacing.length === 3 && spacing.every((one) => one > 0 && Number.isFinite(one)))) {
    throw new RangeError(`loader: wanted spacing as three distances above 0 in mm, got [${String(spacing)}]`);
  }
  if (transform !== undefined && typeof transform !== 'function') {
    throw new TypeError(`loader: wanted transform as a function, as augmentation makes it, got ${typeof transform}`); // prettier-ignore
  }
  return { workers, prefetch, cacheBytes, transform, ...(size && { size }), ...(spacing && { spacing }) };
}
