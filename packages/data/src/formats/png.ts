import { crc32 } from './crc32.js';
import { Refusal } from '../errors.js';
import { orientationOf } from './exif.js';
import { joinBytes } from './join-bytes.js';
import {
  checkSize,
  unpackBits,
  unpackShorts,
  type ImageHeader,
  type Inflate,
  type RawPixels,
} from './raw-pixels.js';

/** Values of a pixel by color type: gray, RGB, palette, gray with opacity, RGBA. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Bits of a value that each color type allows. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16],
}; // prettier-ignore
const PALETTE = 3;
/** Deflate packs at most 1032 bytes into one. */
const MAX_DEFLATE = 1032;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly interlaced: boolean;
}

function headerOf(bytes: Uint8Array): Header {
  if (bytes.length < 33) throw new Refusal('it ends within the PNG header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [depth, colorType, interlace] = [view.getUint8(24), view.getUint8(25), view.getUint8(28)];
  if (view.getUint32(12) !== 0x49484452 || !DEPTHS[colorType]?.includes(depth) || interlace > 1) {
    throw new Refusal('it is damaged (its header is not a PNG header)');
  }
  return {
    width: view.getUint32(16),
    height: view.getUint32(20),
    depth,
    colorType,
    interlaced: interlace === 1,
  };
}

/** Size and channels of a PNG, by its first 33 bytes. */
export function pngHeader(bytes: Uint8Array): ImageHeader {
  const { width, height, colorType } = headerOf(bytes);
  return { width, height, channels: colorType === 0 || colorType === 4 ? 1 : 3 };
}

/**
 * Decodes a PNG. Chunks that do not change pixels (color profiles, texts) are skipped unread; several frames, and pixels that Exif turns, are
 * refused.
 *
 * @see W3C, "Portable Network Graphics (PNG) Specification", sections 5, 7, 8 and 9.
 */
export async function decodePng(bytes: Uint8Array, inflate: Inflate): Promise<RawPixels> {
  const { width, height, depth, colorType, interlaced } = headerOf(bytes);
  checkSize(width, height, bytes.length, (MAX_DEFLATE * 8) / Math.min(depth, 8));
  const { data, palette } = chunksOf(bytes);
  const channels = CHANNELS[colorType]!;
  const passes = interlaced ? ADAM7 : WHOLE;
  const sizes = passes.map(
    ([x, y, dx, dy]) => [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)] as const,
  );
  const rowBytes = (columns: number) => Math.ceil((columns * channels * depth) / 8);
  const lengths = sizes.map(([columns, rows]) =>
    columns > 0 && rows > 0 ? rows * (1 + rowBytes(columns)) : 0,
  );
  const packed = await inflate(
    data,
    lengths.reduce((sum, length) => sum + length, 0),
  );
  let values: Uint8Array | Uint16Array = new (depth === 16 ? Uint16Array : Uint8Array)(
    interlaced ? width * height * channels : 0,
  );
  let at = 0;
  for (const [i, [x0, y0, dx, dy]] of passes.entries()) {
    const [columns, rows] = sizes[i]!;
    const filtered = packed.subarray(at, at + lengths[i]!);
    at += lengths[i]!;
    if (filtered.length === 0) continue;
    const lines = unfilter(filtered, rowBytes(columns), rows, Math.max(1, (channels * depth) >> 3));
    const pass = unpacked(lines, columns * channels, rows, depth);
    if (!interlaced) {
      values = pass;
      continue;
    }
    for (let y = 0, from = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const to = ((y0 + y * dy) * width + x0 + x * dx) * channels;
        for (let c = 0; c < channels; c++) values[to + c] = pass[from++]!;
      }
    }
  }
  if (colorType === PALETTE && palette === undefined)
    throw new Refusal('it is damaged (its palette is missing)');
  return {
    kind: 'png',
    lossy: false,
    width,
    height,
    channels,
    maximum: 2 ** depth - 1,
    indexed: colorType === PALETTE,
    alpha: colorType === 4 || colorType === 6,
    values,
    ...(colorType === PALETTE && { palette: palette! }),
  };
}

/** First column and row, and steps, of the passes. */
const WHOLE = [[0, 0, 1, 1]] as const;
const ADAM7 = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const; // prettier-ignore

/** The packed pixels and the palette; the checksum of what is used is checked. */
function chunksOf(bytes: Uint8Array): { data: Uint8Array; palette?: number[][] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let palette: number[][] | undefined;
  for (let at = 8; ;) {
    if (at + 12 > bytes.length) throw new Refusal('it is damaged (it ends before its last chunk)');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const end = at + 8 + length;
    if (end + 4 > bytes.length)
      throw new Refusal(`it is damaged (its chunk ${JSON.stringify(type)} lies beyond its end)`);
    if (type === 'IEND') break;
    if (['IHDR', 'PLTE', 'IDAT'].includes(type)) {
      if (crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
        throw new Refusal(`it is damaged (the checksum of its chunk ${type} is wrong)`);
      }
      const content = bytes.subarray(at + 8, end);
      if (type === 'IDAT') parts.push(content);
      if (type === 'PLTE') palette = Array.from({ length: Math.floor(length / 3) }, (_, i) => [...content.subarray(3 * i, 3 * i + 3)]); // prettier-ignore
    } else if (type === 'eXIf') {
      const orientation = orientationOf(bytes.subarray(at + 8, end));
      if (orientation !== 1) {
        throw new Refusal(
          `it is stored turned or mirrored (Exif orientation ${orientation}); save it upright`,
        );
      }
    } else if (type === 'acTL' && length >= 4 && view.getUint32(at + 8) > 1) {
      throw new Refusal('it has more than one frame (APNG); save the frame you need as a file of its own');
    } else if ((bytes[at + 4]! & 0x20) === 0) {
      throw new Refusal(`it is damaged (its chunk ${JSON.stringify(type)} is unknown and not optional)`);
    }
    at = end + 4;
  }
  return { data: parts.length === 1 ? parts[0]! : joinBytes(parts), ...(palette && { palette }) };
}

function unpacked(
  lines: Uint8Array,
  rowValues: number,
  rows: number,
  depth: number,
): Uint8Array | Uint16Array {
  if (depth < 8) return unpackBits(lines, rowValues, rows, depth);
  return depth === 16 ? unpackShorts(lines, false) : lines;
}

/** Undoes the filter of each row. What lies before the first column and above the first row is 0. */
function unfilter(filtered: Uint8Array, rowBytes: number, rows: number, step: number): Uint8Array {
  const lines = new Uint8Array(rowBytes * rows);
  for (let y = 0; y < rows; y++) {
    const from = y * (rowBytes + 1);
    const start = y * rowBytes;
    const filter = filtered[from]!;
    if (filter > 4) throw new Refusal(`it is damaged (row ${y} has the filter ${filter})`);
    lines.set(filtered.subarray(from + 1, from + 1 + rowBytes), start);
    // Of the first row, which has none above it, two filters do nothing or what others do.
    if (filter === 1 || (filter === 4 && y === 0)) addLeft(lines, start, rowBytes, step);
    else if (filter === 2 && y > 0) addAbove(lines, start, rowBytes);
    else if (filter === 3) addAverage(lines, start, rowBytes, step, y > 0);
    else if (filter === 4) addPaeth(lines, start, rowBytes, step);
  }
  return lines;
}

function addLeft(lines: Uint8Array, start: number, rowBytes: number, step: number): void {
  for (let i = start + step; i < start + rowBytes; i++) lines[i]! += lines[i - step]!;
}

function addAbove(lines: Uint8Array, start: number, rowBytes: number): void {
  for (let i = start; i < start + rowBytes; i++) lines[i]! += lines[i - rowBytes]!;
}

function addAverage(
  lines: Uint8Array,
  start: number,
  rowBytes: number,
  step: number,
  hasAbove: boolean,
): void {
  for (let i = start; i < start + rowBytes; i++) {
    const left = i < start + step ? 0 : lines[i - step]!;
    lines[i]! += (left + (hasAbove ? lines[i - rowBytes]! : 0)) >> 1;
  }
}

/** Adds what comes nearest to left + above - corner: left, above or corner. */
function addPaeth(lines: Uint8Array, start: number, rowBytes: number, step: number): void {
  const first = Math.min(step, rowBytes);
  for (let i = start; i < start + first; i++) lines[i]! += lines[i - rowBytes]!;
  for (let i = start + first; i < start + rowBytes; i++) {
    const [left, above, corner] = [lines[i - step]!, lines[i - rowBytes]!, lines[i - rowBytes - step]!];
    // The distances of the guess from the three.
    const a = Math.abs(above - corner);
    const b = Math.abs(left - corner);
    const c = Math.abs(left + above - 2 * corner);
    lines[i]! += a <= b && a <= c ? left : b <= c ? above : corner;
  }
}
