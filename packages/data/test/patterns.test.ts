// Images and masks that are found by patterns of their paths.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';
import { checkDataset, openDataset, type Sample } from '@segloss/data';
import { encode } from 'fast-png';

const root = mkdtempSync(path.join(tmpdir(), 'segloss-patterns-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

/** A folder with gray images of 2 x 2: all pixels of `value`. */
function folderOf(files: Readonly<Record<string, number>>): string {
  const folder = path.join(root, String(folders++));
  for (const [name, value] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const data = Uint8Array.of(value, value, value, 0);
    writeFileSync(file, encode({ width: 2, height: 2, data, channels: 1, depth: 8 }));
  }
  return folder;
}

/** The first pixel of each image, in 1/255, and of its mask, by id. */
async function pairsOf(folder: string, images: string, masks: string): Promise<Record<string, number[]>> {
  const { train, val } = await openDataset(folder, { images, masks });
  const samples: Sample[] = await Promise.all([...train, ...val].map((source) => source.load()));
  const entries = samples.map(({ id, image, mask }): [string, number[]] => [id, [Math.round(255 * image[0]!), mask[0]!]]); // prettier-ignore
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const expected = { a: [10, 1], b: [20, 0] };

describe('patterns', () => {
  it.each<[string, Record<string, number>, string, string]>([
    ['another folder and ending', { 'img/a.png': 10, 'img/b.png': 20, 'gt/a_1stHO.png': 255, 'gt/b_1stHO.png': 0 }, 'img/*.png', 'gt/{name}_1stHO.png'], // prettier-ignore
    ['one folder for both', { 'a.png': 10, 'b.png': 20, 'a_mask.png': 255, 'b_mask.png': 0 }, '*.png', '{name}_mask.png'], // prettier-ignore
    ['one folder for both, where the images have the longer names', { 'a_img.png': 10, 'b_img.png': 20, 'a.png': 255, 'b.png': 0 }, '{name}_img.png', '{name}.png'], // prettier-ignore
    ['a folder for each case', { 'a/image.png': 10, 'b/image.png': 20, 'a/mask.png': 255, 'b/mask.png': 0 }, '{name}/image.png', '{name}/mask.png'], // prettier-ignore
    ['a name in parts', { 'i/x_a.png': 10, 'i/x_b.png': 20, 'm/a-1.png': 255, 'm/b-2.png': 0 }, 'i/x_{name}.png', 'm/{name}-*.png'], // prettier-ignore
    ['any depth', { 'i/p/q/a.png': 10, 'i/b.png': 20, 'm/a.png': 255, 'm/b.png': 0 }, 'i/**/*.png', 'm/{name}.png'], // prettier-ignore
    ['extensions in capitals', { 'i/a.png': 10, 'i/b.PNG': 20, 'm/a.PNG': 255, 'm/b.png': 0 }, 'i/*.png', 'm/{name}.png'], // prettier-ignore
    ['files that no pattern fits', { 'i/a.png': 10, 'i/b.png': 20, 'i/old/c.png': 9, 'm/a.png': 255, 'm/b.png': 0 }, 'i/{name}.png', 'm/{name}.png'], // prettier-ignore
    ['a name that occurs twice', { 'i/a/a.png': 10, 'i/b/b.png': 20, 'i/a/c.png': 9, 'm/a.png': 255, 'm/b.png': 0 }, 'i/{name}/{name}.png', 'm/{name}.png'], // prettier-ignore
    ['signs that mean something elsewhere', { 'i(1)/a.png': 10, 'i(1)/b.png': 20, 'm[1]/a+.png': 255, 'm[1]/b+.png': 0 }, 'i(1)/*.png', 'm[1]/{name}+.png'], // prettier-ignore
  ])('%s', async (_title, files, images, masks) => {
    expect(await pairsOf(folderOf(files), images, masks)).toEqual(expected);
  });

  it('read lists and classes, and are told by the report', async () => {
    const folder = folderOf({ 'i/a.png': 10, 'i/b.png': 20, 'm/a.png': 2, 'm/b.png': 1 });
    writeFileSync(path.join(folder, 'classes.txt'), 'background\none\ntwo\n');
    writeFileSync(path.join(folder, 'train.txt'), 'b\n');
    writeFileSync(path.join(folder, 'val.txt'), 'a\n');
    const given = { images: 'i/*.png', masks: 'm/{name}.png' };
    const { train, classes, description } = await openDataset(folder, given);
    expect([train.map(({ id }) => id), classes]).toEqual([['b'], ['background', 'one', 'two']]);
    expect(description).toMatch(/^images i\/\*\.png, masks m\/\{name\}\.png layout, 1 \+ 1 images/);
    const report = await checkDataset(folder, given);
    expect([report.usable, report.train.pixels, report.val.pixels]).toEqual([true, [1, 3, 0], [1, 0, 3]]);
  });

  it.each<[string, Record<string, number>, string, string, RegExp]>([
    ['two masks of one image', { 'i/a.png': 1, 'm/a_1.png': 0, 'm/a_2.png': 0 }, 'i/*.png', 'm/{name}_*.png', /two masks in .* fit the image i\/a.png: m\/a_1.png and m\/a_2.png/], // prettier-ignore
    ['two images of one mask', { 'i/a.png': 1, 'i/a_1.png': 1, 'm/a_1_x.png': 0, 'm/a.png': 0 }, 'i/*.png', 'm/{name}_*.png', /two images in .* fit the mask m\/a_1_x.png/], // prettier-ignore
    ['two images of one name', { 'i/p/a.png': 1, 'i/q/a.png': 1, 'm/a.png': 0 }, 'i/*/*.png', 'm/{name}.png', /two images in .* have the name a: i\/p\/a.png and i\/q\/a.png/], // prettier-ignore
    ['an image alone', { 'i/a.png': 1, 'i/b.png': 1, 'm/a.png': 0 }, 'i/*.png', 'm/{name}.png', /image without mask in .*: i\/b.png \(of 1\)/], // prettier-ignore
    ['a mask alone', { 'i/a.png': 1, 'm/b.png': 1, 'm/a.png': 0 }, 'i/*.png', 'm/{name}.png', /mask without image in .*: m\/b.png/], // prettier-ignore
    ['no image', { 'i/a.png': 1, 'm/a.png': 0 }, 'j/*.png', 'm/{name}.png', /no file in .* fits the pattern of images, j\/\*.png/], // prettier-ignore
    ['one pattern for both', { 'a.png': 1, 'b.png': 1 }, '*.png', '{name}.png', /2 of 2 files that fit the pattern of images, \*\.png, fit the pattern of masks, \{name\}\.png, too/], // prettier-ignore
    ['a file that fits both, where neither pattern is narrower', { 'a_mask.png': 1, 'a.png': 1, 'm/b_mask.png': 0 }, '*.png', '**/{name}_mask.png', /1 of 2 files that fit the pattern of images/], // prettier-ignore
    [
      'a format that is not read',
      { 'i/a.bmp': 1, 'm/a.png': 0 },
      'i/*',
      'm/{name}.png',
      /cannot read i\/a.bmp/,
    ],
  ])('%s is refused', async (_title, files, images, masks, message) => {
    const opening = openDataset(folderOf(files), { images, masks });
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toHaveProperty('name', 'DataError');
  });

  it.each<[object, RegExp]>([
    [{ images: '*.png' }, /wanted images and masks, got images only/],
    [{ images: '*.png', masks: 'm/*.png' }, /wanted \{name\} in the pattern of masks/],
    [{ images: '../*.png', masks: '{name}.png' }, /without \.\./],
    [{ images: '/i/*.png', masks: '{name}.png' }, /wanted a path from the folder of the data/],
    [{ images: '*.{png,jpg}', masks: '{name}.png' }, /no braces but \{name\}/],
    [{ images: 'i**/*.png', masks: '{name}.png' }, /\*\* as a folder of its own/],
  ])('%j is refused', async (options, message) => {
    const opening = openDataset(folderOf({ 'a.png': 1 }), options);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toBeInstanceOf(RangeError);
  });
});
