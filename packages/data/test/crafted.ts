import { crc32, deflateSync } from 'node:zlib';

// Images written by hand, for depths, orders and faults that encoders avoid.

/** A PNG chunk with its checksum. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type), data]);
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt32BE(data.length, 0);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crcOf(body), 4 + body.length);
  return bytes;
}

export function crcOf(bytes: Uint8Array): number {
  if (typeof crc32 === 'function') return crc32(bytes);
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Values of `depth` bits packed from the high bits on; every row starts at a byte. */
export function packed(rows: readonly (readonly number[])[], depth: number): number[][] {
  return rows.map((row) => {
    const bits = row.map((value) => value.toString(2).padStart(depth, '0')).join('');
    return (bits.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '0'), 2));
  });
}

/** `colourType`: 0 gray, 2 RGB, 3 palette, 4 gray with opacity, 6 RGBA; rows hold the values of all channels. */
export function png(
  width: number,
  height: number,
  depth: number,
  colourType: number,
  rows: readonly (readonly number[])[],
  palette?: readonly number[],
  interlace = 0,
): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType, 0, 0, interlace], 8);
  const lines = packed(rows, depth).flatMap((row) => [0, ...row]);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    pngChunk('IHDR', header),
    ...(palette ? [pngChunk('PLTE', Uint8Array.from(palette))] : []),
    pngChunk('IDAT', deflateSync(Uint8Array.from(lines))),
    pngChunk('IEND', new Uint8Array()),
  ]);
}

/** What a crafted TIFF holds. */
export interface CraftedTiff {
  width: number;
  height: number;
  depth?: number;
  /** Values of all channels of the pixels, row by row. */
  values: readonly number[];
  channels?: number;
  /** 0 white is zero, 1 black is zero (default), 2 RGB, 3 palette. */
  photometric?: number;
  /** 1 none (default), 5 LZW, 8 deflate, 32773 PackBits. */
  compression?: number;
  /** Rows hold differences of neighbors (8 and 16 bits). */
  predicted?: boolean;
  /** The channels one after the other. */
  planar?: boolean;
  littleEndian?: boolean;
  rowsPerStrip?: number;
  tile?: number;
  palette?: readonly number[];
  /** Fields that are added or replaced: tag, then SHORTs. */
  more?: Readonly<Record<number, number | readonly number[]>>;
}

/** By the TIFF 6.0 specification; one page, in strips or square tiles. */
export function tiff({
  width,
  height,
  depth = 8,
  values,
  channels = 1,
  photometric = 1,
  compression = 1,
  littleEndian: le = true,
  rowsPerStrip = height,
  tile,
  palette,
  predicted = false,
  planar = false,
  more = {},
}: CraftedTiff): Uint8Array {
  const planes = planar ? channels : 1;
  const perPixel = planar ? 1 : channels;
  let plane = 0;
  const row = (y: number) => {
    const full = values.slice(y * width * channels, (y + 1) * width * channels);
    return planar ? full.filter((_, i) => i % channels === plane) : full;
  };
  const differences = (line: readonly number[]) =>
    line.map((value, i) => (i < perPixel ? value : (value - line[i - perPixel]! + 2 ** depth) % 2 ** depth));
  const bytesOf = (rows: (readonly number[])[]) => {
    const lines = packed(predicted ? rows.map(differences) : rows, depth).flat();
    const swapped = depth === 16 && le ? lines.map((_, i) => lines[i ^ 1]!) : lines;
    return compressed(Uint8Array.from(swapped), compression);
  };
  const blocks: Uint8Array[] = [];
  for (plane = 0; plane < planes; plane++) {
    if (tile === undefined) {
      for (let y = 0; y < height; y += rowsPerStrip) {
        blocks.push(
          bytesOf(Array.from({ length: Math.min(rowsPerStrip, height - y) }, (_, i) => row(y + i))),
        );
      }
      continue;
    }
    for (let y = 0; y < height; y += tile) {
      for (let x = 0; x < width; x += tile) {
        const padded = Array.from({ length: tile }, (_, i) =>
          Array.from({ length: tile * perPixel }, (_, j) => (y + i < height && x * perPixel + j < width * perPixel ? row(y + i)[x * perPixel + j]! : 0)),
        ); // prettier-ignore
        blocks.push(bytesOf(padded));
      }
    }
  }
  const offsets: number[] = [];
  let at = 8;
  for (const block of blocks) {
    offsets.push(at);
    at += block.length + (block.length % 2);
  }
  const sizes = blocks.map(({ length }) => length);
  const shorts: Record<number, readonly number[]> = {
    256: [width], 257: [height], 258: Array<number>(channels).fill(depth), 259: [compression], 262: [photometric], 277: [channels],
    ...(tile ? { 322: [tile], 323: [tile] } : { 278: [rowsPerStrip] }),
    ...(palette && { 320: palette }),
    ...(predicted && { 317: [2] }),
    ...(planar && { 284: [2] }),
    ...(channels % 2 === 0 && { 338: [2] }),
    ...Object.fromEntries(Object.entries(more).map(([tag, value]) => [tag, [value].flat()])),
  }; // prettier-ignore
  const longs: Record<number, readonly number[]> = tile ? { 324: offsets, 325: sizes } : { 273: offsets, 279: sizes }; // prettier-ignore
  const entries = [
    ...Object.entries(shorts).map(([tag, list]) => ({ tag: Number(tag), type: 3, list })),
    ...Object.entries(longs)
      .filter(([tag]) => !(tag in more))
      .map(([tag, list]) => ({ tag: Number(tag), type: 4, list })),
  ].sort((a, b) => a.tag - b.tag);
  const directory = 2 + 12 * entries.length + 4;
  const extra = entries.reduce((sum, { type, list }) => sum + list.length * (type === 3 ? 2 : 4) + 4, 0);
  const file = new Uint8Array(at + directory + extra);
  const view = new DataView(file.buffer);
  file.set(le ? [0x49, 0x49] : [0x4d, 0x4d]);
  view.setUint16(2, 42, le);
  view.setUint32(4, at, le);
  blocks.forEach((block, i) => file.set(block, offsets[i]));
  view.setUint16(at, entries.length, le);
  let beyond = at + directory;
  entries.forEach(({ tag, type, list }, i) => {
    const entry = at + 2 + 12 * i;
    view.setUint16(entry, tag, le);
    view.setUint16(entry + 2, type, le);
    view.setUint32(entry + 4, list.length, le);
    const size = type === 3 ? 2 : 4;
    const inside = list.length * size <= 4;
    if (!inside) view.setUint32(entry + 8, beyond, le);
    const from = inside ? entry + 8 : beyond;
    list.forEach((value, k) => (size === 2 ? view.setUint16(from + 2 * k, value, le) : view.setUint32(from + 4 * k, value, le))); // prettier-ignore
    if (!inside) beyond += list.length * size;
  });
  return file;
}

function compressed(bytes: Uint8Array, compression: number): Uint8Array {
  if (compression === 8) return deflateSync(bytes);
  if (compression === 5) return lzw(bytes);
  if (compression !== 32773) return bytes;
  const runs: number[] = [];
  for (let i = 0; i < bytes.length;) {
    let run = 1;
    while (run < 128 && bytes[i + run] === bytes[i]) run++;
    runs.push(run > 1 ? 257 - run : 0, bytes[i]!);
    i += run;
  }
  return Uint8Array.from(runs);
}

/** TIFF's LZW by section 13 of the specification: strings of bytes in a table, codes that widen one early. */
export function lzw(bytes: Uint8Array): Uint8Array {
  let bits = '';
  let width = 9;
  let table = new Map<string, number>();
  const write = (code: number) => (bits += code.toString(2).padStart(width, '0'));
  const reset = () => {
    write(256);
    width = 9;
    table = new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(byte), byte]));
  };
  let next = 258;
  reset();
  let run = '';
  for (const byte of bytes) {
    const longer = run + String.fromCharCode(byte);
    if (table.has(longer)) {
      run = longer;
      continue;
    }
    write(table.get(run)!);
    table.set(longer, next++);
    if (next === 512 || next === 1024 || next === 2048) width++;
    if (next === 4095) {
      reset();
      next = 258;
    }
    run = String.fromCharCode(byte);
  }
  if (run !== '') write(table.get(run)!);
  next++;
  if (next === 512 || next === 1024 || next === 2048) width++;
  write(257);
  return Uint8Array.from(bits.match(/.{1,8}/g) ?? [], (byte) => parseInt(byte.padEnd(8, '0'), 2));
}

/** A JPEG with a segment of its own behind the start marker. */
export function withSegment(jpeg: Uint8Array, marker: number, content: Uint8Array): Uint8Array {
  const head = Buffer.from([0xff, 0xd8, 0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255]);
  return Buffer.concat([head, content, jpeg.subarray(2)]);
}

/** Exif's segment with an orientation, of either byte order. */
export function exif(orientation: number, littleEndian: boolean): Uint8Array {
  const bytes = Buffer.alloc(6 + 8 + 2 + 12 + 4);
  bytes.write('Exif\0\0', 'latin1');
  bytes.write(littleEndian ? 'II' : 'MM', 6, 'latin1');
  const view = new DataView(bytes.buffer, bytes.byteOffset + 6);
  view.setUint16(2, 42, littleEndian);
  view.setUint32(4, 8, littleEndian);
  view.setUint16(8, 1, littleEndian);
  view.setUint16(10, 274, littleEndian);
  view.setUint16(12, 3, littleEndian);
  view.setUint32(14, 1, littleEndian);
  view.setUint16(18, orientation, littleEndian);
  return bytes;
}
