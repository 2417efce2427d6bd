import { Refusal, unreadable } from '../errors.js';
import { decodeJpeg, jpegHeader } from './jpeg.js';
import { decodePng, pngHeader } from './png.js';
import { type ImageHeader, type Inflate, type RawPixels } from './raw-pixels.js';
import { decodeTiff, tiffHeader } from './tiff.js';
import { unknownFormat } from './unknown-format.js';

/** The formats, recognized by their first bytes. */
const FORMATS: readonly {
  readonly signatures: readonly (readonly number[])[];
  readonly header: (bytes: Uint8Array) => ImageHeader;
  readonly decode: (bytes: Uint8Array, inflate: Inflate) => RawPixels | Promise<RawPixels>;
}[] = [
  { signatures: [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]], header: pngHeader, decode: decodePng },
  { signatures: [[0xff, 0xd8]], header: jpegHeader, decode: decodeJpeg },
  {
    signatures: [
      [0x49, 0x49, 0x2a, 0],
      [0x4d, 0x4d, 0, 0x2a],
      [0x49, 0x49, 0x2b, 0],
      [0x4d, 0x4d, 0, 0x2b],
    ],
    header: tiffHeader,
    decode: decodeTiff,
  },
];

/**
 * Decodes a PNG, JPEG or TIFF image, recognized by its first bytes and not by its name. What unpacks zlib streams is given: Node and browsers
 * have other ones.
 *
 * @param path For messages.
 */
export function decodeWith(inflate: Inflate, path: string, bytes: Uint8Array): Promise<RawPixels> {
  return guarded(path, bytes, async ({ decode }) => decode(bytes, inflate));
}

/** Size and channels of an image, of its bytes or of its first ones. */
export function headerOfBytes(path: string, bytes: Uint8Array): Promise<ImageHeader> {
  return guarded(path, bytes, async ({ header }) => header(bytes));
}

/** Whether a file is decoded as JPEG. */
export function isJpeg(bytes: Uint8Array): boolean {
  return formatOf(bytes)?.decode === decodeJpeg;
}

function formatOf(bytes: Uint8Array): (typeof FORMATS)[number] | undefined {
  return FORMATS.find(({ signatures }) =>
    signatures.some((signature) => signature.every((byte, i) => bytes[i] === byte)),
  );
}

async function guarded<T>(
  path: string,
  bytes: Uint8Array,
  use: (format: (typeof FORMATS)[number]) => Promise<T>,
): Promise<T> {
  if (bytes.length === 0) throw unreadable(path, 'the file is empty');
  const format = formatOf(bytes);
  if (format === undefined) {
    throw unreadable(path, unknownFormat(bytes, 'neither PNG nor JPEG nor TIFF', 'PNG'));
  }
  try {
    return await use(format);
  } catch (error) {
    if (error instanceof Refusal) throw unreadable(path, error.message);
    throw unreadable(path, `it is damaged (${error instanceof Error ? error.message : String(error)})`);
  }
}
