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
