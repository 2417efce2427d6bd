import { Refusal } from '../errors.js';

/**
 * Unpacks a zlib stream to `wanted` bytes, with the streams of browsers (and Node). Memory is bounded by that, whatever the stream would
 * unpack to.
 *
 * @throws {Refusal} If the stream unpacks to fewer bytes or to more. @throws {Error} If it is damaged.
 */
export async function inflateWeb(packed: Uint8Array, wanted: number): Promise<Uint8Array> {
  const source = new Blob([packed as Uint8Array<ArrayBuffer>]).stream();
  const reader = source.pipeThrough(new DecompressionStream('deflate')).getReader();
  const bytes = new Uint8Array(wanted);
  let at = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.length > wanted) {
      await reader.cancel();
      throw new Refusal(
        `its pixels unpack to more than the ${wanted} bytes that its header says; save it again`,
      );
    }
    bytes.set(part.value, at);
    at += part.value.length;
  }
  if (at < wanted) throw new Refusal('it holds fewer pixels than its header says');
  return bytes;
}
