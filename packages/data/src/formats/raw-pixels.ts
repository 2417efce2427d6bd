import { Refusal } from '../errors.js';

/** Pixels as the file holds them: no color conversion, no scaling. */
export interface RawPixels {
  readonly kind: 'png' | 'jpeg' | 'tiff';
  /** Whether the values may differ from those that were saved. */
  readonly lossy: boolean;
  readonly width: number;
  readonly height: number;
  /** Values of each pixel; 1 for gray and palette files. */
  readonly channels: number;
  /** Largest value that the file's depth can hold. */
  readonly maximum: number;
  /** Whether the values are indices into a palette. */
  readonly indexed: boolean;
  /** Whether the last channel is opacity. */
  readonly alpha: boolean;
  readonly values: Uint8Array | Uint16Array;
  /** Colors of the indices, `[red, green, blue]` from 0 to 255. */
  readonly palette?: readonly (readonly number[])[];
}

/** What the header of an image says, without its pixels. */
export interface ImageHeader {
  readonly width: number;
  readonly height: number;
  /** 1 gray, 3 color (or a palette); opacity does not count. */
  readonly channels: 1 | 3;
}

/** Unpacks a zlib stream to exactly `wanted` bytes. @throws {Refusal} If it holds fewer or more. @throws {Error} If it is damaged. */
export type Inflate = (packed: Uint8Array, wanted: number) => Promise<Uint8Array>;

/** PNG and TIFF images that claim more pixels than this are refused: 16384 x 16384. */
export const MAX_PIXELS = 2 ** 28;
/** The same for JPEG images, whose decoder needs several times the memory of its result, and for masks of runs, which have no bytes for pixels. */
export const MAX_DENSE_PIXELS = 64e6;

/**
 * Throws unless the size is possible and the file has enough bytes for it: before anything is allocated.
 *
 * @param bytes Length of the file. @param pixelsPerByte The most pixels that one byte of such a file can hold. @param most Pixels.
 */
export function checkSize(
  width: number,
  height: number,
  bytes: number,
  pixelsPerByte: number,
  most = MAX_PIXELS,
): void {
  if (!(width * height > 0 && width * height <= most)) {
    throw new Refusal(`it claims ${width} x ${height} pixels; at most ${millions(most)} million are read`);
  }
  if (width * height > bytes * pixelsPerByte) {
    throw new Refusal(`it claims ${width} x ${height} pixels, more than its ${bytes} bytes can hold`);
  }
}

/** For messages. */
export const millions = (pixels: number): number => Math.floor(pixels / 1e6);

/** Values of 1, 2 or 4 bits, packed from the high bits on; each row starts at a byte. */
export function unpackBits(packed: Uint8Array, rowValues: number, rows: number, depth: number): Uint8Array {
  const values = new Uint8Array(rowValues * rows);
  const rowBytes = Math.ceil((rowValues * depth) / 8);
  const perByte = 8 / depth;
  const mask = 2 ** depth - 1;
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < rowValues; x++, to++) {
      const byte = packed[y * rowBytes + Math.floor(x / perByte)]!;
      values[to] = (byte >> (8 - depth * ((x % perByte) + 1))) & mask;
    }
  }
  return values;
}

/** Values of 16 bits, of either byte order. */
export function unpackShorts(packed: Uint8Array, littleEndian: boolean): Uint16Array {
  const values = new Uint16Array(packed.length >> 1);
  const [low, high] = littleEndian ? [0, 1] : [1, 0];
  for (let i = 0; i < values.length; i++) values[i] = packed[2 * i + low]! | (packed[2 * i + high]! << 8);
  return values;
}
