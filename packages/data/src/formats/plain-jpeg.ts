import { joinBytes } from './join-bytes.js';
import {
  ADOBE_TRANSFORM,
  isAdobe,
  isJfif,
  knownTransform,
  segmentsOf,
  START_OF_SCAN,
  type JpegHeader,
} from './jpeg-segments.js';

/** Where a segment of JFIF has the first number of its version. */
const JFIF_MAJOR = 5;
/** Adobe's segment, which says that four components are CMYK. */
const ADOBE_CMYK = Uint8Array.of(0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, 0);
/** First and last coefficient of a scan of a baseline file, and its bits: all of them. */
const ALL_COEFFICIENTS = [0, 63, 0];

/**
 * The file with an ordinary header, where its header is odd but clear: libjpeg warns of such headers and reads them, and the decoders here refuse
 * them. So the major version of JFIF becomes 1; an unknown transform of colors becomes what libjpeg takes it for; scans of files that are not
 * progressive say that they have all coefficients; bytes between segments are left out; and CMYK without Adobe's segment gets one.
 *
 * @returns The given bytes if the header is an ordinary one.
 */
export function plainJpeg(bytes: Uint8Array, { components, progressive }: JpegHeader): Uint8Array {
  const parts = [bytes.subarray(0, 2)];
  let [at, odd, named] = [2, false, false];
  for (const { marker, start, end, content } of segmentsOf(bytes)) {
    let segment = bytes.subarray(start, end);
    if (isJfif(marker, content)) segment = withBytes(segment, 4 + JFIF_MAJOR, [1]);
    if (isAdobe(marker, content)) {
      named = true;
      const transform = knownTransform(content[ADOBE_TRANSFORM]!, components);
      segment = withBytes(segment, 4 + ADOBE_TRANSFORM, [transform]);
    }
    if (marker === START_OF_SCAN) {
      if (!progressive) segment = withBytes(segment, coefficientsAt(content), ALL_COEFFICIENTS);
      if (components === 4 && !named) {
        parts.push(ADOBE_CMYK);
        odd = true;
      }
    }
    odd ||= start > at || segment.buffer !== bytes.buffer;
    parts.push(segment);
    at = end;
  }
  const pixels = bytes.subarray(at);
  const plain = progressive ? pixels : withWholeScans(pixels);
  return odd || plain !== pixels ? joinBytes([...parts, plain]) : bytes;
}

/** Where a scan says which coefficients it has, from its marker on: behind two bytes for each of its components. */
const coefficientsAt = (content: Uint8Array): number => 4 + 1 + 2 * (content[0] ?? 0);

/** What follows the segment of the first scan, with all coefficients in the segments of later ones. */
function withWholeScans(pixels: Uint8Array): Uint8Array {
  let plain = pixels;
  for (let at = pixels.indexOf(0xff); at !== -1 && at + 4 < pixels.length; at = pixels.indexOf(0xff, at)) {
    const marker = pixels[at + 1]!;
    if (marker === 0xff) at++;
    else if (marker <= 1 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else if (marker === 0xd9) break;
    else {
      if (marker === START_OF_SCAN) plain = withBytes(plain, at + coefficientsAt(pixels.subarray(at + 4)), ALL_COEFFICIENTS); // prettier-ignore
      at += 2 + Math.max(2, (pixels[at + 2]! << 8) | pixels[at + 3]!);
    }
  }
  return plain;
}

/** The bytes with others from a place on; the same where they stand there, or there is no room. */
function withBytes(bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array {
  if (at + values.length > bytes.length || values.every((value, i) => bytes[at + i] === value)) return bytes;
  const changed = Uint8Array.from(bytes);
  changed.set(values, at);
  return changed;
}
