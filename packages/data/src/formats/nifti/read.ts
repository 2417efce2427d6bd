import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync } from 'node:zlib';

import { DataError, unreadable } from '../../errors.js';
import { readBytes } from '../bytes.js';
import { readHeader, type NiftiHeader, type StoredValues } from './header.js';

/** A NIfTI volume: its geometry, and the values of its voxels with slope and intercept applied. */
export interface NiftiVolume extends Pick<
  NiftiHeader,
  'shape' | 'channels' | 'spacing' | 'affine' | 'forms' | 'placed' | 'slope' | 'intercept'
> {
  /**
   * `[channels, depth, height, width]` as the file has them: width varies fastest, and nothing is turned. Whole numbers of
   * a file without scaling stay exact.
   */
  readonly values: Exclude<StoredValues, BigInt64Array | BigUint64Array>;
}

/** Only so much of a compressed file is read for its header. */
const HEAD_BYTES = 4096;
/** The best that deflate can do is 1032 to 1. */
const MAX_DEFLATE = 1032;

/** The header of a .nii or .nii.gz file, of which no more is read. */
export async function readNiftiHeader(path: string): Promise<NiftiHeader> {
  return guarded(path, async () => headerOf(await readBytes(path, { limit: HEAD_BYTES })));
}

/** Names the file in an error that does not. */
async function guarded<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof DataError ? error : unreadable(path, (error as Error).message);
  }
}

/**
 * Reads a NIfTI-1 or NIfTI-2 volume (.nii, .nii.gz), of integers or floating-point numbers of either byte order.
 *
 * The affine is that of the sform, else of the qform, else of the voxel sizes alone; distances are in mm. Voxels stand in
 * the order of the file: axes [depth, height, width] are its third, second and first.
 *
 * @throws {DataError} `unreadable`: the file is missing, damaged, a .hdr/.img pair, of complex or color values, or claims
 *   more than 256 million values.
 *
 * @example
 * ```ts
 * await readNifti('no-such-file.nii.gz').catch((error) => error.code); // → "unreadable"
 * ```
 *
 * @see https://nifti.nimh.nih.gov
 */
export async function readNifti(path: string): Promise<NiftiVolume> {
  return guarded(path, async () => decodeNifti(await readBytes(path)));
}

async function decodeNifti(file: Uint8Array): Promise<NiftiVolume> {
  const header = headerOf(file.subarray(0, HEAD_BYTES));
  const { shape, channels, spacing, affine, forms, placed, slope, intercept, offset, datatype } = header;
  const count = shape[0] * shape[1] * shape[2] * channels;
  const wanted = offset + count * datatype.bytes;
  const missing = () =>
    new Error(`it holds fewer voxels than its header says (${[...shape].reverse().join(' x ')})`);
  let bytes = file;
  if (isGzip(file)) {
    // Grows with what is there, not with what is claimed.
    bytes = await promisify(gunzip)(file, { maxOutputLength: wanted + 2 ** 20 });
  }
  if (bytes.length < wanted) throw missing();
  const stored = storedValues(bytes.subarray(offset, wanted), header);
  return {
    shape,
    channels,
    spacing,
    affine,
    forms,
    placed,
    slope,
    intercept,
    values: scaled(stored, header),
  };
}

function headerOf(head: Uint8Array): NiftiHeader {
  return readHeader(
    isGzip(head)
      ? gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 * MAX_DEFLATE * HEAD_BYTES }) // prettier-ignore
      : head,
  );
}

export const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function storedValues(bytes: Uint8Array, { datatype, littleEndian }: NiftiHeader): StoredValues {
  const copy = Uint8Array.from(bytes); // at the start of a buffer of its own, where every type may begin
  if (littleEndian !== hostIsLittleEndian) {
    const swapped = Buffer.from(copy.buffer);
    if (datatype.bytes === 2) swapped.swap16();
    if (datatype.bytes === 4) swapped.swap32();
    if (datatype.bytes === 8) swapped.swap64();
  }
  return new datatype.array(copy.buffer);
}

function scaled(stored: StoredValues, { slope, intercept }: NiftiHeader): NiftiVolume['values'] {
  const values =
    stored instanceof BigInt64Array || stored instanceof BigUint64Array
      ? Float64Array.from(stored as BigInt64Array, Number)
      : stored;
  if (slope === 1 && intercept === 0) return values;
  return Float64Array.from(values as ArrayLike<number>, (value) => slope * value + intercept);
}
