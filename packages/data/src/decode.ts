import { readFile } from 'node:fs/promises';

import { decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';

import { DataError } from './errors.js';

/** Pixels as the file holds them: no colour conversion, no scaling. */
export interface RawPixels {
  readonly kind: 'png' | 'jpeg';
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

/** No file is decoded that claims more pixels than this. */
export const MAX_PIXELS = 64e6;

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Decodes a PNG or JPEG file, told apart by its first bytes and not by its name. */
export async function decodeFile(path: string): Promise<RawPixels> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw unreadable(path, (error as Error).message);
  }
  if (bytes.length === 0) throw unreadable(path, 'the file is empty');
  const isPng = PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isPng && !isJpeg) {
    throw unreadable(path, 'it is neither PNG nor JPEG by its first bytes; convert it to PNG');
  }
  try {
    return isPng ? fromPng(path, bytes) : fromJpeg(path, bytes);
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw unreadable(path, `it is damaged (${(error as Error).message})`);
  }
}

function unreadable(path: string, cause: string): DataError {
  return new DataError(`cannot read ${path}: ${cause}`, 'unreadable');
}

function checkSize(path: string, width: number, height: number): void {
  if (!(width * height > 0 && width * height <= MAX_PIXELS)) {
    throw unreadable(
      path,
      `it claims ${width} x ${height} pixels; at most ${MAX_PIXELS / 1e6} million are read`,
    );
  }
}

function fromPng(path: string, bytes: Uint8Array): RawPixels {
  if (bytes.length < 33) throw unreadable(path, 'it ends within the PNG header');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  checkSize(path, view.getUint32(16), view.getUint32(20));
  const [colourType, interlaced] = [view.getUint8(25), view.getUint8(28) === 1];
  if (interlaced && view.getUint8(24) < 8) {
    throw unreadable(
      path,
      'interlaced PNG with less than 8 bits is not read exactly; save it without interlace',
    );
  }
  const { width, height, depth, channels, data, palette } = decodePng(bytes);
  if (data.length < Math.ceil((width * channels * Math.min(depth, 8)) / 8) * height) {
    throw unreadable(path, 'it holds fewer pixels than its header says');
  }
  return {
    kind: 'png',
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

function fromJpeg(path: string, bytes: Uint8Array): RawPixels {
  const { width, height, data } = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MAX_PIXELS / 1e6,
    maxMemoryUsageInMB: 2048,
  });
  checkSize(path, width, height);
  return {
    kind: 'jpeg',
    width,
    height,
    channels: 3,
    maximum: 255,
    indexed: false,
    alpha: false,
    values: data,
  };
}
