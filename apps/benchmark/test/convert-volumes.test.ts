// segloss data convert of volumes: values, labels, places and spacings are compared with what was put in by hand.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';

import { afterAll, describe, expect, it } from '@jest/globals';
import { openDataset, readNifti, writeNifti } from '@segloss/data';

import { convertDataset } from '../src/convert.js';
import { dataConvertCommand } from '../src/commands/data.js';

const root = mkdtempSync(path.join(tmpdir(), 'segloss-convert-volumes-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (...parts: string[]) => path.join(root, ...parts);
const json = (...parts: string[]) => JSON.parse(readFileSync(at(...parts), 'utf8')) as unknown;

/** An oblique place: 0.5 x 0.5 x 3 mm, turned about the third axis. */
const AFFINE = [
  [0.4, -0.3, 0, 10],
  [0.3, 0.4, 0, -20],
  [0, 0, 3, 5],
] as const;
const SHAPE = [2, 2, 3] as const;

/** Two channels of int16, big-endian, of 12 voxels each, with a scale, as a NIfTI-1 file of four axes. */
function twoChannels(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(352 + 2 * values.length);
  bytes.writeInt32BE(348, 0);
  [4, 3, 2, 2, 2, 1, 1, 1].forEach((size, i) => bytes.writeInt16BE(size, 40 + 2 * i));
  bytes.writeInt16BE(4, 70);
  bytes.writeInt16BE(16, 72);
  [1, 0.5, 0.5, 3, 1, 0, 0, 0].forEach((size, i) => bytes.writeFloatBE(size, 76 + 4 * i));
  bytes.writeFloatBE(352, 108);
  bytes.writeFloatBE(0.5, 112); // slope
  bytes.writeFloatBE(-7, 116);
  bytes.writeInt16BE(1, 254);
  AFFINE.flat().forEach((value, i) => bytes.writeFloatBE(value, 280 + 4 * i));
  bytes.write('n+1\0', 344, 'latin1');
  values.forEach((value, i) => bytes.writeInt16BE(value, 352 + 2 * i));
  return bytes;
}

const LABELS = Uint8Array.of(0, 1, 2, 2, 1, 0, 0, 0, 3, 3, 1, 0);

/** A data set of MSD with two channels in one file; label 3 is ignored. */
async function decathlon(folder: string, extra: object = {}): Promise<string> {
  for (const part of ['imagesTr', 'labelsTr', 'imagesTs']) mkdirSync(at(folder, part), { recursive: true });
  for (const [i, name] of ['p1', 'p2', 'p3'].entries()) {
    const values = Array.from({ length: 24 }, (_, k) => 100 * k - 900 + i);
    writeFileSync(at(folder, 'imagesTr', `${name}.nii.gz`), gzipSync(twoChannels(values)));
    await writeNifti(at(folder, 'labelsTr', `${name}.nii.gz`), LABELS, { shape: SHAPE, affine: AFFINE });
  }
  writeFileSync(at(folder, 'imagesTs', 'p9.nii.gz'), 'not read');
  const description = { modality: { 0: 'T2', 1: 'ADC' }, labels: { 0: 'bg', 1: 'PZ', 2: 'TZ', 3: 'ignore' }, ...extra }; // prettier-ignore
  writeFileSync(at(folder, 'dataset.json'), JSON.stringify(description));
  return at(folder);
}

describe('volumes to nnU-Net', () => {
  it('keeps values, scale, place and spacing, one file for each channel, and the names', async () => {
    const done = await convertDataset(await decathlon('msd'), at('msd-copy'), { layout: 'nnunet' });
    expect(done).toMatchObject({ unit: 'volumes', train: 2, val: 1, labels: { 0: 'background', 1: 'PZ', 2: 'TZ', 3: 'ignore' } }); // prettier-ignore
    expect(done.warnings).toEqual(['the 1 files of imagesTs have no labels and are not copied']);
    expect(json('msd-copy', 'dataset.json')).toEqual({
      channel_names: { 0: 'T2', 1: 'ADC' },
      labels: { background: 0, PZ: 1, TZ: 2, ignore: 3 },
      numTraining: 3,
      file_ending: '.nii.gz',
    });
    expect(readdirSync(at('msd-copy', 'imagesTr'))).toEqual(['p1', 'p2', 'p3'].flatMap((name) => [`${name}_0000.nii.gz`, `${name}_0001.nii.gz`])); // prettier-ignore
    const adc = await readNifti(at('msd-copy', 'imagesTr', 'p2_0001.nii.gz'));
    expect([...adc.values]).toEqual(
      Array.from({ length: 12 }, (_, k) => 0.5 * (100 * (k + 12) - 900 + 1) - 7),
    );
    expect([adc.channels, adc.slope, adc.intercept]).toEqual([1, 0.5, -7]);
    expect(gunzipSync(readFileSync(at('msd-copy', 'imagesTr', 'p2_0001.nii.gz'))).readInt16BE(70)).toBe(4); // int16, big-endian
    const labels = await readNifti(at('msd-copy', 'labelsTr', 'p2.nii.gz'));
    expect([...labels.values]).toEqual([...LABELS]);
    for (const { affine, spacing } of [adc, labels]) {
      expect(spacing.map((side) => Number(side.toFixed(5)))).toEqual([3, 0.5, 0.5]);
      affine.flat().forEach((value, i) => expect(value).toBeCloseTo(AFFINE.flat()[i]!, 6));
    }
    const [fold] = json('msd-copy', 'splits_final.json') as { train: string[]; val: string[] }[];
    expect([...fold!.train, ...fold!.val].sort()).toEqual(['p1', 'p2', 'p3']);
    const { train, val, classes } = await openDataset(at('msd-copy'), { volumes: 'whole' });
    expect([train.length + val.length, classes]).toEqual([3, ['background', 'PZ', 'TZ']]);
  });

  it('copies compressed files of one channel as they are, folds too, and applies the label map', async () => {
    const source = await decathlon('one', { modality: { 0: 'CT' }, labels: { 0: 'background', 1: 'PZ' } });
    for (const name of ['p1', 'p2', 'p3']) {
      await writeNifti(path.join(source, 'imagesTr', `${name}.nii${name === 'p1' ? '' : '.gz'}`), LABELS, { shape: SHAPE, affine: AFFINE }); // prettier-ignore
    }
    rmSync(path.join(source, 'imagesTr', 'p1.nii.gz'));
    writeFileSync(path.join(source, 'label-map.json'), '{"2": 1, "3": 255}');
    const folds = [{ train: ['p3'], val: ['p1', 'p2'] }];
    writeFileSync(path.join(source, 'splits_final.json'), JSON.stringify(folds));
    const done = await convertDataset(source, at('one-copy'), { layout: 'nnunet' });
    expect(done).toMatchObject({ train: 1, val: 2, labels: { 0: 'background', 1: 'PZ', 2: 'ignore' } });
    expect(json('one-copy', 'splits_final.json')).toEqual(folds);
    const files = (name: string, from: string) => readFileSync(path.join(from, name));
    expect(files('imagesTr/p2_0000.nii.gz', at('one-copy'))).toEqual(files('imagesTr/p2.nii.gz', source));
    expect(gunzipSync(files('imagesTr/p1_0000.nii.gz', at('one-copy')))).toEqual(files('imagesTr/p1.nii', source)); // prettier-ignore
    expect([...(await readNifti(at('one-copy', 'labelsTr', 'p3.nii.gz'))).values]).toEqual([0, 1, 1, 1, 1, 0, 0, 0, 2, 2, 1, 0]); // prettier-ignore
  });

  it('says what it wrote', async () => {
    let text = '';
    const stdout = { write: (part: string) => (text += part) } as unknown as NodeJS.WriteStream;
    await decathlon('said');
    expect(await dataConvertCommand('said', 'said-copy', { to: 'nnunet' }, { stdout, folder: root })).toBe(0);
    expect(text.trim().split('\n').at(-1)).toBe('wrote said-copy: 2 + 1 volumes');
  });

  it.each<[string, 'folders' | 'nnunet', (source: string) => void, RegExp]>([
    ['folders of slices', 'folders', () => undefined, /holds volumes, whose spacing .* cannot keep; write them with --to nnunet/],
    ['damaged volumes', 'nnunet', (source) => writeFileSync(path.join(source, 'imagesTr', 'p2.nii.gz'), gzipSync(twoChannels([1, 2, 3]))), /p2\.nii\.gz.*fewer voxels/],
    ['labels that are no class', 'nnunet', (source) => writeFileSync(path.join(source, 'dataset.json'), JSON.stringify({ labels: { 0: 'bg', 1: 'PZ' } })), /labelsTr.*p\d\.nii\.gz/],
    ['other folds', 'nnunet', (source) => writeFileSync(path.join(source, 'splits_final.json'), '[["p1"]]'), /wanted a list of folds with train and val/],
  ])('refuses %s, and leaves no copy', async (title, layout, spoil, message) => {
    const source = await decathlon(`refused ${title}`);
    spoil(source);
    await expect(convertDataset(source, at('refused-copy'), { layout })).rejects.toThrow(message);
    expect(readdirSync(root)).not.toContain('refused-copy');
  }); // prettier-ignore
});

describe('volumes by patterns to nnU-Net', () => {
  it('keeps the channels by their names, and shifts the labels where no class is background', async () => {
    const values = (k: number) => Uint8Array.from({ length: 12 }, (_, i) => 3 * i + k);
    for (const name of ['q1', 'q2']) {
      mkdirSync(at('mine', name), { recursive: true });
      for (const [k, channel] of ['flair', 't1'].entries()) await writeNifti(at('mine', name, `${name}_${channel}.nii.gz`), values(k), { shape: SHAPE, affine: AFFINE }); // prettier-ignore
      await writeNifti(at('mine', name, `${name}_seg.nii.gz`), Uint8Array.of(0, 1, 2, 2, 1, 0, 0, 0, 255, 1, 1, 0), { shape: SHAPE, affine: AFFINE }); // prettier-ignore
    }
    writeFileSync(at('mine', 'classes.txt'), 'sky\nroad\ncar\n'); // a scene: class 0 is no background
    const files = { images: '{name}/{name}_*.nii.gz', masks: '{name}/{name}_seg.nii.gz' };
    const done = await convertDataset(at('mine'), at('mine-copy'), { layout: 'nnunet', ...files });
    expect(done).toMatchObject({ unit: 'volumes', train: 1, val: 1 });
    expect(json('mine-copy', 'dataset.json')).toMatchObject({
      channel_names: { 0: 'flair', 1: 't1' },
      labels: { background: 0, sky: 1, road: 2, car: 3, ignore: 4 },
    });
    const labels = await readNifti(at('mine-copy', 'labelsTr', 'q1.nii.gz'));
    expect([...labels.values]).toEqual([1, 2, 3, 3, 2, 1, 1, 1, 4, 2, 2, 1]);
    expect([...(await readNifti(at('mine-copy', 'imagesTr', 'q2_0001.nii.gz'))).values]).toEqual([...values(1)]); // prettier-ignore
    await expect(convertDataset(at('mine'), at('mine-folders'), { layout: 'folders', ...files })).rejects.toThrow('write them with --to nnunet'); // prettier-ignore
  });
});
