// segloss data convert: masks and splits are compared with what was put in by hand.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { openDataset } from '@segloss/data';
import { decode, encode } from 'fast-png';

import { convertDataset } from '../src/convert.js';
import { dataConvertCommand } from '../src/commands/data.js';

const root = mkdtempSync(path.join(tmpdir(), 'segloss-convert-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...parts: string[]) => path.join(root, ...parts);

function write(file: string, data: Uint8Array | Uint16Array, channels = 1): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const depth = data instanceof Uint16Array ? 16 : 8;
  writeFileSync(file, encode({ width: 2, height: 2, data, channels, depth }));
}
const pixels = (file: string) => [...decode(readFileSync(file)).data];

/** SegNet's layout with classes that start with a real one: 11 is void. */
function streets(folder: string): string {
  for (const [part, names] of Object.entries({ train: ['0001', '0002'], val: ['0003'] })) {
    for (const [i, name] of names.entries()) {
      write(
        at(folder, part, `${name}.png`),
        Uint8Array.from({ length: 12 }, (_, k) => 10 * k + i),
        3,
      );
      write(at(folder, `${part}annot`, `${name}.png`), Uint8Array.of(0, 3, 11, 10));
    }
    const lines = names.map((name) => `/SegNet/CamVid/${part}/${name}.png /SegNet/CamVid/${part}annot/${name}.png`); // prettier-ignore
    writeFileSync(at(folder, `${part}.txt`), `${lines.join('\n')}\n`);
  }
  return at(folder);
}

/** Black and white masks; images with 16 bits. */
function cells(folder: string): string {
  for (const [i, name] of ['a', 'b', 'c'].entries()) {
    write(at(folder, 'images', `${name}.png`), Uint16Array.of(0, 300 + i, 40000, 65535));
    write(at(folder, 'masks', `${name}_mask.png`), Uint8Array.of(0, 255, 0, 255));
  }
  writeFileSync(at(folder, 'train.txt'), 'c\na\n');
  writeFileSync(at(folder, 'val.txt'), 'b\n');
  return at(folder);
}

describe('to folders', () => {
  it('keeps image files, labels, classes and split', async () => {
    const source = cells('cells');
    const done = await convertDataset(source, at('cells-copy'), { layout: 'folders' });
    expect(done).toMatchObject({ train: 2, val: 1, warnings: [], labels: { 0: 'background', 1: 'foreground' } }); // prettier-ignore
    expect(readdirSync(at('cells-copy')).sort()).toEqual(['classes.txt', 'images', 'masks', 'train.txt', 'val.txt']); // prettier-ignore
    expect(pixels(at('cells-copy', 'masks', 'a.png'))).toEqual([0, 1, 0, 1]);
    expect(readFileSync(at('cells-copy', 'images', 'a.png'))).toEqual(readFileSync(at('cells', 'images', 'a.png'))); // prettier-ignore
    expect(readFileSync(at('cells-copy', 'train.txt'), 'utf8')).toBe('c\na\n');
    const { train, val } = await openDataset(at('cells-copy'));
    expect([train, val].map((part) => part.map(({ id }) => id))).toEqual([['c', 'a'], ['b']]);
  });

  it('says what the copy cannot say', async () => {
    const { labels } = await convertDataset(streets('streets'), at('streets-copy'), { layout: 'folders' });
    expect([labels['0'], labels['10'], labels['255']]).toEqual(['sky', 'bicyclist', 'ignored']);
    expect(pixels(at('streets-copy', 'masks', '0003.png'))).toEqual([0, 3, 255, 10]);
    const test = at('only');
    write(path.join(test, 'images', 'x.png'), Uint8Array.of(1, 2, 3, 4));
    write(path.join(test, 'masks', 'x.png'), Uint8Array.of(0, 1, 0, 0));
    const { warnings, train, val } = await convertDataset(test, at('only-copy'), { layout: 'folders' });
    expect([train + val, warnings.some((text) => text.startsWith('all images are in one part'))]).toEqual([1, true]); // prettier-ignore
  });

  it('reads files by patterns, and prints what it did', async () => {
    write(at('odd', 'in', 'p.png'), Uint8Array.of(9, 9, 9, 9));
    write(at('odd', 'in', 'q.png'), Uint8Array.of(8, 8, 8, 8));
    for (const name of ['p', 'q']) write(at('odd', 'out', `${name}-gt.png`), Uint8Array.of(255, 0, 0, 0));
    let text = '';
    const stdout = { write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream;
    const flags = { to: 'folders', images: 'in/*.png', masks: 'out/{name}-gt.png' };
    expect(await dataConvertCommand('odd', 'odd-copy', flags, { stdout, folder: root })).toBe(0);
    expect(text).toMatch(/^read odd: images in\/\*\.png, masks out\/\{name\}-gt\.png layout, 1 \+ 1 images/);
    expect(text).toContain('labels of the copy: 0 background, 1 foreground\n');
    expect(text.trim().split('\n').at(-1)).toBe('wrote odd-copy: 1 + 1 images');
    expect(pixels(at('odd-copy', 'masks', 'q.png'))).toEqual([1, 0, 0, 0]);
  });
});

describe('to nnU-Net', () => {
  const json = (...parts: string[]) => JSON.parse(readFileSync(at(...parts), 'utf8')) as unknown;

  it('writes dataset.json, the split, and images of 16 bits as they are', async () => {
    await convertDataset(cells('cells2'), at('n'), { layout: 'nnunet' });
    expect(json('n', 'dataset.json')).toEqual({
      channel_names: { 0: 'gray' },
      labels: { background: 0, foreground: 1 },
      numTraining: 3,
      file_ending: '.png',
    });
    expect(json('n', 'splits_final.json')).toEqual([{ train: ['c', 'a'], val: ['b'] }]);
    expect(pixels(at('n', 'imagesTr', 'b_0000.png'))).toEqual([0, 301, 40000, 65535]);
    expect(pixels(at('n', 'labelsTr', 'b.png'))).toEqual([0, 1, 0, 1]);
  });

  it('shifts the classes up where label 0 must count, and moves the ignored label to the end', async () => {
    const { labels } = await convertDataset(streets('streets2'), at('s'), { layout: 'nnunet' });
    expect([labels['0'], labels['1'], labels['11'], labels['12']]).toEqual(['background', 'sky', 'bicyclist', 'ignore']); // prettier-ignore
    expect(pixels(at('s', 'labelsTr', '0001.png'))).toEqual([1, 4, 12, 11]);
    expect(json('s', 'dataset.json')).toMatchObject({ channel_names: { 0: 'R', 1: 'G', 2: 'B' } });
    expect(pixels(at('s', 'imagesTr', '0001_0000.png'))).toEqual(
      Array.from({ length: 12 }, (_, k) => 10 * k),
    );
  });
});

describe('what is refused', () => {
  it('a target that is not empty, the source, or a folder in it; the source stays as it is', async () => {
    const source = cells('kept');
    mkdirSync(at('full'));
    writeFileSync(at('full', 'mine.txt'), 'mine');
    for (const target of [at('full'), source, path.join(source, 'copy')]) {
      await expect(convertDataset(source, target, { layout: 'folders' })).rejects.toHaveProperty('name', 'OutputError'); // prettier-ignore
    }
    expect(readdirSync(at('full'))).toEqual(['mine.txt']);
    expect(readdirSync(source).sort()).toEqual(['images', 'masks', 'train.txt', 'val.txt']);
  });

  it('a command that was stopped leaves no target, and the next one starts anew', async () => {
    const source = cells('stopped');
    writeFileSync(path.join(source, 'images', 'c.png'), 'no image');
    await expect(convertDataset(source, at('stopped-copy'), { layout: 'nnunet' })).rejects.toThrow(/c\.png/);
    expect(readdirSync(root)).not.toContain('stopped-copy');
    cells('stopped');
    await convertDataset(source, at('stopped-copy'), { layout: 'nnunet' });
    expect(readdirSync(at('stopped-copy', 'imagesTr'))).toHaveLength(3);
    expect(readdirSync(root)).not.toContain('stopped-copy.segloss-draft');
  });

  it('an unknown layout', async () => {
    const flags = { to: 'coco' };
    const stdout = process.stdout;
    await expect(dataConvertCommand('cells', 'x', flags, { stdout, folder: root })).rejects.toThrow(/folders.*nnunet/); // prettier-ignore
  });
});
