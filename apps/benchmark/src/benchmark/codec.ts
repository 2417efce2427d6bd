import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Packs bytes (an image or a label map) into text for a line of JSON. */
export function packBytes(bytes: Uint8Array): string {
  return deflateRawSync(bytes).toString('base64');
}

/** The inverse of {@link packBytes}. */
export function unpackBytes(text: string): Uint8Array {
  return new Uint8Array(inflateRawSync(Buffer.from(text, 'base64')));
}
