import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openMasks, readImage } from '@segloss/data';
import { decodeImage, decodeMasks } from '@segloss/data/masks';
import { encode } from 'fast-png';

import { tiff } from './crafted.js';

const size = { width: 5, height: 3 };
const values = Array.from({ length: 15 }, (_, i) => [0, 1, 2, 255][i % 4]!);

/** Files of each kind, and what they hold. */
const files: Record<string, Uint8Array> = {
  'gray.png': encode({ ...size, channels: 1, data: Uint8Array.from(values) }),
  'deep.png': encode({ ...size, channels: 1, depth: 16, data: Uint16Array.from(values) }),
  'rgb.png': encode({ ...size, channels: 3, data: Uint8Array.from(values.flatMap((v) => [v, v, v])) }),
  'packed.tif': tiff({ ...size, values, compression: 8 }),
};
const blobs = (names = Object.keys(files)) =>
  new Map(names.map((name) => [name, new Blob([files[name] as Uint8Array<ArrayBuffer>])]));

describe('masks from bytes', () => {
  it('have the values, the labels and the rule of masks from files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'masks-'));
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    const onDisk = await openMasks(Object.keys(files).map((name) => join(folder, name)), { classes: 3 }); // prettier-ignore
    const inMemory = await decodeMasks(blobs(), { classes: 3 });
    expect(inMemory.labels).toEqual([0, 1, 2]);
    expect([inMemory.labelRule, inMemory.ignored]).toEqual([onDisk.labelRule, onDisk.ignored]);
    for (const name of Object.keys(files)) {
      const mask = await inMemory.read(name);
      expect(mask.shape).toEqual([3, 5]);
      expect(Array.from(mask.values)).toEqual(values);
      expect(Array.from((await onDisk.read(join(folder, name))).values)).toEqual(values);
    }
    const image = await decodeImage('gray.png', blobs().get('gray.png')!);
    expect(image).toEqual(await readImage(join(folder, 'gray.png')));
  });

  it.each([
    ['text', new Blob(['hello']), 'neither PNG nor JPEG nor TIFF'],
    ['empty', new Blob([]), 'the file is empty'],
    ['cut', new Blob([files['gray.png']!.slice(0, 60) as Uint8Array<ArrayBuffer>]), 'damaged'],
    ['huge', { size: 2 ** 30, arrayBuffer: async () => new ArrayBuffer(0) }, '1073741824 bytes'],
    ['gone', { size: 8, arrayBuffer: () => Promise.reject(new Error('it was deleted')) }, 'it was deleted'],
  ])('%s: the cause is said', async (_, file, cause) => {
    const { faults, read } = await decodeMasks(new Map([['a.png', file]]));
    expect(faults.get('a.png')!.message).toContain(cause);
    await expect(read('a.png')).rejects.toThrow(cause);
  });

  it('whose pixels unpack to more or less than the header says are refused', async () => {
    const { inflateWeb } = await import('../src/formats/inflate-web.js');
    const { deflateSync } = await import('node:zlib');
    const packed = deflateSync(Uint8Array.of(1, 2, 3));
    expect(Array.from(await inflateWeb(packed, 3))).toEqual([1, 2, 3]);
    await expect(inflateWeb(packed, 2)).rejects.toThrow('more than the 2 bytes');
    await expect(inflateWeb(packed, 4)).rejects.toThrow('fewer pixels');
    await expect(inflateWeb(packed.subarray(0, 5), 3)).rejects.toThrow();
  });
});
