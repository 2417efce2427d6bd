import { Refusal } from '../errors.js';
import { decodeLzw } from './lzw.js';
import {
  MAX_PIXELS,
  millions,
  unpackBits,
  unpackShorts,
  type ImageHeader,
  type Inflate,
  type RawPixels,
} from './raw-pixels.js';

const TAG = {
  width: 256, height: 257, bits: 258, compression: 259, photometric: 262, fillOrder: 266, stripOffsets: 273, orientation: 274,
  samples: 277, rowsPerStrip: 278, stripBytes: 279, planar: 284, predictor: 317, colors: 320, tileWidth: 322, tileHeight: 323,
  tileOffsets: 324, tileBytes: 325, extraSamples: 338, sampleFormat: 339,
} as const; // prettier-ignore

/** Lossless compressions, by their numbers, and the most bytes that one packed byte can hold. */
const RATIOS: Readonly<Record<number, number>> = { 1: 1, 5: 2731, 8: 1032, 32946: 1032, 32773: 64 }; // none, LZW, deflate, PackBits
const [WHITE_IS_ZERO, RGB, PALETTE] = [0, 2, 3];
/** Of extra samples: not opacity, as the infrared of satellites. */
const UNSPECIFIED = 0;

/** What the fields of a TIFF say, checked: nothing is allocated before. */
interface Layout {
  readonly littleEndian: boolean;
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly channels: number;
  readonly photometric: number;
  readonly compression: number;
  /** Whether rows hold differences of neighbors. */
  readonly predicted: boolean;
  /** Whether the channels are stored one after the other. */
  readonly planar: boolean;
  readonly blockWidth: number;
  readonly blockHeight: number;
  /** Blocks of rows end with the image; tiles are padded. */
  readonly tiled: boolean;
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  readonly colors: readonly number[];
  readonly alpha: boolean;
}

/** Size and channels of a TIFF. */
export function tiffHeader(bytes: Uint8Array): ImageHeader {
  const { width, height, photometric } = layoutOf(bytes);
  return { width, height, channels: photometric === RGB || photometric === PALETTE ? 3 : 1 };
}

/**
 * Decodes the one page of a TIFF: gray, RGB or palette, 1 to 16 bits, in strips or tiles, of either byte order.
 *
 * @see Adobe, "TIFF Revision 6.0", sections 3 to 9, 11, 14, 15.
 */
export async function decodeTiff(bytes: Uint8Array, inflate: Inflate): Promise<RawPixels> {
  const layout = layoutOf(bytes);
  const { width, height, depth, channels, photometric } = layout;
  const maximum = 2 ** depth - 1;
  const values =
    depth > 8 ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  await readBlocks(bytes, layout, values, inflate);
  if (photometric === WHITE_IS_ZERO) values.forEach((value, i) => (values[i] = maximum - value));
  return {
    kind: 'tiff',
    lossy: false,
    width,
    height,
    channels,
    maximum,
    indexed: photometric === PALETTE,
    alpha: layout.alpha,
    values,
    ...(photometric === PALETTE && { palette: paletteOf(layout.colors, maximum + 1) }),
  };
}

async function readBlocks(
  bytes: Uint8Array,
  layout: Layout,
  values: Uint8Array | Uint16Array,
  inflate: Inflate,
): Promise<void> {
  const { width, height, depth, channels, planar, tiled, blockWidth, blockHeight, offsets, sizes } = layout;
  const [planes, perPixel] = planar ? [channels, 1] : [1, channels];
  const across = Math.ceil(width / blockWidth);
  const down = Math.ceil(height / blockHeight);
  const rowBytes = Math.ceil((blockWidth * perPixel * depth) / 8);
  for (let block = 0; block < planes * across * down; block++) {
    const plane = Math.floor(block / (across * down));
    const [x0, y0] = [(block % across) * blockWidth, (Math.floor(block / across) % down) * blockHeight];
    const rows = tiled ? blockHeight : Math.min(blockHeight, height - y0);
    const packed = bytes.subarray(offsets[block]!, offsets[block]! + sizes[block]!);
    const lines = await unpack(packed, rowBytes * rows, layout.compression, inflate);
    const pixels = valuesOf(lines, blockWidth * perPixel, rows, layout);
    if (layout.predicted) undoDifferences(pixels, blockWidth, perPixel);
    const [columns, used] = [Math.min(blockWidth, width - x0), Math.min(rows, height - y0)];
    for (let y = 0; y < used; y++) {
      let from = y * blockWidth * perPixel;
      let to = ((y0 + y) * width + x0) * channels + plane;
      for (let x = 0; x < columns; x++, to += channels) {
        for (let c = 0; c < perPixel; c++) values[to + c] = pixels[from++]!;
      }
    }
  }
}

/** Exactly `wanted` bytes of a block. */
async function unpack(
  packed: Uint8Array,
  wanted: number,
  compression: number,
  inflate: Inflate,
): Promise<Uint8Array> {
  if (compression === 8 || compression === 32946) return inflate(packed, wanted);
  const bytes = compression === 5 ? decodeLzw(packed, wanted) : compression === 32773 ? decodePackBits(packed, wanted) : packed; // prettier-ignore
  if (bytes.length < wanted) throw new Refusal('it holds fewer pixels than its header says');
  return bytes.subarray(0, wanted);
}

function decodePackBits(packed: Uint8Array, wanted: number): Uint8Array {
  const bytes = new Uint8Array(wanted);
  let to = 0;
  for (let at = 0; at < packed.length && to < wanted;) {
    const code = packed[at++]!;
    if (code === 128) continue;
    if (code < 128) {
      const run = packed.subarray(at, Math.min(at + code + 1, at + wanted - to));
      bytes.set(run, to);
      to += run.length;
      at += code + 1;
      if (run.length < code + 1) break;
    } else {
      bytes.fill(packed[at++] ?? 0, to, Math.min(to + 257 - code, wanted));
      to = Math.min(to + 257 - code, wanted);
    }
  }
  return bytes.subarray(0, to);
}

function valuesOf(
  lines: Uint8Array,
  rowValues: number,
  rows: number,
  { depth, littleEndian }: Layout,
): Uint8Array | Uint16Array {
  if (depth < 8) return unpackBits(lines, rowValues, rows, depth);
  return depth === 16 ? unpackShorts(lines, littleEndian) : Uint8Array.from(lines);
}

/** Each value of a row is the difference to that of the pixel before, modulo the depth. */
function undoDifferences(pixels: Uint8Array | Uint16Array, blockWidth: number, perPixel: number): void {
  const row = blockWidth * perPixel;
  for (let i = 0; i < pixels.length; i++) if (i % row >= perPixel) pixels[i]! += pixels[i - perPixel]!;
}

function layoutOf(bytes: Uint8Array): Layout {
  const { fields, littleEndian } = fieldsOf(bytes);
  const list = (tag: number) => fields.get(tag) ?? [];
  const one = (tag: number, otherwise: number) => list(tag)[0] ?? otherwise;
  const refuse = (cause: string): never => {
    throw new Refusal(cause);
  };
  const [width, height, channels] = [one(TAG.width, 0), one(TAG.height, 0), one(TAG.samples, 1)];
  const [depth, photometric] = [one(TAG.bits, 1), one(TAG.photometric, 1)];
  const tiled = fields.has(TAG.tileWidth);
  const blockWidth = tiled ? one(TAG.tileWidth, 0) : width;
  const blockHeight = tiled ? one(TAG.tileHeight, 0) : Math.min(height, one(TAG.rowsPerStrip, height));
  const block = blockWidth * blockHeight;
  if (!(width * height > 0 && width * height <= MAX_PIXELS && block > 0 && block <= MAX_PIXELS)) {
    refuse(`it claims ${width} x ${height} pixels; at most ${millions(MAX_PIXELS)} million are read`);
  }
  const expected = photometric === RGB ? 3 : 1;
  const extra = list(TAG.extraSamples).length;
  if (photometric > PALETTE || channels !== expected + extra || extra > 1) {
    refuse('it is neither gray nor RGB nor of a palette; convert it to PNG');
  }
  if (list(TAG.extraSamples)[0] === UNSPECIFIED) {
    refuse(
      `it has ${channels} channels, of which the last is not said to be opacity (ExtraSamples 0) and would be lost; save ${expected === 3 ? 'red, green and blue' : 'one channel'} alone`,
    );
  }
  const same = (values: readonly number[]) => values.every((value) => value === values[0]);
  if (
    ![1, 2, 4, 8, 16].includes(depth) ||
    !same(list(TAG.bits)) ||
    !same(list(TAG.sampleFormat)) ||
    one(TAG.sampleFormat, 1) !== 1
  ) {
    refuse('its values are not unsigned numbers of 1 to 16 bits; save it so');
  }
  if (photometric === WHITE_IS_ZERO && depth > 1) {
    refuse('its values are stored inverted (white is zero); save it with black as zero');
  }
  if (one(TAG.fillOrder, 1) !== 1)
    refuse('its bits are stored in the unusual order (FillOrder 2); convert it to PNG');
  if (one(TAG.orientation, 1) !== 1) {
    refuse(`it is stored turned or mirrored (Orientation ${one(TAG.orientation, 1)}); save it upright`);
  }
  const compression = one(TAG.compression, 1);
  const ratio = RATIOS[compression];
  if (ratio === undefined) {
    return refuse(
      `its compression has the number ${compression}; none, LZW, deflate and PackBits are read: convert it to PNG`,
    );
  }
  const predictor = one(TAG.predictor, 1);
  if (predictor > 2 || (predictor === 2 && depth < 8)) {
    refuse(`its predictor has the number ${predictor} with ${depth} bits; convert it to PNG`);
  }
  const planar = one(TAG.planar, 1) === 2 && channels > 1;
  const offsets = list(tiled ? TAG.tileOffsets : TAG.stripOffsets);
  const given = list(tiled ? TAG.tileBytes : TAG.stripBytes);
  const blocks = (planar ? channels : 1) * Math.ceil(width / blockWidth) * Math.ceil(height / blockHeight);
  // Some programs leave out the length of the one uncompressed strip.
  const sizes =
    given.length === 0 && blocks === 1 && compression === 1 ? [bytes.length - (offsets[0] ?? 0)] : given;
  const inside = sizes.every((size, i) => size > 0 && (offsets[i] ?? Infinity) + size <= bytes.length);
  const stored = sizes.reduce((sum, size) => sum + size, 0);
  const wanted = (width * height * channels * depth) / 8;
  if (
    !inside ||
    offsets.length !== blocks ||
    sizes.length !== blocks ||
    Math.min(stored, bytes.length) * ratio < wanted
  ) {
    refuse('it holds fewer pixels than its header says');
  }
  // Tiles are padded: their pixels too must fit into what the file has.
  const padded = (blocks * block * (planar ? 1 : channels) * depth) / 8;
  if (padded > Math.max(bytes.length * ratio, 4 * wanted + 2 ** 24))
    refuse('its tiles are far larger than the image; save it again');
  return {
    ...{
      littleEndian,
      width,
      height,
      depth,
      channels,
      photometric,
      compression,
      planar,
      tiled,
      blockWidth,
      blockHeight,
    },
    predicted: predictor === 2 && (compression === 5 || compression === 8 || compression === 32946),
    offsets,
    sizes,
    colors: list(TAG.colors),
    alpha: extra > 0,
  };
}

/** Bytes of a value of each type. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
/** Types of unsigned whole numbers: of these alone are the values read. */
const READ = { 1: 'getUint8', 3: 'getUint16', 4: 'getUint32' } as const;

/** The fields of whole numbers of the one page; every field must lie within the file. */
function fieldsOf(bytes: Uint8Array): {
  fields: ReadonlyMap<number, readonly number[]>;
  littleEndian: boolean;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  if (view.getUint16(2, little) !== 42) throw new Refusal('it is a BigTIFF; convert it to TIFF or PNG');
  const start = view.getUint32(4, little);
  if (start + 2 > bytes.length) throw new Refusal('it is damaged (its directory lies beyond its end)');
  const count = view.getUint16(start, little);
  if (start + 6 + 12 * count > bytes.length)
    throw new Refusal('it is damaged (its directory lies beyond its end)');
  const fields = new Map<number, readonly number[]>();
  for (let entry = 0; entry < count; entry++) {
    const at = start + 2 + 12 * entry;
    const [tag, type, length] = [view.getUint16(at, little), view.getUint16(at + 2, little), view.getUint32(at + 4, little)]; // prettier-ignore
    const size = (TYPE_BYTES[type] ?? 0) * length;
    const from = size <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (TYPE_BYTES[type] === undefined || length === 0) continue; // of no use
    if (from + size > bytes.length) throw new Refusal(`its field ${tag} lies beyond its end`);
    const read = READ[type as keyof typeof READ];
    if (read === undefined) continue;
    fields.set(
      tag,
      Array.from({ length }, (_, i) => view[read](from + i * TYPE_BYTES[type]!, little)),
    );
  }
  if (view.getUint32(start + 2 + 12 * count, little) !== 0) {
    throw new Refusal('it has more than one page; save the page you need as a file of its own');
  }
  return { fields, littleEndian: little };
}

/** All reds, then all greens, then all blues, of 16 bits. */
function paletteOf(colors: readonly number[], size: number): number[][] {
  return Array.from({ length: size }, (_, i) =>
    [0, 1, 2].map((c) => Math.round((colors[c * size + i] ?? 0) / 257)),
  );
}
