import { readCocoSample, type CocoPair } from './coco.js';
import { type LabelRule } from './labels.js';
import { readLabels, readPair, readUnion, type LabelPair, type Pair, type UnionPair } from './pairs.js';
import { type Sample, type SampleSource, type WantedParts } from '../samples/sample.js';
import { readSlice, readVolume, type SliceFiles, type VolumeFiles } from './volumes.js';

/** The files of a sample and how they are read, as plain data: it can be sent to a worker thread. */
export type Origin =
  | ({ readonly reader: 'pair'; readonly channels: number; readonly rule: LabelRule } & Pair)
  | ({ readonly reader: 'union'; readonly channels: number } & UnionPair)
  | ({ readonly reader: 'labels'; readonly channels: number } & LabelPair)
  | ({ readonly reader: 'volume' } & VolumeFiles)
  | ({ readonly reader: 'slice' } & SliceFiles)
  | ({ readonly reader: 'coco'; readonly channels: number } & CocoPair);

type OriginOf<K extends Origin['reader']> = Extract<Origin, { reader: K }>;

/** How each kind of origin is read, and which files it is read from; a new kind is an entry here. */
const READERS: {
  readonly [K in Origin['reader']]: {
    read(origin: OriginOf<K>, wanted: WantedParts | undefined): Promise<Sample>;
    files(origin: OriginOf<K>): readonly string[];
  };
} = {
  pair: { read: readPair, files: ({ image, mask }) => [image, mask] },
  union: { read: readUnion, files: ({ image, masks }) => [image, ...masks] },
  labels: {
    read: readLabels,
    files: ({ image, masks }) => [image, ...masks.filter((path) => path !== undefined)],
  },
  volume: { read: readVolume, files: ({ images, label }) => [...images, label] },
  slice: { read: readSlice, files: ({ images, label }) => [...images, label] },
  coco: { read: readCocoSample, files: ({ image }) => [image] },
};

const readerOf = (origin: Origin) => READERS[origin.reader] as (typeof READERS)['pair'];

/**
 * Reads a sample.
 *
 * @param wanted Readers of images resize as they read, which takes less time; those of pairs may read the mask alone.
 */
export function readOrigin(origin: Origin, wanted?: WantedParts): Promise<Sample> {
  return readerOf(origin).read(origin as OriginOf<'pair'>, wanted);
}

/** The files that decide what {@link readOrigin} gives. */
export function filesOf(origin: Origin): readonly string[] {
  return readerOf(origin).files(origin as OriginOf<'pair'>);
}

/** The origin of a source that {@link sourceOf} made; undefined for sources of one's own. */
export function originOf({ origin }: SampleSource): Origin | undefined {
  return origin !== undefined && Object.hasOwn(READERS, origin.reader) ? (origin as Origin) : undefined;
}

/** The image file of a sample. */
export function imageOf(origin: Origin): string | undefined {
  return filesOf(origin)[0];
}

/**
 * Returns the case of a source: the volume of a slice, else the sample itself. Samples of one case belong into one fold.
 *
 * @example
 * ```ts
 * caseOf({ id: 'a', load: () => Promise.reject(new Error('not read')) }); // → "a"
 * ```
 */
export function caseOf(source: SampleSource): string {
  const origin = originOf(source);
  return origin?.reader === 'slice' ? origin.id : source.id;
}

/** A source that reads its files when it is asked to. */
export function sourceOf(origin: Origin): SampleSource {
  return { id: origin.id, origin, load: (wanted) => readOrigin(origin, wanted) };
}
