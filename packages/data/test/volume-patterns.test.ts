// NIfTI volumes that are found by patterns of their paths: the same readers and refusals as in the layout of nnU-Net.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { afterAll, describe, expect, it } from '@jest/globals';
import { checkDataset, openDataset, type OpenDatasetOptions, type Sample } from '@segloss/data';
import { encode } from 'fast-png';

import { failure } from './files.js';
import { nifti, type Crafted } from './nifti.js';

const root = mkdtempSync(path.join(tmpdir(), 'segloss-volume-patterns-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;

/** 3 x 2 x 1 voxels of 1 x 2 x 3 mm along x, y and z. */
const SIZE = { dims: [3, 2, 1], pixdim: [1, 2, 3] };
const PLACE = [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 3, 0]]; // prettier-ignore
const LABELS = [0, 0, 1, 1, 1, 0];
const image = (first: number): Given => ({ values: [first, 10, 20, 30, 40, 50] });

/** What differs from a volume of that size and place. */
interface Given extends Partial<Crafted> {
  placed?: false;
}

/** A folder with volumes; names that end with .png are images. */
function folderOf(files: Readonly<Record<string, Given>>): string {
  const folder = path.join(root, String(folders++));
  for (const [name, { placed = true, ...given }] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const bytes = name.endsWith('.png')
      ? encode({ width: 2, height: 1, data: Uint8Array.of(0, 1), channels: 1, depth: 8 })
      : nifti({ ...SIZE, values: LABELS, ...(placed && { sform: PLACE }), ...given });
    writeFileSync(file, name.endsWith('.gz') ? gzipSync(bytes) : bytes);
  }
  return folder;
}

const two = folderOf({
  'img/la_1_0000.nii.gz': image(0),
  'img/la_2_0000.nii.gz': image(5),
  'lab/la_1.nii.gz': {},
  'lab/la_2.nii.gz': {},
});
const PAIRED = { images: 'img/{name}_0000.nii.gz', masks: 'lab/{name}.nii.gz' };

async function samplesOf(folder: string, options: OpenDatasetOptions): Promise<Sample[]> {
  const { train, val } = await openDataset(folder, options);
  const samples = await Promise.all([...train, ...val].map((source) => source.load()));
  return samples.sort((a, b) => (a.id < b.id ? -1 : 1));
}

describe('volumes by patterns', () => {
  it('are read whole, with their spacing, and one per case', async () => {
    const [first, second, ...others] = await samplesOf(two, { ...PAIRED, volumes: 'whole', window: [0, 50] });
    expect(others).toEqual([]);
    expect([first!.id, second!.id]).toEqual(['la_1', 'la_2']);
    expect([first!.depth, first!.height, first!.width, first!.channels]).toEqual([1, 2, 3, 1]);
    expect(first!.spacing).toEqual([3, 2, 1]);
    expect(Array.from(first!.image, (value) => Math.round(100 * value))).toEqual([0, 20, 40, 60, 80, 100]);
    expect(Math.round(100 * second!.image[0]!)).toBe(10);
    expect(Array.from(first!.mask)).toEqual(LABELS);
  });

  it('are read as slices across an axis', async () => {
    const rows = await samplesOf(two, { ...PAIRED, axis: 1 });
    expect(rows.map(({ id, mask }) => [id, Array.from(mask)])).toEqual([
      ['la_1/0', [0, 0, 1]],
      ['la_1/1', [1, 1, 0]],
      ['la_2/0', [0, 0, 1]],
      ['la_2/1', [1, 1, 0]],
    ]);
  });

  it('are described, counted and checked as volumes', async () => {
    const { description, classes, channels, background } = await openDataset(two, PAIRED);
    expect(description).toMatch(/^images img\/\{name\}_0000\.nii\.gz, masks .* layout, 1 \+ 1 volumes \(split by seed 1\); .*; slices across depth; values from percentile/); // prettier-ignore
    expect([classes, channels, background]).toEqual([['background', 'foreground'], 1, 0]);
    const report = await checkDataset(two, PAIRED);
    expect([report.usable, report.train.pixels, report.val.pixels]).toEqual([true, [3, 3], [3, 3]]);
  });

  it('follow lists, with and without extensions, and classes.txt', async () => {
    const folder = folderOf({ 'a.nii.gz': image(0), 'b.nii': image(1), 'a_seg.nii.gz': { values: [0, 1, 2, 2, 1, 0] }, 'b_seg.nii': {} }); // prettier-ignore
    writeFileSync(path.join(folder, 'classes.txt'), 'background\nfront\nback\n');
    writeFileSync(path.join(folder, 'train.txt'), 'b.nii\n');
    writeFileSync(path.join(folder, 'val.txt'), 'a.nii.gz\n');
    const { train, val, classes } = await openDataset(folder, { images: '*.nii*', masks: '{name}_seg.nii*', volumes: 'whole' }); // prettier-ignore
    expect([train, val].map((part) => part.map(({ id }) => id))).toEqual([['b'], ['a']]);
    expect(classes).toEqual(['background', 'front', 'back']);
    expect(Array.from((await val[0]!.load()).mask)).toEqual([0, 1, 2, 2, 1, 0]);
  });

  it('have a file for each channel where several differ in `*` alone, in the order of what it stands for', async () => {
    const folder = folderOf(
      Object.fromEntries(
        ['p_1', 'p_1_1'].flatMap((name, k) => [
          [`${name}/${name}_t2.nii.gz`, image(20 + k)],
          [`${name}/${name}_t1.nii.gz`, image(10 + k)],
          [`${name}/${name}_t10.nii.gz`, image(30 + k)],
          [`${name}/${name}_seg.nii.gz`, {}],
        ]),
      ),
    );
    const given = { images: '{name}/{name}_*.nii.gz', masks: '{name}/{name}_seg.nii.gz' };
    const opened = await openDataset(folder, given);
    expect([opened.channels, opened.channelNames]).toEqual([3, ['t1', 't2', 't10']]);
    expect(opened.description).toContain('; channels t1, t2, t10; slices');
    const samples = await samplesOf(folder, { ...given, volumes: 'whole', window: [0, 100] });
    const firsts = samples.map(({ id, image: values }) => [id, ...Array.from(values.subarray(0, 3), (value) => Math.round(100 * value))]); // prettier-ignore
    expect(firsts).toEqual([
      ['p_1', 10, 20, 30],
      ['p_1_1', 11, 21, 31],
    ]);
  });

  it('leave the names to the masks where the pattern of images is open', async () => {
    const folder = folderOf({ 'img/la_1_x.nii.gz': image(1), 'img/la_2_y.nii.gz': image(2), 'lab/la_1.nii.gz': {}, 'lab/la_2.nii.gz': {} }); // prettier-ignore
    const samples = await samplesOf(folder, { images: 'img/{name}_*.nii.gz', masks: 'lab/{name}.nii.gz', volumes: 'whole' }); // prettier-ignore
    expect(samples.map(({ id, channels }) => [id, channels])).toEqual([['la_1', 1], ['la_2', 1]]); // prettier-ignore
  });
});

const OTHER_PLACE = [[1, 0, 0, 40], [0, 2, 0, 0], [0, 0, 3, 0]]; // prettier-ignore
const FLIPPED = [[-1, 0, 0, 2], [0, 2, 0, 0], [0, 0, 3, 0]]; // prettier-ignore
const WIDER = [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 3, 0]]; // prettier-ignore
const single = { images: 'i/*.nii', masks: 'm/{name}.nii' };

describe('volumes by patterns are refused', () => {
  it.each<[string, Record<string, Given>, { images: string; masks: string }, string]>([
    ['without labels', { 'i/a.nii': {}, 'i/b.nii': {}, 'm/a.nii': {} }, single, 'image without mask in'],
    ['without image', { 'i/a.nii': {}, 'm/a.nii': {}, 'm/b.nii': {} }, single, 'mask without image in'],
    ['next to images', { 'i/a.nii': {}, 'i/b.png': {}, 'm/a.nii': {}, 'm/b.png': {} }, { images: 'i/*', masks: 'm/{name}.*' }, 'wanted images and masks of one kind in'], // prettier-ignore
    ['with a mask that is an image', { 'i/a.nii': {}, 'm/a.png': {} }, { images: 'i/*', masks: 'm/{name}.png' }, 'got 1 NIfTI volumes (i/a.nii) and 1 other images (m/a.png)'], // prettier-ignore
    ['with another channel missing', { 'i/a_0.nii': {}, 'i/a_1.nii': {}, 'i/b_0.nii': {}, 'i/b_2.nii': {}, 'm/a.nii': {}, 'm/b.nii': {} }, { images: 'i/{name}_*.nii', masks: 'm/{name}.nii' }, 'got 0, 1 of a and 0, 2 of b by the pattern of images'], // prettier-ignore
    ['with one channel missing', { 'i/a_0.nii': {}, 'i/a_1.nii': {}, 'i/b_0.nii': {}, 'm/a.nii': {}, 'm/b.nii': {} }, { images: 'i/{name}_*.nii', masks: 'm/{name}.nii' }, 'got 0, 1 of a and 0 of b'], // prettier-ignore
    ['with channels that two cases could have', { 'i/a_0.nii': {}, 'i/a_1_0.nii': {}, 'm/a.nii': {}, 'm/a_1.nii': {} }, { images: 'i/{name}_*.nii', masks: 'm/{name}.nii' }, 'two masks in'], // prettier-ignore
    ['with two labels', { 'i/a.nii': {}, 'm/a_1.nii': {}, 'm/a_2.nii': {} }, { images: 'i/{name}.nii', masks: 'm/{name}_*.nii' }, 'two masks in'], // prettier-ignore
  ])('%s', async (_title, files, patterns, message) => {
    expect(await failure(openDataset(folderOf(files), patterns))).toContain(message);
  });

  it.each<[string, Given, string]>([
    ['another place', { sform: OTHER_PLACE }, 'lie up to 40.0 mm apart by their affines'],
    ['a flipped axis', { sform: FLIPPED }, 'lie up to 2.0 mm apart'],
    ['another spacing', { sform: WIDER }, 'lie up to 2.0 mm apart'],
    [
      'another spacing without a place',
      { placed: false, pixdim: [2, 2, 2] },
      'wanted image and labels of one spacing, got 3 x 2 x 1 mm in',
    ],
    ['another size', { dims: [2, 3, 1] }, 'wanted image and labels of one size, got 1x2x3 in'],
    ['fractions', { type: 16, values: [0, 0.5, 1, 1, 1, 0] }, 'got 0.5 (1 pixels)'],
    ['unnamed classes', { values: [0, 1, 2, 2, 1, 0] }, 'got 2 (2 pixels); without classes.txt'],
    [
      'channels',
      { dims: [3, 2, 1, 2], values: [...LABELS, ...LABELS] },
      'wanted one label for each voxel, got 2',
    ],
  ])('with labels of %s', async (_title, labels, message) => {
    const folder = folderOf({ 'i/a.nii': image(0), 'i/b.nii': image(0), 'm/a.nii': labels, 'm/b.nii': labels }); // prettier-ignore
    for (const volumes of ['whole', 'slices'] as const) {
      const { usable, problems } = await checkDataset(folder, { ...single, volumes });
      expect(usable).toBe(false);
      expect(new Set(problems.map((one) => one.message)).size).toBe(problems.length); // not for every slice anew
      expect(problems.map((one) => one.message).join('\n')).toContain(message);
    }
  });

  it('where one has other channels than the first', async () => {
    const folder = folderOf({ 'i/a.nii': image(0), 'i/b.nii': { dims: [3, 2, 1, 2], values: [...LABELS, ...LABELS] }, 'm/a.nii': {}, 'm/b.nii': {} }); // prettier-ignore
    expect(await failure(openDataset(folder, single))).toMatch(/wanted the same channels in every volume, got 1 in .*i\/a\.nii and 2 in .*i\/b\.nii/); // prettier-ignore
  });

  it('where options of volumes are given for images', async () => {
    const folder = folderOf({ 'i/a.png': {}, 'i/b.png': {}, 'm/a.png': {}, 'm/b.png': {} });
    const given = { images: 'i/*', masks: 'm/{name}.png', volumes: 'whole' } as const;
    await expect(openDataset(folder, given)).rejects.toThrow(
      'volumes means nothing to the layout images i/*',
    );
  });

  it('in images/ and masks/, with the patterns to give', async () => {
    const folder = folderOf({ 'images/a.nii.gz': {}, 'masks/a.nii.gz': {} });
    expect(await failure(openDataset(folder))).toContain("name them by patterns, images 'images/*.nii.gz'");
  });
});
