import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  classProportions,
  encodeNifti,
  openDataset,
  readNifti,
  sliceOf,
  writeNifti,
  type OpenDatasetOptions,
  type Sample,
} from '@segloss/data';
import { sharedData } from '@segloss/testing';
import { indexLabels } from '../src/read/labels.js';
import { readVolume } from '../src/read/volumes.js';
import { failure, removeAfterAll, temporaryFolder } from './files.js';
import { nifti, TYPES, type Crafted } from './nifti.js';

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
beforeAll(async () => ({ path, put } = await temporaryFolder()));
removeAfterAll(() => path);

const read = async (crafted: Crafted, name = 'one.nii') => readNifti(await put(name, nifti(crafted)));

describe('readNifti', () => {
  const formats = TYPES.flatMap((type) =>
    ([1, 2] as const).flatMap((version) =>
      [true, false].map((littleEndian) => ({ type, version, littleEndian })),
    ),
  );
  it.each(formats)('reads values exactly: %j', async (format) => {
    const values = [0, 1, 2, 100, 3, 127];
    const volume = await read({ ...format, dims: [3, 2, 1], values });
    expect(Array.from(volume.values)).toEqual(values);
    expect(volume.shape).toEqual([1, 2, 3]);
  });

  it('applies slope and intercept, unless the slope is 0', async () => {
    const given = { dims: [2], values: [10, 20], type: 4 };
    expect(Array.from((await read({ ...given, slope: 0.5, intercept: -1 })).values)).toEqual([4, 9]);
    expect(Array.from((await read({ ...given, slope: 0, intercept: 7 })).values)).toEqual([10, 20]);
  });

  it('reads the same from .nii.gz, and begins where the header says', async () => {
    const crafted = { dims: [2, 1, 1], values: [7, 9], offset: 368 };
    const { values } = await readNifti(await put('a.nii.gz', gzipSync(nifti(crafted))));
    expect(Array.from(values)).toEqual([7, 9]);
  });

  it('takes the affine of the sform, else of the qform, else the voxel sizes', async () => {
    const sform = [
      [0, 0, 4, 10],
      [-2, 0, 0, 20],
      [0, 3, 0, 30],
    ];
    // A quarter turn about z: (a, b, c, d) = (√½, 0, 0, √½).
    const qform = { b: 0, c: 0, d: Math.SQRT1_2, origin: [1, 2, 3] };
    for (const version of [1, 2] as const) {
      const given = { version, dims: [1, 1, 1], values: [0], pixdim: [2, 3, 4] };
      const bySform = await read({ ...given, sform, qform });
      expect(bySform.affine).toEqual(sform);
      expect(bySform.spacing).toEqual([4, 3, 2]);
      const byQform = await read({ ...given, qform });
      byQform.affine
        .flat()
        .forEach((value, i) => expect(value).toBeCloseTo([0, -3, 0, 1, 2, 0, 0, 2, 0, 0, 4, 3][i]!, 5));
      const leftHanded = await read({ ...given, qform, qfac: -1 });
      expect(leftHanded.affine[2].map((value) => Math.round(value))).toEqual([0, 0, -4, 3]);
      const plain = await read(given);
      expect(plain.affine).toEqual([[2, 0, 0, 0], [0, 3, 0, 0], [0, 0, 4, 0]]); // prettier-ignore
      expect([bySform.placed, byQform.placed, plain.placed]).toEqual([true, true, false]);
    }
  });

  it('turns by 180 degrees exactly where float32 cannot say so', async () => {
    // b² + c² + d² of 1 - 2e-8, as float32 makes of a half turn about an oblique axis.
    const [b, c, d] = [0.6, 0.8, 0].map((x) => x * (1 - 1e-8)) as [number, number, number];
    for (const version of [1, 2] as const) {
      const { affine } = await read({ version, dims: [1, 1, 1], values: [0], pixdim: [2, 2, 3], qform: { b, c, d, origin: [0, 0, 0] } }); // prettier-ignore
      // 2 v vᵀ - 1 of the axis v = (0.6, 0.8, 0), times the voxel sizes.
      const wanted = [2 * (0.72 - 1), 2 * 0.96, 0, 0, 2 * 0.96, 2 * (1.28 - 1), 0, 0, 0, 0, -3, 0];
      affine.flat().forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThan(1e-6));
    }
  });

  it('gives an axis of one voxel without a size 1 mm', async () => {
    const { spacing } = await read({ dims: [2, 2], values: [0, 1, 2, 3], pixdim: [2, 3, 0] });
    expect(spacing).toEqual([1, 3, 2]);
  });

  it('gives millimeters, whatever the unit of the file', async () => {
    const given = { dims: [1, 1, 1], values: [0] };
    expect((await read({ ...given, pixdim: [500, 250, 1000], units: 3 })).spacing).toEqual([1, 0.25, 0.5]);
    const meters = await read({ ...given, sform: [[0.5, 0, 0, 2], [0, 0.5, 0, 0], [0, 0, 0.5, 0]], units: 1 }); // prettier-ignore
    expect([meters.spacing[0], meters.affine[0][3]]).toEqual([500, 2000]);
  });

  it('has the fourth or the fifth axis as channels', async () => {
    for (const dims of [
      [2, 1, 1, 3],
      [2, 1, 1, 1, 3],
    ]) {
      const volume = await read({ dims, values: [1, 2, 3, 4, 5, 6] });
      expect([volume.channels, ...volume.shape]).toEqual([3, 1, 1, 2]);
    }
  });

  it.each<[string, Uint8Array, string]>([
    ['text', Buffer.from('no volume'.repeat(60)), 'it is no NIfTI file by its first bytes'],
    [
      'colors',
      nifti({ dims: [1, 1, 1], values: [0], type: 128 }),
      'its data type has the code 128; uint8, int16',
    ],
    [
      'a short file',
      nifti({ dims: [4, 4, 4], values: [0] }),
      'it holds fewer voxels than its header says (4 x 4 x 4)',
    ],
    ['a short compressed file', gzipSync(nifti({ dims: [4, 4, 4], values: [0] })), 'it holds fewer voxels'],
    [
      'a huge claim',
      nifti({ version: 2, dims: [2e9, 2e9, 2e9], values: [0] }),
      'at most 256 million are read',
    ],
    [
      'a claim that so few bytes cannot hold',
      gzipSync(nifti({ dims: [500, 500, 500], values: [0] })),
      'fewer voxels',
    ],
    ['an axis of none', nifti({ dims: [4, 0, 4], values: [0] }), 'it claims 3 axes with 4 x 0 x 4 voxels'],
    ['time and channels', nifti({ dims: [1, 1, 1, 2, 2], values: [0] }), 'three axes and one of channels'],
    [
      'no size of voxels',
      nifti({ dims: [2, 1, 1], values: [0, 0], pixdim: [0, 1, 1] }),
      'correct the header',
    ],
    ['a cut header', nifti({ dims: [1, 1, 1], values: [0] }).slice(0, 300), 'no NIfTI file'],
    [
      'a damaged gzip',
      gzipSync(nifti({ dims: [64, 64, 1], values: Array.from({ length: 4096 }, (_, i) => (i * i) % 251) })).slice(0, -20), // prettier-ignore
      'unexpected end of file',
    ],
  ])('refuses with the cause: %s', async (name, bytes, message) => {
    const file = await put(`refused/${name}.nii`, bytes);
    const said = await failure(readNifti(file));
    expect(said).toContain(`unreadable: cannot read ${file}: `);
    expect(said).toContain(message);
  });
});

describe('encodeNifti', () => {
  const affine = [
    [0, 0, 2.5, -10],
    [-0.5, 0, 0, 20],
    [0, 0.75, 0, 30],
  ] as const;

  it('writes labels and geometry that are read again', async () => {
    const labels = Uint8Array.from({ length: 24 }, (_, i) => (i * 37) % 256);
    for (const name of ['labels.nii', 'labels.nii.gz']) {
      await writeNifti(join(path, name), labels, { shape: [2, 3, 4], affine });
      const volume = await readNifti(join(path, name));
      expect(volume).toMatchObject({
        shape: [2, 3, 4],
        channels: 1,
        spacing: [2.5, 0.75, 0.5],
        affine,
        placed: true,
        values: labels,
      });
    }
    expect((await readFile(join(path, 'labels.nii.gz'))).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
  });

  it('keeps the place of an image with all codes, and leaves it unplaced where the image is', async () => {
    const sform = [[0, 0, 4, 10], [-2, 0, 0, 20], [0, 3, 0, 30]]; // prettier-ignore
    const qform = { b: 0.5, c: 0.5, d: -0.5, origin: [1, 2, 3] };
    for (const place of [{}, { sform }, { qform }, { qform, qfac: -1 }, { sform, qform }]) {
      const image = await readNifti(await put('image.nii', nifti({ dims: [2, 2, 1], values: [0, 1, 2, 3], pixdim: [2, 3, 4], ...place }))); // prettier-ignore
      const file = await put('labels.nii', encodeNifti(Uint8Array.of(3, 2, 1, 0), { shape: image.shape, forms: image.forms })); // prettier-ignore
      const { forms, affine, placed } = await readNifti(file);
      expect({ forms, affine, placed }).toEqual({
        forms: image.forms,
        affine: image.affine,
        placed: image.placed,
      });
      const header = new DataView((await readFile(file)).buffer);
      expect([header.getInt16(252, true), header.getInt16(254, true)]).toEqual([Number('qform' in place), Number('sform' in place)]); // prettier-ignore
    }
    const forms = (await readNifti(await put('image.nii', nifti({ dims: [1], values: [0] })))).forms;
    expect(() => encodeNifti(Uint8Array.of(0), { shape: [1, 1, 1], forms, spacing: [1, 1, 1] })).toThrow(
      /forms alone/,
    );
  });

  it('refuses what does not fit', () => {
    const labels = new Uint8Array(4);
    expect(() => encodeNifti(labels, { shape: [1, 2, 3] })).toThrow(
      'wanted 6 labels for the shape [1,2,3], got 4',
    );
    expect(() => encodeNifti(labels, { shape: [1, 2, 2], spacing: [1, 1, 0] })).toThrow(
      'three distances in mm',
    );
    expect(() => encodeNifti(labels, { shape: [1, 2, 2], spacing: [1, 1, 1], affine })).toThrow(
      'leave spacing out',
    );
    expect(() => encodeNifti(labels, { shape: [1, 2, 2], spacng: [1] } as never)).toThrow(
      'did you mean "spacing"?',
    );
    expect(() => encodeNifti([0] as never, { shape: [1, 1, 1] })).toThrow(TypeError);
  });
});

/** Two cases of two channels, 3 x 2 x 2 voxels (width, height, depth), with image values from 0 to 100. */
async function dataset(
  name: string,
  description: object,
  { suffixes = ['_0000', '_0001'], label = {}, image = {} }: { suffixes?: string[]; label?: Partial<Crafted>; image?: Partial<Crafted> } = {}, // prettier-ignore
): Promise<string> {
  await put(`${name}/dataset.json`, JSON.stringify(description));
  for (const id of ['case_a', 'case_b']) {
    for (const [c, suffix] of suffixes.entries()) {
      const values = Array.from({ length: 12 }, (_, i) => (100 * (i + c)) / 12);
      const bytes = nifti({ dims: [3, 2, 2], values, type: 16, pixdim: [1, 2, 5], ...image });
      await put(`${name}/imagesTr/${id}${suffix}.nii.gz`, gzipSync(bytes));
    }
    const values = [0, 1, 2, 0, 0, 0, 3, 0, 0, 0, 0, 1];
    await put(
      `${name}/labelsTr/${id}.nii.gz`,
      gzipSync(nifti({ dims: [3, 2, 2], values, pixdim: [1, 2, 5], ...label })),
    );
  }
  return join(path, name);
}

const V2 = {
  channel_names: { 0: 'T1', 1: 'T2' },
  labels: { background: 0, core: 1, edema: 2, ignore: 3 },
  file_ending: '.nii.gz',
};
const loaded = async (folder: string, options: OpenDatasetOptions = {}): Promise<Sample> =>
  (await openDataset(folder, options)).val[0]!.load();

describe('the layout of MSD and nnU-Net', () => {
  it('reads version 2: a file for each channel, names with numbers, "ignore"', async () => {
    const folder = await dataset('v2', V2);
    const { classes, channels, train, val, description } = await openDataset(folder, { volumes: 'whole' });
    expect([classes, channels, train.length, val.length]).toEqual([['background', 'core', 'edema'], 2, 1, 1]);
    expect(description).toMatch(
      /1 \+ 1 volumes \(split by seed 1\); 3 classes from dataset.json, 3 is ignored, .*; values from percentile 0.5 to 99.5/,
    );
    const volume = await train[0]!.load();
    expect([volume.depth, volume.height, volume.width, volume.channels]).toEqual([2, 2, 3, 2]);
    expect(volume.spacing).toEqual([5, 2, 1]);
    expect(Array.from(volume.mask)).toEqual([0, 1, 2, 0, 0, 0, 255, 0, 0, 0, 0, 1]);
    const { image } = await loaded(folder, { volumes: 'whole', window: [0, 50] });
    const wanted = Array.from({ length: 24 }, (_, i) => Math.min(1, ((i >> 1) + (i % 2)) / 6));
    image.forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 6));
  });

  it('reads version 1: numbers with names, one file, channels along the fourth axis', async () => {
    const labels = { 0: 'background', 1: 'a', 2: 'b', 3: 'c' };
    const image = { dims: [3, 2, 2, 2], values: Array.from({ length: 24 }, (_, i) => i) };
    const folder = await dataset('v1', { labels, modality: { 0: 'T1', 1: 'T2' } }, { suffixes: [''], image });
    const { classes, channels } = await openDataset(folder);
    expect([classes, channels]).toEqual([['background', 'a', 'b', 'c'], 2]);
    const { image: values } = await loaded(folder, { volumes: 'whole', window: [0, 24] });
    expect(Array.from(values.slice(0, 4), (value) => Math.round(24 * value))).toEqual([0, 12, 1, 13]);
  });

  it('gives slices across an axis, of which no case is on both sides', async () => {
    const folder = await dataset('slices', V2);
    const whole = await loaded(folder, { volumes: 'whole' });
    for (const axis of [0, 1, 2] as const) {
      const { train, val } = await openDataset(folder, { axis });
      expect(train.map(({ id }) => id)).toHaveLength([2, 2, 3][axis]!);
      const cases = [train, val].map((part) => new Set(part.map(({ id }) => id.split('/')[0])));
      expect([...cases[0]!].filter((id) => cases[1]!.has(id))).toEqual([]);
      const slices = await Promise.all(val.map((source) => source.load()));
      expect(slices).toEqual(slices.map((_, index) => sliceOf(whole, { axis, index })));
      expect(slices[1]!.id).toBe(val[1]!.id);
    }
    expect(sliceOf(whole, { axis: 1, index: 1 })).toMatchObject({ height: 2, width: 3, spacing: [5, 1] });
    expect(Array.from(sliceOf(whole, { axis: 2, index: 0 }).mask)).toEqual([0, 0, 255, 0]);
  });

  it('reads a volume anew when its file has changed', async () => {
    const folder = await dataset('changed', V2);
    const { val } = await openDataset(folder);
    await val[0]!.load();
    await dataset('changed', V2, { label: { values: Array<number>(12).fill(1) } });
    expect([...new Set((await val[0]!.load()).mask)]).toEqual([1]);
  });

  it('takes floating-point labels that are whole numbers, and no others', async () => {
    const whole = await dataset('whole', V2, { label: { type: 16 } });
    expect((await loaded(whole)).mask[1]).toBe(1);
    const values = [0, 1, 0.5, ...Array<number>(9).fill(0)];
    const broken = await dataset('broken', V2, { label: { type: 16, values } });
    expect(await failure(loaded(broken))).toMatch(
      /^bad-label: wanted class labels in .*labelsTr.*, got 0.5 \(1 pixels\); labels are 0 to 2, and 255 for ignored pixels, as is 3/,
    );
  });

  it('reads labels whose header has a scale of rounding, and names a scale that makes other numbers', async () => {
    // What a program does that saves the labels 0 to 4 as scaled int16: the whole range, and float32 for slope and intercept.
    const [slope, intercept] = [Math.fround(4 / 65535), Math.fround(2 + 2 / 65535)];
    const values = [0, 1, 2, 3, 4].map((label) => Math.round((label - intercept) / slope));
    const labels = { dims: [5, 1, 1], type: 4, slope, intercept, values };
    const exact = (await readNifti(await put('scaled.nii', nifti(labels)))).values;
    expect(Array.from(exact).every(Number.isInteger)).toBe(false);
    const image = await put('image.nii', nifti({ dims: [5, 1, 1], values: [1, 2, 3, 4, 5] }));
    const load = async (label: string) =>
      readVolume({ id: 'a', images: [image], label, rule: indexLabels(5), window: [0, 1] });
    expect(Array.from((await load(join(path, 'scaled.nii'))).mask)).toEqual([0, 1, 2, 3, 4]);
    const halves = await put(
      'halves.nii',
      nifti({ ...labels, slope: 0.5, intercept: 0, values: [0, 1, 2, 3, 4] }),
    );
    expect(await failure(load(halves))).toMatch(/halves.nii, got 0.5: its header scales .* \(scl_slope 0.5/);
  });

  it('reads values by a label map', async () => {
    const folder = await dataset('mapped', V2, { label: { values: [7, ...Array<number>(11).fill(0)] } });
    expect(await failure(loaded(folder))).toContain('got 7 (1 pixels)');
    expect((await loaded(folder, { labelMap: { 7: 2 } })).mask[0]).toBe(2);
    await put('mapped/label-map.json', '{"7": 255}');
    expect((await loaded(folder)).mask[0]).toBe(255);
    await put('mapped/label-map.json', '{"7": 9}');
    expect(await failure(openDataset(folder))).toContain('label map: 9, which 7 is mapped to, is no label');
  });

  it('refuses what is not in one place or not of one size', async () => {
    const at = (x: number) => [
      [1, 0, 0, x],
      [0, 2, 0, 0],
      [0, 0, 5, 0],
    ];
    const near = await dataset('near', V2, { image: { sform: at(0) }, label: { sform: at(0.4) } });
    expect((await loaded(near)).width).toBe(3);
    const far = await dataset('far', V2, { image: { sform: at(0) }, label: { sform: at(3) } });
    expect(await failure(loaded(far))).toMatch(/^size-mismatch: .*lie up to 3.0 mm apart/);
    const small = await dataset('small', V2, {
      label: { dims: [3, 2, 1], values: Array<number>(6).fill(0) },
    });
    expect(await failure(loaded(small))).toMatch(/^size-mismatch: .*2x2x3 in .* and 1x2x3 in/);
  });

  it.each<[string, object, string]>([
    [
      'regions',
      { labels: { background: 0, whole: [1, 2], core: 2 } },
      'has the region whole of labels [1,2]',
    ],
    ['a gap', { labels: { background: 0, core: 2 } }, 'number them without a gap'],
    ['other files', { ...V2, file_ending: '.png' }, 'wanted file_ending .nii or .nii.gz'],
  ])('refuses a description with %s', async (name, description, message) => {
    expect(await failure(openDataset(await dataset(`refused-${name}`, description)))).toContain(message);
  });

  it('names cases that lack an image, a label or a channel', async () => {
    const lonely = await dataset('lonely', V2);
    await put('lonely/imagesTr/case_c_0000.nii.gz', new Uint8Array());
    expect(await failure(openDataset(lonely))).toContain('image without label: case_c_0000.nii.gz');
    const orphan = await dataset('orphan', V2);
    await put('orphan/labelsTr/case_d.nii.gz', new Uint8Array());
    expect(await failure(openDataset(orphan))).toContain('label without image: case_d.nii.gz');
    const uneven = await dataset('uneven', V2);
    await put('uneven/imagesTr/case_a_0002.nii.gz', new Uint8Array());
    expect(await failure(openDataset(uneven))).toMatch(
      /0000 and 0001 and 0002 of case_a .*; add the missing files/,
    );
  });

  it('refuses options that mean nothing to it, or to what it finds', async () => {
    const folder = await dataset('options', V2);
    await expect(openDataset(folder, { axes: 1 } as never)).rejects.toThrow(
      'unknown option "axes" (did you mean "axis"?)',
    );
    await expect(openDataset(folder, { axis: 3 as never })).rejects.toThrow(
      'wanted axis to be 0 | 1 | 2, got 3',
    );
    await expect(openDataset(folder, { volumes: 'whole', axis: 1 })).rejects.toThrow('leave one out');
    await expect(openDataset(folder, { window: [1, 1] })).rejects.toThrow('wanted window as [low, high]');
    await mkdir(join(path, 'plain'));
    for (const part of ['images', 'masks'])
      for (const id of ['a', 'b']) await put(`plain/${part}/${id}.png`, await readFile(await onePixel()));
    await put('v9/label-map.json', '{"255": 1}');
    for (const name of ['images_1/a.png', 'images_1/b.png', 'lesion_segs_1/a/x.png', 'lesion_segs_1/b/x.png'])
      await put(`v9/${name}`, await readFile(await onePixel()));
    for (const [name, text] of Object.entries({ classes: 'x', train: 'a', val: 'b' })) await put(`v9/${name}.txt`, text); // prettier-ignore
    expect(await failure(openDataset(join(path, 'v9')))).toMatch(
      /^bad-label: label-map.json means nothing to the layout retinal lesions/,
    );
    await put('plain/classes.txt', Array.from({ length: 256 }, (_, k) => `class ${k}`).join('\n'));
    expect(await failure(openDataset(join(path, 'plain')))).toContain('at most 255 classes');
    await rm(join(path, 'plain/classes.txt'));
    await expect(openDataset(join(path, 'plain'), { axis: 0 })).rejects.toThrow(
      'axis means nothing to the layout image and mask folders',
    );
  });
});

async function onePixel(): Promise<string> {
  const { encode } = await import('fast-png');
  return put('pixel.png', encode({ width: 1, height: 1, channels: 1, data: Uint8Array.of(1) }));
}

const hippocampus = sharedData('Task04_Hippocampus');
(hippocampus ? describe : describe.skip)(
  `the hippocampus of the MSD${hippocampus ? '' : ' (skipped: ../shared/data/Task04_Hippocampus is not there)'}`,
  () => {
    it('has 48 volumes of about 35 x 50 x 35 voxels with the proportions of its page', async () => {
      const { train, val, classes } = await openDataset(hippocampus!, { volumes: 'whole' });
      expect([train.length + val.length, classes]).toEqual([48, ['background', 'Anterior', 'Posterior']]);
      const sums = [0, 0, 0];
      for (const source of [...train, ...val]) {
        const volume = await source.load();
        expect(volume.image.length).toBe(volume.depth! * volume.height * volume.width);
        expect(volume.spacing).toEqual([1, 1, 1]);
        expect(Math.max(...volume.image)).toBe(1);
        classProportions([volume], 3).forEach((share, k) => (sums[k]! += share / 48));
      }
      expect(sums.map((share) => share.toFixed(3))).toEqual(['0.947', '0.027', '0.025']);
    });

    it('has as many slices as its volumes have', async () => {
      const { train, val } = await openDataset(hippocampus!);
      const slice = await train[0]!.load();
      expect(slice.depth).toBeUndefined();
      expect(train.length + val.length).toBeGreaterThan(48 * 20);
    });
  },
);
