import { type Sample, type SampleSource, type WantedParts } from '@segloss/data/samples';
import { tensor, type Tensor } from '@tensorflow/tfjs-core';

/** A sample in memory, or a source that is read each time it is needed. */
export type TrainingItem = Sample | SampleSource;

/** Images `[B, H, W, C]` or volumes `[B, D, H, W, C]` (float32), and labels without the channels (int32, 255 = ignored). */
export interface Batch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

/** `[H, W]`, or `[D, H, W]` of a volume. */
export function sizesOf({ depth, height, width }: Pick<Sample, 'depth' | 'height' | 'width'>): number[] {
  return depth === undefined ? [height, width] : [depth, height, width];
}

/** Channels of the logits for these classes: two classes are binary, with one channel for the second (sigmoid). */
export function outputChannels(classes: readonly string[]): number {
  return classes.length === 2 ? 1 : classes.length;
}

/** The items in groups of `size`; the last may be smaller. */
export function inGroups<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

/** Groups that are loaded ahead, so that a slow image or two make nobody wait, where each has no more bytes than {@link SMALL_GROUP}; else 1. */
const AHEAD = 2;
const SMALL_GROUP = 2 ** 25;

/** Loads groups of items in turn, each while its predecessors are in use. */
export async function* loadGroups(
  groups: readonly (readonly TrainingItem[])[],
  change: (sample: Sample) => Sample = (sample) => sample,
  wanted?: WantedParts,
): AsyncGenerator<Sample[], void, undefined> {
  const load = (group: readonly TrainingItem[]) => {
    const loading = Promise.all(
      group.map(async (item) => change('load' in item ? await item.load(wanted) : item)),
    );
    loading.catch(() => undefined); // rejects again when its turn comes
    return loading;
  };
  const loaded: Promise<Sample[]>[] = [];
  const loadTo = (end: number) => {
    while (loaded.length < Math.min(end, groups.length)) loaded.push(load(groups[loaded.length]!));
  };
  for (let i = 0; i < groups.length; i++) {
    loadTo(i + 1);
    const samples = await loaded[i]!;
    delete loaded[i];
    loadTo(i + 1 + (bytesOf(samples) <= SMALL_GROUP ? AHEAD : 1));
    yield samples;
  }
}

const bytesOf = (samples: readonly Sample[]): number =>
  samples.reduce((sum, { image, mask }) => sum + image.byteLength + mask.byteLength, 0);

/** Copies samples of one size into tensors. */
export function toBatch(samples: readonly Sample[]): Batch {
  const [first] = samples as readonly [Sample];
  const shape = [samples.length, ...sizesOf(first)];
  const images = new Float32Array(samples.length * first.image.length);
  const labels = new Int32Array(samples.length * first.mask.length);
  samples.forEach(({ image, mask }, i) => {
    images.set(image, i * image.length);
    labels.set(mask, i * mask.length);
  });
  return { images: tensor(images, [...shape, first.channels]), labels: tensor(labels, shape, 'int32') };
}

/** Throws unless all samples have the size and channels of the model's input. */
export function checkSamples(
  caller: string,
  samples: readonly Sample[],
  shape: readonly (number | null)[],
): void {
  const wanted = shape.slice(1);
  for (const sample of samples) {
    const { id } = sample;
    const got = [...sizesOf(sample), sample.channels];
    const fits = got.length === wanted.length && wanted.every((size, i) => size === null || size === got[i]);
    if (!fits) {
      throw new RangeError(
        `${caller}: wanted images [${wanted}] as the model takes, got [${got}] in ${id}; use resizeSample`,
      );
    }
  }
}

/** Returns the samples that are already in memory. */
export function inMemory(items: readonly TrainingItem[]): Sample[] {
  return items.filter((item): item is Sample => !('load' in item));
}
