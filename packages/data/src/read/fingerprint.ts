import { createHash, type Hash } from 'node:crypto';

import { readBytes } from '../formats/bytes.js';
import { isJpeg } from '../formats/decoders.js';
import { JPEG_DECODER } from '../formats/libjpeg-turbo.js';
import { type SampleSource, type SegmentationDataset } from '../samples/sample.js';
import { FileCache } from './file-cache.js';
import { filesOf, imageOf, originOf } from './origin.js';

/** What a training sees of a data set. */
export type DatasetContent = Pick<
  SegmentationDataset,
  'classes' | 'channels' | 'background' | 'multilabel' | 'train' | 'val'
>;

/**
 * The identity of a data set: a hash of what a training sees. It covers classes, background, split, label rule, how each sample is
 * read, and the bytes of every image, mask and annotation; names and places of folders do not count. Corrected masks, another
 * label map or other lists make another fingerprint; a copy of the folder has the same. Of JPEG files the decoder counts too, with its
 * version, as decoders round differently.
 *
 * Files are hashed once while they stay as they are: the hashes are kept in the user's cache folder. Samples that come from no files are
 * generated and hashed.
 *
 * @param dataset Of `openDataset`, or with some of its sources.
 * @returns SHA-256, as 64 hexadecimal digits.
 * @throws {DataError} `unreadable`, if a file cannot be read.
 *
 * @example
 * ```ts
 * const [a, b] = [1, 2].map((seed) => syntheticDataset({ size: 8, train: 2, val: 1, seed }));
 * (await datasetFingerprint(a)) === (await datasetFingerprint(b)); // → false
 * (await datasetFingerprint(a)).length; // → 64
 * ```
 */
export async function datasetFingerprint(dataset: DatasetContent): Promise<string> {
  const { classes, channels, background, multilabel = false, train, val } = dataset;
  const hashOf = await fileHashes([...train, ...val]);
  const fingerprint = createHash('sha256').update(
    JSON.stringify([classes, channels, background, multilabel]),
  );
  const known = new WeakMap<object, string>();
  for (const part of [train, val]) {
    fingerprint.update(`\n${part.length}`);
    for (const source of part) {
      fingerprint.update(`\n${JSON.stringify(source.id)}`);
      const origin = originOf(source);
      if (origin === undefined) await addSample(fingerprint, source);
      else fingerprint.update(textOf(Object.fromEntries(Object.entries(origin).filter(([key]) => key !== 'file')), hashOf, known)); // prettier-ignore
    }
  }
  return fingerprint.digest('hex');
}

/**
 * Returns the image files of `others` whose bytes are also those of an image of `sources`, under whatever name. Samples that come from no
 * files do not count.
 *
 * @throws {DataError} `unreadable`, if a file cannot be read.
 *
 * @example
 * ```ts
 * const { train, val } = demoDataset();
 * await sharedFiles(train, val); // → []
 * ```
 */
export async function sharedFiles(
  sources: readonly SampleSource[],
  others: readonly SampleSource[],
): Promise<string[]> {
  const hashOf = await fileHashes([...sources, ...others]);
  const known = new Set(imagesOf(sources).map((file) => hashOf.get(file)));
  return imagesOf(others).filter((file) => known.has(hashOf.get(file)));
}

const imagesOf = (sources: readonly SampleSource[]): string[] => [
  ...new Set(sources.flatMap((source) => originOf(source) ?? []).flatMap((origin) => imageOf(origin) ?? [])),
];

async function addSample(fingerprint: Hash, source: SampleSource): Promise<void> {
  const { image, mask, ...rest } = await source.load();
  fingerprint.update(JSON.stringify(rest));
  for (const { buffer, byteOffset, byteLength } of [image, mask]) fingerprint.update(new Uint8Array(buffer, byteOffset, byteLength)); // prettier-ignore
}

/** Plain data as text, with the hash of a file in the place of its path. */
function textOf(value: unknown, hashOf: ReadonlyMap<string, string>, known: WeakMap<object, string>): string {
  if (typeof value === 'string') return hashOf.get(value) ?? JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  const before = known.get(value);
  if (before !== undefined) return before;
  const inner = (item: unknown) => textOf(item, hashOf, known);
  const text = ArrayBuffer.isView(value)
    ? createHash('sha256').update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)).digest('hex')
    : Array.isArray(value)
      ? `[${value.map(inner).join()}]`
      : `{${(value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value)).map(([key, item]) => `${String(key)}:${inner(item)}`).join()}}`; // prettier-ignore
  known.set(value, text);
  return text;
}

/** Files that are read at a time. */
const AT_ONCE = 4;

/** What the identity of a file is made of. */
interface FileHash {
  readonly sha256: string;
  readonly jpeg: boolean;
}

/** SHA-256 of the bytes of every file of the sources; of JPEG files also by what they are decoded, as their pixels depend on it. */
async function fileHashes(sources: readonly SampleSource[]): Promise<Map<string, string>> {
  const cache = new FileCache<FileHash>('hashes-2');
  const waiting = [...new Set(sources.flatMap((source) => filesOfSource(source)))];
  const hashes = new Map<string, string>();
  const work = async (): Promise<void> => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      const path = file;
      const { sha256, jpeg } = await cache.get(path, () => hashOfFile(path));
      hashes.set(path, jpeg ? `${sha256} by ${JPEG_DECODER}` : sha256);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await cache.save();
  return hashes;
}

async function hashOfFile(path: string): Promise<FileHash> {
  const bytes = await readBytes(path);
  return { sha256: createHash('sha256').update(bytes).digest('hex'), jpeg: isJpeg(bytes) };
}

function filesOfSource(source: SampleSource): readonly string[] {
  const origin = originOf(source);
  return origin === undefined ? [] : filesOf(origin);
}
