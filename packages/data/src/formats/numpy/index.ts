import { DataError, unreadable } from '../../errors.js';
import { readBytes } from '../bytes.js';
import { decodeNpy, type NumpyArray } from './npy.js';
import { zipEntries } from './zip.js';

export type { NumpyArray, NumpyValues } from './npy.js';

/** Names under which nnU-Net saves probabilities: version 2, and version 1. */
const PROBABILITIES = ['probabilities', 'softmax'];

/**
 * Reads an array of NumPy: a `.npy` file, or an array of a `.npz` archive. float16, float32, float64, integers and booleans of either byte
 * order, in C or Fortran order, are read; Python objects are not. Memory is bounded by what the file holds.
 *
 * @param path The file; what it is, is decided by its first bytes.
 * @param options `keys`: names of the array in a `.npz` file, the first that is there is read; default `probabilities`, `softmax` (as nnU-Net
 *   writes them), else the only array.
 * @returns Shape and values, the last axis varying fastest.
 * @throws {DataError} `unreadable`, if the file is missing, damaged, or has no such array.
 *
 * @example
 * ```ts
 * await readNumpy('no-such-file.npz').catch((error) => error.code); // → "unreadable"
 * ```
 */
export async function readNumpy(
  path: string,
  { keys = PROBABILITIES }: { keys?: readonly string[] } = {},
): Promise<NumpyArray> {
  const bytes = await readBytes(path);
  try {
    const isArchive = bytes[0] === 0x50 && bytes[1] === 0x4b;
    return decodeNpy(isArchive ? arrayOf(bytes, keys) : bytes);
  } catch (error) {
    throw error instanceof DataError ? error : unreadable(path, (error as Error).message);
  }
}

function arrayOf(bytes: Uint8Array, keys: readonly string[]): Uint8Array {
  const entries = zipEntries(bytes).filter(({ name }) => name.endsWith('.npy'));
  const named = keys
    .map((key) => entries.filter(({ name }) => name === `${key}.npy`))
    .find(({ length }) => length > 0);
  const [entry, ...others] = named ?? entries;
  if (entry === undefined) throw new Error('it holds no array');
  if (others.length > 0) {
    const names = entries.map(({ name }) => name.slice(0, -4)).join(', ');
    throw new Error(
      `wanted one array, or one called ${keys.join(' or ')}, got ${names}; save the probabilities alone`,
    );
  }
  return entry.read();
}
