import { Refusal } from '../errors.js';
import { jpegHeaderOf, type JpegHeader } from './jpeg-segments.js';
import { decodeWithLibjpegTurbo, type StoredPixels } from './libjpeg-turbo.js';
import { plainJpeg } from './plain-jpeg.js';
import { checkSize, MAX_DENSE_PIXELS, type ImageHeader, type Inflate, type RawPixels } from './raw-pixels.js';

/** A block of 8 x 8 pixels takes a bit at least. */
const PIXELS_PER_BYTE = 8 * 64;
/** Programs that write JPEG use about ten scans; each may visit every pixel, so their number bounds the time. */
const MAX_SCANS = 100;

/** Of luma and chromas: 4:4:4, 4:2:2, 4:2:0, 4:4:0, 4:1:1 and 4:4:1. */
const COMMON_SAMPLING = ['1x1', '2x1', '2x2', '1x2', '4x1', '1x4'].map((luma) => `${luma} 1x1 1x1`);

/** Size and channels of a JPEG as it is seen, turned by its Exif orientation. */
export function jpegHeader(bytes: Uint8Array): ImageHeader {
  const { width, height, components, orientation } = jpegHeaderOf(bytes);
  const [w, h] = orientation > 4 ? [height, width] : [width, height];
  return { width: w, height: h, channels: components === 1 ? 1 : 3 };
}

/**
 * Decodes a JPEG (baseline or progressive, 8 bits), upright: turned and mirrored as its Exif orientation says. What is odd about a header without
 * being in doubt is read as Pillow does.
 */
export async function decodeJpeg(bytes: Uint8Array, inflate: Inflate): Promise<RawPixels> {
  const header = jpegHeaderOf(bytes);
  const { width, height, components, sampling, orientation } = header;
  checkSize(width, height, bytes.length, PIXELS_PER_BYTE, MAX_DENSE_PIXELS);
  if (scansOf(bytes) > MAX_SCANS) throw new Refusal(`it has more than ${MAX_SCANS} scans; save it again`);
  const channels = components === 1 ? 1 : 3;
  const common = components === 1 || COMMON_SAMPLING.includes(sampling);
  const plain = plainJpeg(bytes, header);
  const stored = await (common ? decodeWithLibjpegTurbo(plain, inflate) : decodeWithJpegJs(plain, header));
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
async function decodeWithJpegJs(bytes: Uint8Array, header: JpegHeader): Promise<StoredPixels> {
  const { default: jpegJs } = await import('jpeg-js'); // rarely needed, and pages would load it
  const { width, height, data } = jpegJs.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    ...(isRgb(header) && { colorTransform: false }),
    maxResolutionInMP: MAX_DENSE_PIXELS / 1e6,
    maxMemoryUsageInMB: 2048,
  });
  return { width, height, values: data };
}

/** Three components are YCbCr unless Adobe's segment or, without any, their names say red, green and blue. */
function isRgb({ components, ids, adobeTransform, jfif }: JpegHeader): boolean {
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

function scansOf(bytes: Uint8Array): number {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at !== -1 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === 0xda) scans++;
  }
  return scans;
}
