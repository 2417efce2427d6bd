import { decodeFile } from '../formats/decode.js';
import { readNifti } from '../formats/nifti/read.js';
import { JPEG_DECODER } from '../formats/libjpeg-turbo.js';
import { DataError } from '../errors.js';
import { countsOf, factsOfPixels, type MaskFacts } from './facts.js';
import { FileCache } from './file-cache.js';
import { type KeptMasks } from './kept-masks.js';
import { maskOf } from './pixels.js';
import { labelValues } from './volumes.js';

export const NIFTI_FILE = /\.nii(\.gz)?$/i;

/** Reads a mask, image or volume, and says what it holds. @throws {DataError} If it cannot be read. */
async function factsOf(path: string, kept?: KeptMasks): Promise<MaskFacts> {
  if (NIFTI_FILE.test(path)) {
    const volume = await readNifti(path);
    if (volume.channels > 1) {
      throw new DataError(
        `wanted one label for each voxel, got ${volume.channels} in ${path}; save one volume of class numbers`,
        'bad-label',
      );
    }
    return { shape: volume.shape, values: countsOf(labelValues(path, volume)), lossy: false };
  }
  const raw = await decodeFile(path);
  const mask = maskOf(path, raw);
  return factsOfPixels(raw, mask, kept?.keep(path, mask));
}

/** Of JPEG masks the values depend on the decoder. */
const KIND = `masks-3-${JPEG_DECODER.replaceAll(/[^a-z0-9]+/gi, '-')}`;

/** Masks that are read at a time: files are read and unpacked in other threads, and few are in memory. */
const AT_ONCE = 4;

/**
 * The facts of every mask, or why it cannot be read; each file is read once, ever, while it stays as it is.
 *
 * @param kept Receives the masks that are read.
 */
export async function maskFacts(
  paths: readonly string[],
  kept?: KeptMasks,
): Promise<Map<string, MaskFacts | DataError>> {
  const cache = new FileCache<MaskFacts>(KIND);
  const result = new Map<string, MaskFacts | DataError>();
  const waiting = [...new Set(paths)];
  const work = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const file = path;
      const facts = await cache
        .get(file, () => factsOf(file, kept))
        .catch((error: unknown) => {
          if (error instanceof DataError) return error;
          throw error;
        });
      result.set(file, facts);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await cache.save();
  return result;
}
