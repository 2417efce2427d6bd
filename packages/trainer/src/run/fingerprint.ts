import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';

import { type SampleSource, type SegmentationDataset } from '@segloss/data';

type Parts = Pick<SegmentationDataset, 'classes' | 'channels' | 'train' | 'val'>;

/**
 * SHA-256 over what a training sees of a data set: classes, channels, and for each image of each part its id, how it is read and the
 * bytes of its files. Names and places of folders do not count.
 */
export async function fingerprintOf({ classes, channels, train, val }: Parts): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([classes, channels]));
  for (const part of [train, val]) {
    hash.update(`\n${part.length}`);
    for (const source of part) hash.update(`\n${JSON.stringify([source.id, await contentOf(source)])}`);
  }
  return hash.digest('hex');
}

/** How an image is read, with the hash of a file in the place of its path. */
async function contentOf({ origin }: SampleSource): Promise<unknown> {
  const content = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string') return path.isAbsolute(value) && isFile(value) ? fileHash(value) : value;
    if (Array.isArray(value)) return Promise.all(value.map(content));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(async ([key, item]) => [key, await content(item)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  return content(origin);
}

/** SHA-256 of the bytes of a file. */
export async function fileHash(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
