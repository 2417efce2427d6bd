// JPEG files with the pixels that Pillow decodes (fixtures/write_jpegs.py), damaged ones, and the files of ../shared/data where they are.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { datasetFingerprint, openDataset, readImage } from '@segloss/data';
import { decodeImage } from '@segloss/data/masks';
import { root } from '@segloss/testing';
import { encode } from 'fast-png';

import { decodeBytes } from '../src/formats/decode';
import { JPEG_DECODER } from '../src/formats/libjpeg-turbo';
import { failure, removeAfterAll, temporaryFolder } from './files.js';
import fixtures from './fixtures/jpegs.json';

interface Fixture {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
}
const files = fixtures as Readonly<Record<string, Fixture>>;
const fromBase64 = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
const bytesOf = (name: string) => fromBase64(files[name]!.file);

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
beforeAll(async () => ({ path, put } = await temporaryFolder()));
removeAfterAll(() => path);

describe('JPEG', () => {
  it.each(Object.entries(files))('has the pixels of Pillow: %s', async (name, { width, height, pixels }) => {
    const raw = await decodeBytes(`${name}.jpg`, bytesOf(name));
    const wanted = fromBase64(pixels);
    expect([raw.width, raw.height, raw.channels]).toEqual([width, height, wanted.length / width / height]);
    // What libjpeg-turbo does not decode here is decoded by jpeg-js, which rounds differently.
    const most = name === 'CMYK' || name.endsWith('no name') ? 3 : 0;
    const apart = Math.max(...wanted.map((value, i) => Math.abs(value - raw.values[i]!)));
    expect(apart).toBeLessThanOrEqual(most);
  });

  it('is decoded in pages as in Node', async () => {
    for (const name of Object.keys(files)) {
      const inPage = await decodeImage('a.jpg', new Blob([bytesOf(name)]));
      expect(inPage).toEqual(await readImage(await put('a.jpg', bytesOf(name))));
    }
  });

  const whole = bytesOf('4:2:0');
  const progressive = bytesOf('progressive, 4:2:0');
  const end = whole.length - 2;
  const withBytes = (...bytes: number[]) => Uint8Array.from([...whole.subarray(0, end), ...bytes, ...whole.subarray(end)]); // prettier-ignore
  const zeroed = (bytes: Uint8Array, start: number) => Uint8Array.from(bytes).fill(0, start, start + 40);
  it.each([
    ['cut off in its pixels', whole.subarray(0, end - 100), 'it is cut off: its end marker is missing'],
    ['cut off before its end marker', whole.subarray(0, end), 'it is cut off'],
    ['cut off, progressive', progressive.subarray(0, progressive.length - 50), 'it is cut off'],
    ['with fewer bytes of pixels', Uint8Array.from([...whole.subarray(0, end - 60), 0xff, 0xd9]), 'missing, changed or too many'],
    ['with more bytes of pixels', withBytes(1, 2, 3), 'missing, changed or too many'],
    ['with other bytes of pixels', zeroed(whole, end - 120), 'missing, changed or too many'],
    ['with other bytes of pixels, progressive', zeroed(progressive, progressive.length - 120), 'missing, changed or too many'],
  ])('is refused %s, and later files are read as before', async (_, bytes, cause) => {
    const said = await failure(readImage(await put('damaged.jpg', bytes)));
    expect(said).toContain(`unreadable: cannot read ${join(path, 'damaged.jpg')}: it is damaged`);
    expect(said).toContain(cause);
    expect(said).toMatch(/; copy or (download|export) it again$/);
    const { values } = await decodeBytes('a.jpg', whole);
    expect(values).toEqual(fromBase64(files['4:2:0']!.pixels));
  }); // prettier-ignore

  it('may have bytes behind its end', async () => {
    const { values } = await decodeBytes('a.jpg', Uint8Array.from([...whole, 1, 2, 3, 0xff, 0xda]));
    expect(values).toEqual(fromBase64(files['4:2:0']!.pixels));
  });

  const odd = (name: string, ...changes: ((bytes: Buffer) => Buffer)[]) => changes.reduce<Buffer>((bytes, change) => change(bytes), Buffer.from(bytesOf(name))); // prettier-ignore
  /** Where the segment of a marker begins; the fixtures have no such bytes before. */
  const placeOf = (bytes: Buffer, marker: number) => bytes.indexOf(Buffer.from([0xff, marker]));
  const without = (marker: number) => (bytes: Buffer) => {
    const at = placeOf(bytes, marker);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 2 + bytes.readUInt16BE(at + 2))]);
  };
  const insert =
    (before: number, ...inserted: number[]) =>
    (bytes: Buffer) => {
      const at = placeOf(bytes, before);
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), bytes.subarray(at)]);
    };
  const write =
    (marker: number, offset: number, ...values: number[]) =>
    (bytes: Buffer) => {
      const at = placeOf(bytes, marker) + offset;
      values.forEach((value, i) => (bytes[at + i] = value));
      return bytes;
    };
  const lastScan =
    (offset: number, ...values: number[]) =>
    (bytes: Buffer) => {
      bytes.set(values, bytes.lastIndexOf(Buffer.from([0xff, 0xda])) + offset);
      return bytes;
    };
  const adobe = (transform: number) => insert(0xdb, 0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, transform); // prettier-ignore
  const [jfif, frame, scan] = [0xe0, 0xc0, 0xda];
  // Pillow 9.4 reads each of these to the pixels of the file that they are made of.
  it.each<[string, string, Buffer]>([
    ['JFIF of version 2.1', '4:2:0', odd('4:2:0', write(jfif, 9, 2))],
    ['JFIF of version 0.1', '4:2:0', odd('4:2:0', write(jfif, 9, 0))],
    ['JFIF of version 255.1, gray', 'gray', odd('gray', write(jfif, 9, 255))],
    ['JFIF of version 2.1, progressive', 'progressive, 4:2:0', odd('progressive, 4:2:0', write(jfif, 9, 2))],
    ['JFIF of version 2.1, of factors that have no name', 'of sampling factors that have no name', odd('of sampling factors that have no name', write(jfif, 9, 2))],
    ...[2, 3, 255].map((transform) => [`colors by transform ${transform}`, '4:2:0', odd('4:2:0', without(jfif), adobe(transform))] as [string, string, Buffer]),
    ['a transform that JFIF contradicts', '4:2:0', odd('4:2:0', adobe(0))],
    ['gray by transform 9', 'gray', odd('gray', without(jfif), adobe(9))],
    ['a scan of coefficient 0', '4:2:0', odd('4:2:0', write(scan, 11, 0, 0, 0))],
    ['a scan of half its bits', '4:2:0', odd('4:2:0', write(scan, 11, 0, 63, 0x11))],
    ['three scans, the last of coefficient 0', 'of three scans', odd('of three scans', lastScan(7, 0, 0, 0))],
    ['bytes between segments', '4:2:0', odd('4:2:0', insert(0xdb, 0, 1, 2))],
    ['bytes before the frame', '4:4:4', odd('4:4:4', insert(frame, 0x61, 0x62))],
    ['zeros before the scan', '4:2:0', odd('4:2:0', insert(scan, 0, 0, 0))],
    ['a restart marker before the frame', '4:2:0', odd('4:2:0', insert(0xdb, 0xff, 0xd0))],
    ['bytes that fill up', '4:2:0', odd('4:2:0', insert(0xdb, 0xff, 0xff, 0xff))],
    ['CMYK without a name', 'CMYK', odd('CMYK', without(0xee))],
    ['CMYK in JFIF', 'CMYK', odd('CMYK', without(0xee), insert(0xdb, ...bytesOf('gray').subarray(2, 20)))],
  ])('has the pixels of Pillow where its header is odd: %s', async (_, name, bytes) => {
    const raw = await decodeBytes('odd.jpg', bytes);
    const wanted = fromBase64(files[name]!.pixels);
    const apart = Math.max(...wanted.map((value, i) => Math.abs(value - raw.values[i]!)));
    expect([raw.values.length, apart]).toEqual([wanted.length, Math.min(apart, name === 'CMYK' || name.endsWith('no name') ? 3 : 0)]); // prettier-ignore
  }); // prettier-ignore

  it('takes four components by an unknown transform for YCCK, as libjpeg does', async () => {
    const values = async (transform: number) =>
      (await decodeBytes('cmyk.jpg', odd('CMYK', without(0xee), adobe(transform)))).values;
    const ycck = await values(2);
    for (const unknown of [1, 3, 255]) expect(await values(unknown)).toEqual(ycck);
    expect(await values(0)).not.toEqual(ycck);
  });

  const folder = join(root, '../shared/data');
  const python = 'import sys; from PIL import Image, features; sys.exit(not features.check("libjpeg_turbo"))';
  const pythons = ['python3', '/usr/bin/python3'];
  const pillow = pythons.find((program) => spawnSync(program, ['-c', python]).status === 0);
  const missing = !existsSync(folder) ? 'no ../shared/data' : pillow === undefined ? 'python3 has no Pillow with libjpeg-turbo' : undefined; // prettier-ignore
  const title = 'has the pixels of Pillow: photographs';
  if (missing !== undefined) it.skip(`${title} (skipped: ${missing})`, () => undefined);
  else
    it(title, async () => {
      const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jpg')); // prettier-ignore
      const some = all.sort().filter((_, i) => i % Math.ceil(all.length / 12) === 0);
      expect(some.length).toBeGreaterThan(5);
      for (const name of some) {
        const file = join(folder, name);
        const program = 'import sys; from PIL import Image; sys.stdout.buffer.write(Image.open(sys.argv[1]).tobytes())'; // prettier-ignore
        const { stdout } = spawnSync(pillow!, ['-c', program, file], { maxBuffer: 2 ** 28 });
        const { values } = await decodeBytes(file, readFileSync(file));
        expect(stdout.length).toBeGreaterThan(0);
        expect(`${name} ${Buffer.compare(stdout, values as Uint8Array)}`).toBe(`${name} 0`);
      }
    });
});

describe('the decoder of JPEG', () => {
  it('is named with the version that is installed', () => {
    const [name, version] = JPEG_DECODER.split(' ');
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'packages/data/package.json'), 'utf8')) as { devDependencies: Record<string, string> }; // prettier-ignore
    expect(devDependencies[name!]).toBe(version);
    const installed = readFileSync(join(root, 'node_modules', name!, 'package.json'), 'utf8');
    expect((JSON.parse(installed) as { version: string }).version).toBe(version);
  });

  const png = (...data: number[]) =>
    encode({ width: 2, height: 1, channels: 1, data: Uint8Array.from(data) });
  async function fingerprint(name: string, image: (id: string) => Uint8Array, mask: Uint8Array) {
    for (const id of ['a', 'b', 'c', 'd']) {
      await put(`${name}/images/${id}.png`, image(id));
      await put(`${name}/masks/${id}.png`, mask);
    }
    return datasetFingerprint(await openDataset(join(path, name)));
  }

  it('is part of the fingerprint of sets with JPEG files, and of no other', async () => {
    // That of segloss before the decoder was part of any.
    const before = '96a766abba2ba82f44a92ca8865e6a1ede2e9db7dbe3b49f905b2517b7c524d5';
    expect(await fingerprint('png', (id) => png(id.charCodeAt(0), 7), png(0, 1))).toBe(before);
    const mask = encode({ width: 1, height: 1, channels: 1, data: Uint8Array.of(1) });
    const ofJpeg = await fingerprint('jpeg', () => bytesOf('of one pixel'), mask);
    await jest.isolateModulesAsync(async () => {
      jest.doMock('../src/formats/libjpeg-turbo', () => ({ JPEG_DECODER: `${JPEG_DECODER}1` }));
      const later = await import('@segloss/data');
      const again = async (name: string) =>
        later.datasetFingerprint(await later.openDataset(join(path, name)));
      expect(await again('png')).toBe(before);
      expect(await again('jpeg')).not.toBe(ofJpeg);
    });
    jest.dontMock('../src/formats/libjpeg-turbo');
  });
});
