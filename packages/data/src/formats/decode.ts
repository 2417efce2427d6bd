import { readFile } from 'node:fs/promises';

import { decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';

import { Refusal, unreadable } from '../errors.js';
import { MAX_PIXELS } from './limits.js';
import { fromTiff } from './tiff.js';

/** Pixels as the file holds them: no colour conversion, no scaling. */
export interface RawPixels {
  readonly kind: 'png' | 'jpeg' | 'tiff';
  /** Whether the values may differ from those that were saved. */
  readonly lossy: boolean;
  readonly width: number;
  readonly height: number;
  /** Values for each pixel; 1 for gray and palette files. */
  readonly channels: number;
  /** Largest value that the file's depth can hold. */
  readonly maximum: number;
  /** Whether the values are indices into a palette. */
  readonly indexed: boolean;
  /** Whether the last channel is opacity. */
  readonly alpha: boolean;
  readonly values: Uint8Array | Uint8ClampedArray | Uint16Array;
  /** Colours of the indices, `[red, green, blue]` from 0 to 255. */
  readonly palette?: readonly (readonly number[])[];
}

/** The formats, each told by its first bytes. */
const FORMATS: readonly {
  readonly signatures: readonly (readonly number[])[];
  readonly decode: (bytes: Uint8Array) => RawPixels | Promise<RawPixels>;
}[] = [
  { signatures: [[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]], decode: fromPng },
  { signatures: [[0xff, 0xd8]], decode: fromJpeg },
  {
    signatures: [
      [0x49, 0x49, 0x2a, 0],
      [0x4d, 0x4d, 0, 0x2a],
      [0x49, 0x49, 0x2b, 0],
      [0x4d, 0x4d, 0, 0x2b],
    ],
    decode: fromTiff,
  },
];

/** Decodes a PNG, JPEG or TIFF file, told apart by its first bytes and not by its name. */
export async function decodeFile(path: string): Promise<RawPixels> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw unreadable(path, (error as Error).message);
  }
  if (bytes.length === 0) throw unreadable(path, 'the file is empty');
  const format = FORMATS.find(({ signatures }) =>
    signatures.some((signature) => signature.every((byte, i) => bytes[i] === byte)),
  );
  if (format === undefined) {
    throw unreadable(path, 'it is neither PNG nor JPEG nor TIFF by its first bytes; convert it to PNG');
  }
  try {
    return await format.decode(bytes);
  } catch (error) {
    if (error instanceof Refusal) throw unreadable(path, error.message);
    throw unreadable(path, `it is damaged (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** Throws if the size is none, or if so few bytes cannot hold it: before anything is allocated. */
function checkSize(width: number, height: number, bytes: number, pixelsOfByte: number): void {
  if (!(width * height > 0 && width * height <= MAX_PIXELS)) {
    throw new Refusal(`it claims ${width} x ${height} pixels; at most ${MAX_PIXELS / 1e6} million are read`);
  }
  if (width * height > bytes * pixelsOfByte) {
    throw new Refusal(`it claims ${width} x ${height} pixels, more than its ${bytes} bytes can hold`);
  }
}

function fromPng(bytes: Uint8Array): RawPixels {
  if (bytes.length < 33) throw new Refusal('it ends within the PNG header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [bits, colourType, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28) === 1];
  // Deflate shrinks to a 1032th at best.
  checkSize(view.getUint32(16), view.getUint32(20), bytes.length, (1032 * 8) / Math.max(1, Math.min(bits, 8))); // prettier-ignore
  if (interlaced && bits < 8) {
    throw new Refusal('interlaced PNG with less than 8 bits is not read exactly; save it without interlace');
  }
  const { width, height, depth, channels, data, palette } = decodePng(bytes, { checkCrc: true });
  if (data.length < Math.ceil((width * channels * Math.min(depth, 8)) / 8) * height) {
    throw new Refusal('it holds fewer pixels than its header says');
  }
  return {
    kind: 'png',
    lossy: false,
    width,
    height,
    channels,
    maximum: 2 ** depth - 1,
    indexed: colourType === 3,
    alpha: colourType === 4 || colourType === 6,
    values: depth < 8 ? unpackBits(data as Uint8Array, width, height, depth) : data,
    ...(palette && { palette: palette.map((colour) => colour.slice(0, 3)) }),
  };
}

/** PNG packs 1, 2 and 4-bit pixels from the high bits on, and starts each row at a byte. */
function unpackBits(packed: Uint8Array, width: number, height: number, depth: number): Uint8Array {
  const values = new Uint8Array(width * height);
  const rowBytes = Math.ceil((width * depth) / 8);
  const perByte = 8 / depth;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const byte = packed[y * rowBytes + Math.floor(x / perByte)]!;
      values[y * width + x] = (byte >> (8 - depth * ((x % perByte) + 1))) & (2 ** depth - 1);
    }
  }
  return values;
}

function fromJpeg(bytes: Uint8Array): RawPixels {
  const claimed = jpegSize(bytes);
  // A block of 8 x 8 pixels takes a bit at least.
  checkSize(claimed.width, claimed.height, bytes.length, 8 * 64);
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MAX_PIXELS / 1e6,
    maxMemoryUsageInMB: 2048,
  });
  return {
    kind: 'jpeg',
    lossy: true,
    width,
    height,
    channels: 3,
    maximum: 255,
    indexed: false,
    alpha: false,
    values: data,
  };
}

/** The size in the frame header, which follows segments that say how long they are. */
function jpegSize(bytes: Uint8Array): { width: number; height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 2; at + 9 <= bytes.length;) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) break;
    if (marker === 0xff) {
      at++; // a fill byte
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    at += 2 + view.getUint16(at + 2);
  }
  throw new Refusal('it has no JPEG frame header');
}
