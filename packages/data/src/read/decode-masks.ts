import { DataError, unreadable } from '../errors.js';
import { decodeWith } from '../formats/decoders.js';
import { inflateWeb } from '../formats/inflate-web.js';
import { type RawPixels } from '../formats/raw-pixels.js';
import { factsOfPixels, type MaskFacts } from './facts.js';
import { KeptMasks } from './kept-masks.js';
import { imageOf, maskOf, type Image } from './pixels.js';
import { maskSet, type OpenedMasks, type OpenMasksOptions } from './mask-set.js';

/** A file whose bytes are given: a `File` of a page, a `Blob`, or anything with these two. */
export interface FileBytes {
  /** In bytes. */
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Larger files are no masks, and would fill the memory of a page. */
const MAX_BYTES = 256 * 2 ** 20;

async function decode(name: string, file: FileBytes | undefined): Promise<RawPixels> {
  if (file === undefined) throw unreadable(name, 'there is no such file');
  if (file.size > MAX_BYTES) {
    throw unreadable(name, `it has ${file.size} bytes; files of up to ${MAX_BYTES} are read here`);
  }
  const bytes = await file.arrayBuffer().catch((error: Error) => {
    throw unreadable(name, error.message);
  });
  return decodeWith(inflateWeb, name, new Uint8Array(bytes));
}

/**
 * Decodes a PNG, JPEG or TIFF image from its bytes, without Node; as `readImage` does files.
 *
 * @param name Of the file, for messages.
 * @throws {DataError} `unreadable`, with the cause.
 *
 * @example
 * ```ts
 * await decodeImage('a.png', new Blob(['no image'])).catch((error) => error.code); // → "unreadable"
 * ```
 */
export async function decodeImage(name: string, file: FileBytes): Promise<Image> {
  return imageOf(await decode(name, file));
}

/**
 * Opens label masks (PNG, TIFF, JPEG) from their bytes, without Node, by the rule of `openMasks`: to the exact values that the files
 * hold, which a canvas changes.
 *
 * @param files Names and bytes.
 * @throws {DataError} `bad-label`, if it is unclear what masks mean.
 *
 * @example
 * ```ts
 * const { faults } = await decodeMasks(new Map([['a.png', new Blob(['no image'])]]));
 * faults.get('a.png').code; // → "unreadable"
 * ```
 */
export async function decodeMasks(
  files: ReadonlyMap<string, FileBytes>,
  options: OpenMasksOptions = {},
): Promise<OpenedMasks> {
  const found = new Map<string, MaskFacts | DataError>();
  const kept = new KeptMasks();
  for (const [name, file] of files) {
    try {
      const raw = await decode(name, file);
      const mask = maskOf(name, raw);
      found.set(name, factsOfPixels(raw, mask, kept.keep(name, mask)));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      found.set(name, error);
    }
  }
  return maskSet(found, options, async (name) => {
    const { height, width, values, lossy } =
      kept.get(name) ?? maskOf(name, await decode(name, files.get(name)));
    return { shape: [height, width], values, lossy };
  });
}
