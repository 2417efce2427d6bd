import { decodeFile } from '../formats/decode.js';
import { DataError } from '../errors.js';
import { imageOf, maskOf, type Image, type Mask } from './pixels.js';

/**
 * Reads a PNG, JPEG or TIFF image. Opacity is dropped, palettes become colors, and a JPEG is turned as its Exif orientation says.
 *
 * @throws {DataError} If the file cannot be read; the message names it and the cause.
 *
 * @example
 * ```ts
 * await readImage('no-such-file.png').catch((error) => error.code); // → "unreadable"
 * ```
 */
export async function readImage(path: string): Promise<Image> {
  return imageOf(await decodeFile(path));
}

/**
 * Reads a mask and keeps its label values exactly: 1 to 16-bit gray and palette PNG or TIFF, gray stored as RGB. Of a shape of one
 * color that is cut out by transparency, the opacity is the label. A JPEG mask has no exact labels and is read only where
 * `allowJpeg` says so.
 *
 * @param options `allowJpeg`: give the gray values of a JPEG file; default false.
 * @throws {DataError} If the file cannot be read, or holds colors or hidden pixels instead of labels.
 *
 * @example
 * ```ts
 * await readMask('no-such-file.png').catch((error) => error.message.startsWith('cannot read no-such-file.png')); // → true
 * ```
 */
export async function readMask(path: string, { allowJpeg = false } = {}): Promise<Mask> {
  const raw = await decodeFile(path);
  if (raw.lossy && !allowJpeg) {
    throw new DataError(
      `cannot read labels from ${path}: JPEG changes label values; save masks as PNG`,
      'unreadable',
    );
  }
  return maskOf(path, raw);
}
