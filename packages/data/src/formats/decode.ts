import { readBytes } from './bytes.js';
import { decodeWith } from './decoders.js';
import { inflateTo } from './inflate.js';
import { type RawPixels } from './raw-pixels.js';

/** Decodes a PNG, JPEG or TIFF file, recognized by its first bytes and not by its name. */
export async function decodeFile(path: string): Promise<RawPixels> {
  return decodeBytes(path, await readBytes(path));
}

/** As {@link decodeFile}, of bytes that were read; the path is for messages. */
export function decodeBytes(path: string, bytes: Uint8Array): Promise<RawPixels> {
  return decodeWith(inflateTo, path, bytes);
}
