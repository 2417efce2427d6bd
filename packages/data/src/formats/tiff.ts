import { type RawPixels } from './decode.js';
import { Refusal } from '../errors.js';
import { MAX_PIXELS } from './limits.js';

const TAG = {
  width: 256, height: 257, bits: 258, compression: 259, photometric: 262, fillOrder: 266, stripOffsets: 273, orientation: 274,
  samples: 277, stripBytes: 279, colors: 320, tileWidth: 322, tileHeight: 323, tileOffsets: 324, tileBytes: 325,
  extraSamples: 338, sampleFormat: 339,
} as const; // prettier-ignore

/** What is decoded without loss, by the compression's number, and how much it may shrink pixels at best. */
const RATIOS: Readonly<Record<number, number>> = { 1: 1, 5: 2731, 8: 1032, 32946: 1032, 32773: 64 }; // none, LZW, deflate, PackBits
const [WHITE_IS_ZERO, PALETTE, LAST_READ] = [0, 3, 3];

/** Decodes the one page of a TIFF; sizes and counts are checked before anything is allocated by them. */
export async function fromTiff(bytes: Uint8Array): Promise<RawPixels> {
  const fields = fieldsOf(bytes);
  const one = (tag: number, otherwise: number) => fields.get(tag)?.[0] ?? otherwise;
  const [width, height, channels] = [one(TAG.width, 0), one(TAG.height, 0), one(TAG.samples, 1)];
  const depth = one(TAG.bits, 1);
  const photometric = one(TAG.photometric, 1);
  check(fields, bytes.length, { width, height, channels, depth, photometric });

  const { fromArrayBuffer } = await import('geotiff'); // only where there is a TIFF: it takes a while to load
  const file = await fromArrayBuffer(Uint8Array.from(bytes).buffer);
  const image = await file.getImage(0);
  const raster = await image.readRasters({ interleave: true });
  const maximum = 2 ** depth - 1;
  const values = depth > 8 ? Uint16Array.from(raster) : Uint8Array.from(raster);
  if (photometric === WHITE_IS_ZERO) values.forEach((value, i) => (values[i] = maximum - value));
  const palette = photometric === PALETTE ? paletteOf(fields.get(TAG.colors) ?? [], maximum + 1) : undefined;
  return {
    kind: 'tiff',
    lossy: false,
    width,
    height,
    channels,
    maximum,
    indexed: photometric === PALETTE,
    alpha: fields.has(TAG.extraSamples),
    values,
    ...(palette && { palette }),
  };
}

type Fields = ReadonlyMap<number, readonly number[]>;

function check(
  fields: Fields,
  length: number,
  {
    width,
    height,
    channels,
    depth,
    photometric,
  }: Record<'width' | 'height' | 'channels' | 'depth' | 'photometric', number>,
): void {
  const one = (tag: number, otherwise: number) => fields.get(tag)?.[0] ?? otherwise;
  const refuse = (cause: string): never => {
    throw new Refusal(cause);
  };
  const tile = one(TAG.tileWidth, 1) * one(TAG.tileHeight, 1);
  if (!(width * height > 0 && width * height <= MAX_PIXELS && tile > 0 && tile <= MAX_PIXELS)) {
    refuse(`it claims ${width} x ${height} pixels; at most ${MAX_PIXELS / 1e6} million are read`);
  }
  const expected = photometric === 2 ? 3 : 1;
  const extra = fields.get(TAG.extraSamples)?.length ?? 0;
  if (photometric > LAST_READ || channels !== expected + extra || extra > 1) {
    refuse('it is neither gray nor RGB nor of a palette; convert it to PNG');
  }
  const same = (values: readonly number[] = []) => values.every((value) => value === values[0]);
  if (
    ![1, 2, 4, 8, 16].includes(depth) ||
    !same(fields.get(TAG.bits)) ||
    !same(fields.get(TAG.sampleFormat)) ||
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
  const ratio = RATIOS[one(TAG.compression, 1)];
  if (ratio === undefined) {
    return refuse(
      `its compression has the number ${one(TAG.compression, 1)}; none, LZW, deflate and PackBits are read: convert it to PNG`,
    );
  }
  const sizes = fields.get(TAG.tileBytes) ?? fields.get(TAG.stripBytes) ?? [];
  const offsets = fields.get(TAG.tileOffsets) ?? fields.get(TAG.stripOffsets) ?? [];
  const inside = sizes.every((size, i) => size > 0 && offsets[i]! + size <= length);
  const stored = sizes.reduce((sum, size) => sum + size, 0);
  if (
    !inside ||
    offsets.length !== sizes.length ||
    stored * ratio < (width * height * channels * depth) / 8
  ) {
    refuse('it holds fewer pixels than its header says');
  }
}

/** Bytes of a value of each type. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4];
/** Types of unsigned whole numbers: of these alone are the values read. */
const READ = { 1: 'getUint8', 3: 'getUint16', 4: 'getUint32' } as const;

/** The fields of whole numbers of the one page; every field must lie within the file. */
function fieldsOf(bytes: Uint8Array): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  if (view.getUint16(2, little) !== 42) throw new Refusal('it is a BigTIFF; convert it to TIFF or PNG');
  const start = view.getUint32(4, little);
  const count = view.getUint16(start, little);
  const fields = new Map<number, readonly number[]>();
  for (let entry = 0; entry < count; entry++) {
    const at = start + 2 + 12 * entry;
    const [tag, type, length] = [view.getUint16(at, little), view.getUint16(at + 2, little), view.getUint32(at + 4, little)]; // prettier-ignore
    const size = (TYPE_BYTES[type] ?? 0) * length;
    const from = size <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (size === 0 || from + size > bytes.length) throw new Refusal(`its field ${tag} lies beyond its end`);
    const read = READ[type as keyof typeof READ];
    if (read === undefined) continue;
    fields.set(
      tag,
      Array.from({ length }, (_, i) => view[read](from + i * TYPE_BYTES[type]!, little)),
    );
  }
  if (view.getUint32(start + 2 + 12 * count, little) !== 0) {
    throw new Refusal('it has more than one page; save the page that is wanted by itself');
  }
  return fields;
}

/** All reds, then all greens, then all blues, of 16 bits. */
function paletteOf(colors: readonly number[], size: number): number[][] {
  return Array.from({ length: size }, (_, i) =>
    [0, 1, 2].map((c) => Math.round((colors[c * size + i] ?? 0) / 257)),
  );
}
