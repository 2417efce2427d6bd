import { promisify } from 'node:util';
import { constants, inflate, inflateSync } from 'node:zlib';

import { Refusal } from '../errors.js';

/** What unpacks to so few bytes is done in less time than another thread takes to answer. */
const SMALL = 2 ** 20;

/**
 * Unpacks a zlib stream to `wanted` bytes. Memory is bounded by that, whatever the stream would unpack to.
 *
 * @throws {Refusal} If the stream unpacks to fewer bytes or to more. @throws {Error} If it is damaged.
 */
export async function inflateTo(packed: Uint8Array, wanted: number): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    // One byte more than wanted tells a longer stream from one that fits. In one piece: by default each 16 KiB are a job of their own.
    const options = {
      maxOutputLength: wanted + 1,
      chunkSize: Math.max(constants.Z_MIN_CHUNK, wanted + 1),
      finishFlush: constants.Z_SYNC_FLUSH,
    };
    bytes =
      wanted <= SMALL && packed.length <= SMALL
        ? inflateSync(packed, options)
        : await promisify(inflate)(packed, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLong(wanted);
    throw error;
  }
  if (bytes.length > wanted) throw tooLong(wanted);
  if (bytes.length < wanted) throw new Refusal('it holds fewer pixels than its header says');
  return bytes;
}

const tooLong = (wanted: number) =>
  new Refusal(`its pixels unpack to more than the ${wanted} bytes that its header says; save it again`);
