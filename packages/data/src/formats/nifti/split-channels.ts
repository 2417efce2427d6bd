import { gunzipSync } from 'node:zlib';

import { unreadable } from '../../errors.js';
import { readBytes } from '../bytes.js';
import { withoutChannels } from './header.js';
import { isGzip, readNiftiHeader } from './read.js';

/**
 * Splits a NIfTI file with several channels, the fourth or fifth axis, into files with one: headers and values stay as they are, so that
 * every file has the place, the data type and the scale of the whole.
 *
 * @returns The bytes of a .nii file for each channel.
 * @throws {DataError} `unreadable`, as `readNifti`.
 *
 * @example
 * ```ts
 * const { tmpdir } = await import('node:os');
 * const file = `${tmpdir()}/segloss-example-channels.nii`;
 * await writeNifti(file, Uint8Array.of(0, 1, 1, 0), { shape: [1, 2, 2] });
 * (await splitNiftiChannels(file)).length; // → 1
 * ```
 */
export async function splitNiftiChannels(path: string): Promise<Uint8Array[]> {
  const { channels, offset, shape, datatype } = await readNiftiHeader(path);
  const size = shape[0] * shape[1] * shape[2] * datatype.bytes;
  const wanted = offset + channels * size;
  const file = await readBytes(path);
  const bytes = isGzip(file) ? gunzipSync(file, { maxOutputLength: wanted + 2 ** 20 }) : file;
  if (bytes.length < wanted) throw unreadable(path, 'it holds fewer voxels than its header says');
  const head = withoutChannels(bytes.subarray(0, offset));
  return Array.from({ length: channels }, (_, c) => {
    const part = new Uint8Array(offset + size);
    part.set(head);
    part.set(bytes.subarray(offset + c * size, offset + (c + 1) * size), offset);
    return part;
  });
}
