import { createHash } from 'node:crypto';

import { decodeBytes } from '../formats/decode.js';
import { readBytes } from '../formats/bytes.js';
import { readNifti } from '../formats/nifti/read.js';
import { DataError } from '../errors.js';
import { FileCache } from './file-cache.js';
import { maskOf } from './images.js';
import { labelValues } from './volumes.js';

/** What a mask holds, as far as the label rule of a data set depends on it; plain data. */
export interface MaskFacts {
  /** [height, width] or [depth, height, width]. */
  readonly shape: readonly number[];
  /** Values, rising, with their pixels. */
  readonly values: readonly (readonly [value: number, pixels: number])[];
  /** Whether the values may differ from those that were saved, as in JPEG. */
  readonly lossy: boolean;
  /** Colors of the indices that are used, as `#rrggbb`, and a name of the palette as a whole. */
  readonly palette?: { readonly name: string; readonly colors: Readonly<Record<number, string>> };
}

export const NIFTI_FILE = /\.nii(\.gz)?$/i;

/** Reads a mask, image or volume, and says what it holds. @throws {DataError} If it cannot be read. */
async function factsOf(path: string): Promise<MaskFacts> {
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
  const raw = await decodeBytes(path, await readBytes(path));
  const { height, width, values: pixels, lossy } = maskOf(path, raw);
  const values = countsOf(pixels);
  const { indexed, palette } = raw;
  return {
    shape: [height, width],
    values,
    lossy,
    ...(indexed && palette && { palette: paletteOf(palette, values) }),
  };
}

function countsOf(pixels: ArrayLike<number>): [number, number][] {
  const small = new Float64Array(256);
  const other = new Map<number, number>();
  for (let i = 0; i < pixels.length; i++) {
    const value = pixels[i]!;
    if (value >= 0 && value < 256 && Number.isInteger(value)) small[value]!++;
    else other.set(value, (other.get(value) ?? 0) + 1);
  }
  const counted = [...small.entries()].filter(([, count]) => count > 0);
  return [...counted, ...other].sort(([a], [b]) => a - b);
}

function paletteOf(
  palette: readonly (readonly number[])[],
  values: readonly (readonly [number, number])[],
): NonNullable<MaskFacts['palette']> {
  const text = (color: readonly number[] = []) => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`; // prettier-ignore
  const name = createHash('sha256').update(palette.map(text).join()).digest('hex').slice(0, 16);
  return { name, colors: Object.fromEntries(values.map(([index]) => [index, text(palette[index])])) };
}

/** Masks that are read at a time: files are read and unpacked in other threads, and few are in memory. */
const AT_ONCE = 4;

/** The facts of every mask, or why it cannot be read; each file is read once, ever, while it stays as it is. */
export async function maskFacts(paths: readonly string[]): Promise<Map<string, MaskFacts | DataError>> {
  const cache = new FileCache<MaskFacts>('masks-1');
  const result = new Map<string, MaskFacts | DataError>();
  const waiting = [...new Set(paths)];
  const work = async (): Promise<void> => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      const file = path;
      const facts = await cache
        .get(file, () => factsOf(file))
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
