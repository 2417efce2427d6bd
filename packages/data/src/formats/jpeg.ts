import { Refusal } from '../errors.js';
import { orientationOf } from './exif.js';
import { decodeWithLibjpegTurbo, type StoredPixels } from './libjpeg-turbo.js';
import { checkSize, MAX_DENSE_PIXELS, type ImageHeader, type Inflate, type RawPixels } from './raw-pixels.js';

/** What the segments of a JPEG say. */
interface Segments {
  readonly width: number;
  readonly height: number;
  /** 1 gray, 3 color, 4 CMYK. */
  readonly components: number;
  /** Their ids, by which some programs say that they are red, green and blue. */
  readonly ids: readonly number[];
  /** How many samples each component has for one of the coarsest, across and down. */
  readonly sampling: string;
  /** 1 upright; 2 to 8 as in Exif. */
  readonly orientation: number;
  /** 0 RGB or CMYK, 1 YCbCr, 2 YCCK; undefined without Adobe's segment. */
  readonly adobeTransform?: number;
  readonly jfif: boolean;
}

/** A block of 8 x 8 pixels takes a bit at least. */
const PIXELS_PER_BYTE = 8 * 64;
/** Programs that write JPEG use about ten scans; each may visit every pixel, so their number bounds the time. */
const MAX_SCANS = 100;

/** Of luma and chromas: 4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1 and 4:4:1. */
const COMMON_SAMPLING = ['1x1', '2x1', '2x2', '1x2', '4x1', '1x4'].map((luma) => `${luma} 1x1 1x1`);

/** Size and channels of a JPEG as it is seen, turned by its Exif orientation. */
export function jpegHeader(bytes: Uint8Array): ImageHeader {
  const { width, height, components, orientation } = segmentsOf(bytes);
  const [w, h] = orientation > 4 ? [height, width] : [width, height];
  return { width: w, height: h, channels: components === 1 ? 1 : 3 };
}

/** Decodes a JPEG (baseline or progressive, 8 bits), upright: turned and mirrored as its Exif orientation says. */
export async function decodeJpeg(bytes: Uint8Array, inflate: Inflate): Promise<RawPixels> {
  const segments = segmentsOf(bytes);
  const { width, height, components, sampling, orientation } = segments;
  checkSize(width, height, bytes.length, PIXELS_PER_BYTE, MAX_DENSE_PIXELS);
  if (scansOf(bytes) > MAX_SCANS) throw new Refusal(`it has more than ${MAX_SCANS} scans; save it again`);
  const channels = components === 1 ? 1 : 3;
  const common = components === 1 || COMMON_SAMPLING.includes(sampling);
  const stored = await (common ? decodeWithLibjpegTurbo(bytes, inflate) : decodeWithJpegJs(bytes, segments));
  return {
    kind: 'jpeg',
    lossy: true,
    maximum: 255,
    indexed: false,
    alpha: false,
    ...upright({ ...stored, channels }, orientation),
  };
}

/** Decodes what the interface to libjpeg-turbo refuses: CMYK, which becomes red, green and blue, and rare sampling factors. */
async function decodeWithJpegJs(bytes: Uint8Array, segments: Segments): Promise<StoredPixels> {
  const { default: jpegJs } = await import('jpeg-js'); // rarely needed, and pages would load it
  const { width, height, data } = jpegJs.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    ...(isRgb(segments) && { colorTransform: false }),
    maxResolutionInMP: MAX_DENSE_PIXELS / 1e6,
    maxMemoryUsageInMB: 2048,
  });
  return { width, height, values: data };
}

/** Three components are YCbCr unless Adobe's segment or, without any, their names say red, green and blue. */
function isRgb({ components, ids, adobeTransform, jfif }: Segments): boolean {
  if (components !== 3 || jfif) return false;
  return adobeTransform === undefined ? ids.join() === '82,71,66' : adobeTransform === 0;
}

interface Pixels extends StoredPixels {
  readonly channels: number;
}

/** Turns pixels so that they are seen as meant. Exif orientations: bit by bit, mirrored and turned. */
function upright({ width, height, channels, values }: Pixels, orientation: number): Pixels {
  if (orientation === 1) return { width, height, channels, values };
  const turned = orientation > 4;
  const [toWidth, toHeight] = turned ? [height, width] : [width, height];
  const result = new Uint8Array(values.length);
  for (let y = 0, to = 0; y < toHeight; y++) {
    for (let x = 0; x < toWidth; x++, to += channels) {
      // The stored row and column that are seen at (x, y).
      const [column, row] = turned ? [y, x] : [x, y];
      const fromRight = [2, 3, 7, 8].includes(orientation) ? width - 1 - column : column;
      const fromBelow = [3, 4, 6, 7].includes(orientation) ? height - 1 - row : row;
      const from = (fromBelow * width + fromRight) * channels;
      for (let c = 0; c < channels; c++) result[to + c] = values[from + c]!;
    }
  }
  return { width: toWidth, height: toHeight, channels, values: result };
}

/** The segments before the first scan, each of which says how long it is. */
function segmentsOf(bytes: Uint8Array): Segments {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  let adobeTransform: number | undefined;
  let jfif = false;
  for (let at = 2; at + 9 <= bytes.length;) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) break;
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    const length = view.getUint16(at + 2);
    const content = bytes.subarray(at + 4, at + 2 + length);
    const starts = (text: string) => text === String.fromCharCode(...content.subarray(0, text.length));
    if (marker === 0xe0 && starts('JFIF\0')) jfif = true;
    if (marker === 0xe1 && starts('Exif\0\0')) orientation = orientationOf(content.subarray(6));
    if (marker === 0xee && starts('Adobe') && content.length >= 12) adobeTransform = content[11]!;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return {
        ...frameOf(content, marker),
        orientation,
        jfif,
        ...(adobeTransform !== undefined && { adobeTransform }),
      };
    }
    at += 2 + length;
  }
  throw new Refusal('it has no JPEG frame header');
}

function frameOf(content: Uint8Array, marker: number): Omit<Segments, 'orientation' | 'jfif'> {
  if (marker > 0xc2)
    throw new Refusal('it is a JPEG of an unusual kind (lossless or arithmetic); convert it to PNG');
  if (content[0] !== 8) throw new Refusal(`it is a JPEG of ${content[0]} bits a value; convert it to PNG`);
  const components = content[5] ?? 0;
  if (![1, 3, 4].includes(components)) {
    throw new Refusal(`it has ${components} channels; convert it to PNG`);
  }
  const listed = (offset: number) =>
    Array.from({ length: components }, (_, i) => content[offset + 3 * i] ?? 0);
  return {
    height: (content[1]! << 8) | content[2]!,
    width: (content[3]! << 8) | content[4]!,
    components,
    ids: listed(6),
    sampling: listed(7)
      .map((both) => `${both >> 4}x${both & 15}`)
      .join(' '),
  };
}

function scansOf(bytes: Uint8Array): number {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at !== -1 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === 0xda) scans++;
  }
  return scans;
}
