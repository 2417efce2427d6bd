import { beforeAll, describe, expect, it } from '@jest/globals';
import { randomStream, readImage, readMask, readNifti, DataError } from '@segloss/data';
import { encode } from 'fast-png';
import jpeg from 'jpeg-js';
import { crcOf, exif, png, pngChunk, tiff, withSegment, type CraftedTiff } from './crafted.js';
import { failure, removeAfterAll, temporaryFolder } from './files.js';
import { nifti } from './nifti.js';
import { execFileSync } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, gzipSync, inflateSync } from 'node:zlib';

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
beforeAll(async () => ({ path, put } = await temporaryFolder()));
removeAfterAll(() => path);

const GRAY = 0;
const PALETTE = 3;
const sameColors = (size: number) => Array<number>(3 * size).fill(5); // only the index can tell
const noise = Array.from({ length: 1600 }, (_, i) => (i * i * 31) % 251);
const photo = jpeg.encode({ width: 8, height: 8, data: new Uint8Array(256).fill(255) }, 90).data;

/** Labels that must come out, or the cause that must be said. */
const MASKS: [name: string, bytes: Uint8Array, wanted: number[] | string][] = [
  ['1-bit.png', png(3, 2, 1, GRAY, [[0, 1, 1], [1, 0, 0]]), [0, 1, 1, 1, 0, 0]],
  ['2-bit.png', png(5, 1, 2, GRAY, [[0, 1, 2, 3, 2]]), [0, 1, 2, 3, 2]],
  ['4-bit-palette.png', png(3, 1, 4, PALETTE, [[2, 1, 15]], sameColors(16)), [2, 1, 15]],
  ['8-bit-palette.png', png(4, 1, 8, PALETTE, [[0, 1, 2, 255]], sameColors(256)), [0, 1, 2, 255]],
  ['16-bit.png', png(3, 1, 16, GRAY, [[0, 300, 65535]]), [0, 300, 65535]],
  ['8-bit-interlaced.png', interlaced([[1, 2], [3, 4]]), [1, 2, 3, 4]],
  ['1-bit-interlaced.png', png(3, 1, 1, GRAY, [[0], [1], [1]], undefined, 1), [0, 1, 1]],
  ['opaque.png', png(2, 1, 8, 4, [[4, 255, 5, 255]]), [4, 5]],
  ['half-opaque-everywhere.png', png(2, 1, 8, 4, [[4, 128, 5, 128]]), [4, 5]],
  ['transparent-background.png', png(3, 1, 8, 4, [[0, 0, 5, 255, 0, 0]]), [0, 5, 0]],
  ['white-cut-out.png', png(3, 1, 8, 4, [[255, 0, 255, 255, 255, 0]]), [0, 255, 0]],
  ['white-cut-out-16-bits.png', png(2, 1, 16, 4, [[65535, 0, 65535, 65535]]), [0, 255]],
  ['red-cut-out.png', png(2, 1, 8, 6, [[255, 0, 0, 0, 255, 0, 0, 255]]), [0, 255]],
  ['black-cut-out.png', png(2, 1, 8, 4, [[0, 0, 0, 255]]), 'all its pixels are black, and they differ in opacity alone'],
  ['black-and-opaque.png', png(2, 1, 8, 4, [[0, 255, 0, 255]]), [0, 0]],
  ['black-and-transparent.png', png(2, 1, 8, 4, [[0, 0, 0, 0]]), [0, 0]],
  ['turned.png', withChunk(png(2, 1, 8, GRAY, [[3, 9]]), 'eXIf', exif(3, true).subarray(6)), 'it is stored turned or mirrored (Exif orientation 3)'],
  ['upright.png', withChunk(png(2, 1, 8, GRAY, [[3, 9]]), 'eXIf', exif(1, false).subarray(6)), [3, 9]],
  ['animated.png', withChunk(png(2, 1, 8, GRAY, [[3, 9]]), 'acTL', Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0)), 'it has more than one frame'],
  ['one-frame.png', withChunk(png(2, 1, 8, GRAY, [[3, 9]]), 'acTL', Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0)), [3, 9]],
  ['fourth-channel.tif', tiff({ width: 1, height: 1, channels: 4, photometric: 2, values: [7, 7, 7, 90], more: { 338: 0 } }), 'it has 4 channels, of which the last is not said to be opacity'],
  ['labels-below-transparency.png', png(2, 1, 8, 4, [[4, 255, 5, 0]]), 'it has transparent pixels with labels below'],
  ['colors.png', png(2, 1, 8, 2, [[1, 1, 1, 255, 0, 0]]), 'it holds colors (pixel 1, 0), not class numbers'],
  ['trailing-zeros-in-the-stream.png', bomb(png(2, 1, 8, GRAY, [[3, 9]])), 'its pixels unpack to more than the 3 bytes'],
  ['photo.jpg', photo, 'JPEG changes label values; save masks as PNG'],
  ['8-bit.tif', tiff({ width: 3, height: 1, values: [0, 7, 255] }), [0, 7, 255]],
  ['truncated.png', png(40, 40, 8, GRAY, rowsOf(noise, 40)).slice(0, 300), 'it is damaged'],
  ['huge.png', png(100000, 100000, 8, GRAY, [[0]]), 'it claims 100000 x 100000 pixels; at most 268 million are read'],
  ['a-png.jpg', png(2, 1, 8, GRAY, [[3, 9]]), [3, 9]],
  ['flipped-bit.png', flipped(png(4, 1, 8, GRAY, [[0, 1, 2, 3]])), 'it is damaged'],
  ['largest.png', png(16384, 16384, 8, GRAY, [[0]]), 'it claims 16384 x 16384 pixels, more than its'],
  ['beyond-the-largest.png', png(16385, 16384, 8, GRAY, [[0]]), 'it claims 16385 x 16384 pixels; at most 268 million are read'],
  ['many-pixels-of-few-bytes.png', png(8000, 8000, 8, GRAY, [[0]]), 'more than its'],
  ['text.png', Buffer.from('P5 2 2'), 'neither PNG nor JPEG nor TIFF by its first bytes'],
  ['empty.png', new Uint8Array(), 'the file is empty'],
  ['pointer.png', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n'), 'run "git lfs pull"'],
  ['annexed.png', Buffer.from('../.git/annex/objects/F9/k7/SHA256E-s9/SHA256E-s9\n'), 'run "git annex get"'],
  ['link-as-text.png', Buffer.from('../real/a.png'), 'it is a symbolic link that was saved as text (../real/a.png)'],
  ['page.png', Buffer.from('<!DOCTYPE html><title>Not found</title>'), 'it is a page of HTML or XML'],
  ['bitmap.png', Buffer.from('BM6000'), 'but BMP by its first bytes; convert it to PNG'],
  ['webp.png', Buffer.from('RIFF\n\0\0\0WEBPVP8 '), 'but WebP by its first bytes'],
]; // prettier-ignore

function rowsOf(values: number[], width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, y) => values.slice(y * width, (y + 1) * width));
}

/** 2 x 2 by Adam7: the first pixel is of pass 1, its right neighbor of pass 6, the second row of pass 7. */
function interlaced([[a, b], [c, d]]: [[number, number], [number, number]]): Uint8Array {
  const file = Buffer.from(png(2, 2, 8, GRAY, [[a], [b], [c, d]], undefined, 1));
  return file;
}

/** A PNG with a chunk of its own behind the header. */
function withChunk(file: Uint8Array, type: string, content: Uint8Array): Uint8Array {
  return Buffer.concat([file.subarray(0, 33), pngChunk(type, content), file.subarray(33)]);
}

/** A bit of the pixels changed, and no checksum. */
function flipped(file: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(file);
  copy[Buffer.from(file).indexOf('IDAT') + 7]! ^= 4;
  return copy;
}

/** The same pixels, followed by zeros in the packed stream: 300 million of them take a third of a megabyte. */
function bomb(file: Uint8Array): Uint8Array {
  const at = Buffer.from(file).indexOf('IDAT') - 4;
  const length = Buffer.from(file).readUInt32BE(at);
  const pixels = inflateSync(file.subarray(at + 8, at + 8 + length));
  const longer = deflateSync(Buffer.concat([pixels, Buffer.alloc(1_000_000)]));
  return Buffer.concat([file.subarray(0, at), pngChunk('IDAT', longer), file.subarray(at + 12 + length)]);
}

describe('a mask has its exact labels or is refused', () => {
  it.each(MASKS)('%s', async (name, bytes, wanted) => {
    const file = await put(`masks/${name}`, bytes);
    if (typeof wanted !== 'string') {
      expect(Array.from((await readMask(file)).values)).toEqual(wanted);
      return;
    }
    const said = await failure(readMask(file));
    expect(said).toContain(file);
    expect(said).toContain(wanted);
  });
});

describe('TIFF', () => {
  const gray = Array.from({ length: 35 }, (_, i) => (i * 29) % 256);
  it.each<[string, CraftedTiff]>([
    ['1 bit', { width: 7, height: 5, depth: 1, values: gray.map((value) => value & 1) }],
    ['2 bits', { width: 7, height: 5, depth: 2, values: gray.map((value) => value & 3) }],
    ['4 bits', { width: 7, height: 5, depth: 4, values: gray.map((value) => value & 15) }],
    ['8 bits', { width: 7, height: 5, values: gray }],
    ['8 bits in strips of 2 rows', { width: 7, height: 5, values: gray, rowsPerStrip: 2 }],
    ['8 bits in tiles', { width: 7, height: 5, values: gray, tile: 16 }],
    ['16 bits', { width: 7, height: 5, depth: 16, values: gray.map((value) => value * 257) }],
    ['16 bits, big-endian', { width: 7, height: 5, depth: 16, values: gray.map((value) => 300 + value), littleEndian: false }],
    ['deflate', { width: 7, height: 5, values: gray, compression: 8, rowsPerStrip: 3 }],
    ['LZW', { width: 7, height: 5, values: gray, compression: 5 }],
    ['LZW of 6000 bytes, codes of all widths', { width: 100, height: 60, values: Array.from({ length: 6000 }, (_, i) => (i * i) % 253), compression: 5 }],
    ['LZW of one long run', { width: 100, height: 100, values: Array<number>(10000).fill(7), compression: 5 }],
    ['deflate with differences', { width: 7, height: 5, values: gray, compression: 8, predicted: true }],
    ['16 bits, LZW with differences', { width: 7, height: 5, depth: 16, values: gray.map((value) => value * 257), compression: 5, predicted: true }],
    ['16 bits, big-endian, deflate with differences', { width: 7, height: 5, depth: 16, values: gray.map((value) => 300 + value), compression: 8, predicted: true, littleEndian: false }],
    ['PackBits', { width: 7, height: 5, values: gray.map((value) => value >> 6), compression: 32773 }],
  ])('keeps labels exactly: %s', async (_, crafted) => {
    const { values, kind, lossy } = await readMask(await put('exact.tif', tiff(crafted)));
    expect([kind, lossy]).toEqual(['tiff', false]);
    expect(Array.from(values)).toEqual(crafted.values);
  }); // prettier-ignore

  it.each([false, true])(
    'reads RGB in strips and tiles, with differences or without: planar %j',
    async (planar) => {
      const values = Array.from({ length: 7 * 5 * 3 }, (_, i) => (i * 37) % 256);
      const base = { width: 7, height: 5, channels: 3, photometric: 2, values, planar };
      for (const more of [
        {},
        { tile: 16 },
        { compression: 5, predicted: true },
        { compression: 8, rowsPerStrip: 2 },
      ]) {
        const { values: read } = await readImage(await put('rgb.tif', tiff({ ...base, ...more })));
        expect(Array.from(read, (value) => Math.round(255 * value))).toEqual(values);
      }
    },
  );

  it('unpacks no more of a strip than its rows have', async () => {
    const long = tiff({
      width: 3,
      height: 1,
      values: [1, 2, 3, ...Array<number>(100_000).fill(0)],
      compression: 8,
    });
    // The encoder packs only the row; a strip with more behind it is packed here.
    const strip = deflateSync(Buffer.concat([Buffer.from([1, 2, 3]), Buffer.alloc(100_000)]));
    const file = Buffer.concat([long, strip]);
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    const directory = view.getUint32(4, true);
    for (let i = 0; i < view.getUint16(directory, true); i++) {
      const at = directory + 2 + 12 * i;
      if (view.getUint16(at, true) === 273) view.setUint32(at + 8, long.length, true);
      if (view.getUint16(at, true) === 279) view.setUint32(at + 8, strip.length, true);
    }
    expect(await failure(readMask(await put('long.tif', file)))).toContain('unpack to more than the 3 bytes');
  });

  it('reads the index of a palette, and its colors as an image', async () => {
    const palette = [0, 65535, ...Array<number>(14).fill(0), 0, 257 * 51, ...Array<number>(14).fill(0), ...Array<number>(16).fill(0)]; // prettier-ignore
    const file = await put('palette.tif', tiff({ width: 2, height: 1, depth: 4, values: [1, 0], photometric: 3, palette })); // prettier-ignore
    expect(Array.from((await readMask(file)).values)).toEqual([1, 0]);
    const { channels, values } = await readImage(file);
    expect([channels, ...values].map((value) => Math.round(10 * value) / 10)).toEqual([
      3, 1, 0.2, 0, 0, 0, 0,
    ]);
  });

  it('drops opacity, and inverts one bit whose white is zero', async () => {
    const rgba = tiff({ width: 1, height: 1, channels: 4, photometric: 2, values: [3, 3, 3, 255] });
    expect(Array.from((await readMask(await put('rgba.tif', rgba))).values)).toEqual([3]);
    const inverted = tiff({ width: 3, height: 1, depth: 1, values: [1, 0, 1], photometric: 0 });
    expect(Array.from((await readMask(await put('inverted.tif', inverted))).values)).toEqual([0, 1, 0]);
  });

  const small = { width: 3, height: 1, values: [1, 2, 3] };
  it.each<[string, Uint8Array, string]>([
    ['inverted grays', tiff({ ...small, photometric: 0 }), 'save it with black as zero'],
    ['JPEG within', tiff({ ...small, more: { 259: 7 } }), 'its compression has the number 7'],
    ['floating-point numbers', tiff({ ...small, depth: 16, more: { 339: 3 } }), 'not unsigned numbers of 1 to 16 bits'],
    ['32 bits', tiff({ ...small, more: { 258: 32 } }), 'not unsigned numbers of 1 to 16 bits'],
    ['CMYK', tiff({ ...small, more: { 262: 5 } }), 'neither gray nor RGB nor of a palette'],
    ['a turned image', tiff({ ...small, more: { 274: 6 } }), 'turned or mirrored (Orientation 6)'],
    ['bits in the unusual order', tiff({ ...small, more: { 266: 2 } }), 'FillOrder 2'],
    ['a size that so few bytes cannot hold', tiff({ ...small, more: { 257: 20000 } }), 'fewer pixels than its header says'],
    [
      'a strip of no bytes',
      tiff({ width: 3, height: 2, values: [1, 2, 3, 4, 5, 6], rowsPerStrip: 1, compression: 8, more: { 279: [11, 0] } }),
      'fewer pixels than its header says',
    ],
    ['a huge size', tiff({ ...small, more: { 256: 65535, 257: 65535 } }), 'it claims 65535 x 65535 pixels'],
    ['a truncated file', tiff({ ...small, width: 40, height: 40, values: noise }).slice(0, 900), 'it is damaged'],
    ['a BigTIFF', Uint8Array.of(0x49, 0x49, 0x2b, 0, 8, 0, 0, 0), 'it is a BigTIFF'],
    ['two pages', twoPages(tiff(small)), 'more than one page'],
  ])('refuses %s', async (_, bytes, cause) => {
    expect(await failure(readMask(await put('refused.tif', bytes)))).toContain(cause);
  }); // prettier-ignore

  function twoPages(file: Uint8Array): Uint8Array {
    const copy = Uint8Array.from(file);
    const view = new DataView(copy.buffer);
    const directory = view.getUint32(4, true);
    view.setUint32(directory + 2 + 12 * view.getUint16(directory, true), directory, true);
    return copy;
  }
});

describe('JPEG', () => {
  /** Gray 16 x 8 blocks: a bright quarter at the top left. */
  const [width, height] = [32, 16];
  const bright = Array.from({ length: width * height }, (_, i) =>
    i % width < 16 && i < 8 * width ? 230 : 20,
  );
  const data = Uint8Array.from({ length: 4 * bright.length }, (_, i) =>
    i % 4 === 3 ? 255 : bright[i >> 2]!,
  );
  const file = jpeg.encode({ width, height, data }, 95).data;

  // Where the bright quarter is seen: by the names that Exif gives to row 0 and column 0.
  it.each([
    [1, 'top', 'left'], [2, 'top', 'right'], [3, 'bottom', 'right'], [4, 'bottom', 'left'],
    [5, 'top', 'left'], [6, 'top', 'right'], [7, 'bottom', 'right'], [8, 'bottom', 'left'],
  ] as const)('is turned as Exif says: %i', async (orientation, vertical, horizontal) => {
    for (const littleEndian of [true, false]) {
      const turned = withSegment(file, 0xe1, exif(orientation, littleEndian));
      const image = await readImage(await put('turned.jpg', turned));
      expect([image.width, image.height]).toEqual(orientation > 4 ? [16, 32] : [32, 16]);
      const at = (x: number, y: number) => image.values[(y * image.width + x) * image.channels]!;
      const [right, bottom] = [image.width - 2, image.height - 2];
      const corners = { 'top left': at(1, 1), 'top right': at(right, 1), 'bottom left': at(1, bottom), 'bottom right': at(right, bottom) }; // prettier-ignore
      for (const [corner, value] of Object.entries(corners)) {
        expect(`${corner} ${value > 0.5}`).toBe(`${corner} ${corner === `${vertical} ${horizontal}`}`);
      }
    }
  }); // prettier-ignore

  it('has its values as they are where Adobe says that they are RGB', async () => {
    const [red, green, blue] = [200, 100, 50];
    const solid = Uint8Array.from({ length: 4 * 256 }, (_, i) => [red, green, blue, 255][i % 4]!);
    const adobe = Uint8Array.from([...'Adobe'].map((c) => c.charCodeAt(0)).concat([0, 100, 0, 0, 0, 0, 0]));
    const encoded = jpeg.encode({ width: 16, height: 16, data: solid }, 100).data;
    const withoutJfif = Buffer.concat([
      encoded.subarray(0, 2),
      encoded.subarray(4 + Buffer.from(encoded).readUInt16BE(4)),
    ]);
    const { values } = await readImage(await put('rgb.jpg', withSegment(withoutJfif, 0xee, adobe)));
    // What the encoder stored: luma and two chromas, by BT.601.
    const stored = [
      0.299 * red + 0.587 * green + 0.114 * blue,
      128 - 0.168736 * red - 0.331264 * green + 0.5 * blue,
      128 + 0.5 * red - 0.418688 * green - 0.081312 * blue,
    ];
    stored.forEach((value, c) => expect(Math.abs(255 * values[c]! - value)).toBeLessThan(2));
  });

  it('refuses kinds that would be read wrong', async () => {
    const at = Buffer.from(file).indexOf(Buffer.from([0xff, 0xc0]));
    const changed = (offset: number, value: number) => {
      const copy = Uint8Array.from(file);
      copy[at + offset] = value;
      return copy;
    };
    const refused = async (offset: number, value: number) =>
      failure(readImage(await put('a.jpg', changed(offset, value))));
    expect(await refused(1, 0xc3)).toContain('it is a lossless JPEG; convert it to PNG');
    expect(await refused(1, 0xc5)).toContain('it is a hierarchical JPEG');
    for (const marker of [0xc9, 0xca, 0xcf]) expect(await refused(1, marker)).toContain('it is a JPEG with arithmetic coding'); // prettier-ignore
    expect(await refused(4, 12)).toContain('12 bits a value');
    expect(await refused(11, 0x51)).toContain('its sampling factors, 5x1, ');
    expect(await refused(11, 0x20)).toContain('its sampling factors, 2x0, ');
    const withoutHeight = Uint8Array.from(file).fill(0, at + 5, at + 7);
    expect(await failure(readImage(await put('d.jpg', withoutHeight)))).toContain('its height only after its pixels'); // prettier-ignore
    const jpegLs = Uint8Array.from(file);
    jpegLs[3] = 0xf7;
    expect(await failure(readImage(await put('e.jpg', jpegLs)))).toContain('it is a JPEG-LS file');
    const scans = Buffer.concat([file, ...Array<Buffer>(101).fill(Buffer.from([0xff, 0xda]))]);
    expect(await failure(readImage(await put('c.jpg', scans)))).toContain('more than 100 scans');
  });
});

describe('files that are none', () => {
  it('refuses pipes, devices, loops of links and folders, and waits for none', async () => {
    execFileSync('mkfifo', [join(path, 'pipe.png')]);
    await symlink('/dev/zero', join(path, 'zero.png'));
    await symlink('loop.png', join(path, 'loop.png'));
    await put('folder.png/a', '');
    const causes = { 'pipe.png': 'it is a pipe', 'zero.png': 'it is a device', 'loop.png': 'form a loop', 'folder.png': 'it is a folder' }; // prettier-ignore
    for (const [name, cause] of Object.entries(causes)) {
      expect(await failure(readMask(join(path, name)))).toContain(cause);
      expect(await failure(readNifti(join(path, name)))).toContain(cause);
    }
  });
});

describe('damaged files', () => {
  const size = { width: 24, height: 20 };
  const values = Array.from({ length: 480 }, (_, i) => (i * 7) % 5);
  const rgba = Uint8Array.from({ length: 4 * 480 }, (_, i) => (i * 13) % 256);
  const [readImageOf, readVolumeOf] = [readImage, readNifti] as const;
  const BASES: [string, Uint8Array, (path: string) => Promise<unknown>][] = [
    ['a.png', encode({ ...size, channels: 1, data: Uint8Array.from(values) }), readMask],
    ['b.png', png(24, 20, 4, 3, rowsOf(values, 24), sameColors(16)), readImageOf],
    ['c.jpg', jpeg.encode({ ...size, data: rgba }, 80).data, readImageOf],
    ['d.tif', tiff({ ...size, values, rowsPerStrip: 6 }), readMask],
    ['e.tif', tiff({ ...size, values, compression: 8, tile: 16 }), readMask],
    ['f.tif', tiff({ ...size, depth: 4, values, compression: 32773 }), readImageOf],
    ['g.nii', nifti({ dims: [24, 20, 1], values, type: 4, slope: 2 }), readVolumeOf],
    ['h.nii.gz', gzipSync(nifti({ version: 2, dims: [24, 20], values })), readVolumeOf],
  ];

  it('2000 of them are read or refused, none crashes, hangs or takes much memory', async () => {
    const random = randomStream(11);
    let [read, refused, most] = [0, 0, 0];
    for (let i = 0; i < 2000; i++) {
      const [name, base, reader] = BASES[i % BASES.length]!;
      const file = await put(`fuzz/${name}`, mutated(base, random.fork(i)));
      const before = process.memoryUsage();
      try {
        await reader(file);
        read++;
      } catch (error) {
        if (!(error instanceof DataError)) throw new Error(`${name} ${i}`, { cause: error });
        refused++;
      }
      most = Math.max(most, process.memoryUsage().arrayBuffers - before.arrayBuffers);
    }
    expect(read).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(500);
    expect(most).toBeLessThan(64e6);
  });

  /** Some bytes changed, or the end cut off, or a part repeated; half of the PNG files get right checksums again. */
  function mutated(base: Uint8Array, random: ReturnType<typeof randomStream>): Uint8Array {
    let bytes = Buffer.from(base);
    const kind = random.integer(8);
    if (kind === 0) bytes = bytes.subarray(0, random.integer(bytes.length));
    else if (kind === 1) {
      const at = random.integer(bytes.length);
      bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.integer(bytes.length))]);
    } else {
      const changes = 1 + random.integer(4);
      for (let k = 0; k < changes; k++) {
        // Headers are where sizes are.
        const at = random.integer(random.uniform() < 0.5 ? Math.min(bytes.length, 200) : bytes.length);
        bytes[at] = random.uniform() < 0.3 ? 255 : random.integer(256);
      }
    }
    return random.uniform() < 0.5 ? withChecksums(bytes) : bytes;
  }

  function withChecksums(bytes: Buffer): Buffer {
    if (bytes.length < 8 || bytes[0] !== 0x89) return bytes;
    for (let at = 8; at + 12 <= bytes.length;) {
      const length = bytes.readUInt32BE(at);
      if (at + 12 + length > bytes.length) break;
      bytes.writeUInt32BE(crcOf(bytes.subarray(at + 4, at + 8 + length)), at + 8 + length);
      at += 12 + length;
    }
    return bytes;
  }
});
