// A run on files that patterns name.
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';

import { afterAll, expect, it } from '@jest/globals';
import { readNifti, writeNifti } from '@segloss/data';
import {
  ConfigError,
  openRun,
  parseConfig,
  planRun,
  predictFolder,
  runTraining,
  testRun,
} from '@segloss/trainer';

import { scratch, tinyRun, writeDataset } from './run-fixture.js';

const { folder, remove } = scratch();
afterAll(remove);

it('is the run on the same files in folders of images and masks, and can be tested on others', async () => {
  writeDataset(path.join(folder, 'data'), [2, 6, 10, 14]);
  writeDataset(path.join(folder, 'other'), [4, 12]);
  const { id } = await planRun(tinyRun(folder));
  for (const name of ['data', 'other']) {
    const at = (...parts: string[]) => path.join(folder, name, ...parts);
    mkdirSync(at('set'));
    renameSync(at('images'), at('set', 'img'));
    renameSync(at('masks'), at('set', 'gt'));
  }
  await expect(planRun(tinyRun(folder))).rejects.toThrow(/no data in/);
  const patterns = { images: 'set/img/*.png', masks: 'set/gt/{name}.png' };
  const data = { folder: path.join(folder, 'data'), size: 16, ...patterns };
  const named = tinyRun(folder, { data });
  expect((await planRun(named)).id).toBe(id);
  const { folder: home } = await runTraining(named);
  const run = await openRun(home);
  expect((await testRun(run)).cases).toHaveLength(1);
  const other = path.join(folder, 'other');
  expect((await testRun(run, { data: other, ...patterns })).cases).toHaveLength(1);
  await expect(testRun(run, { data: other })).rejects.toThrow(/no data in/);
  await expect(testRun(run, patterns)).rejects.toThrow(TypeError);
  run.model.dispose();
});

it('needs both patterns, and a folder', async () => {
  expect(() => parseConfig({ data: { folder: 'x', images: '*.png' } })).toThrow(ConfigError);
  const demo = parseConfig({ data: { folder: 'demo', images: '*.png', masks: '{name}.png' } });
  await expect(planRun({ config: demo, origin: {}, folder, file: 'demo' })).rejects.toThrow(/is built in/);
});

/** Cases of two channels, t1 and t2, of 4 x 8 x 8 voxels that are 2 mm wide, in a folder each. */
async function writeCases(to: string, names: readonly string[], channels = ['t1', 't2']): Promise<void> {
  const shape = [4, 8, 8] as const;
  const affine = [[0, 0, 1, 5], [0, 1, 0, 6], [2, 0, 0, 7]] as const; // prettier-ignore
  for (const [n, name] of names.entries()) {
    mkdirSync(path.join(to, name), { recursive: true });
    const label = Uint8Array.from({ length: 256 }, (_, i) => ((i % 8) + n > 3 ? 1 : 0));
    const file = (what: string) => path.join(to, name, `${name}_${what}.nii.gz`);
    await writeNifti(file('seg'), label, { shape, affine });
    for (const [k, channel] of channels.entries()) {
      const image = Uint8Array.from(label, (one, i) => (k === 0 ? 90 * one + (i % 7) : (i * 13) % 50));
      await writeNifti(file(channel), image, { shape, affine });
    }
  }
}

it('is one on volumes with a file for each channel, trained in patches, tested and predicted by patterns', async () => {
  const at = (...parts: string[]) => path.join(folder, ...parts);
  await writeCases(at('brats'), ['p_1', 'p_2', 'p_3', 'p_4']);
  const patterns = { images: '{name}/{name}_*.nii.gz', masks: '{name}/{name}_seg.nii.gz' };
  const data = { folder: at('brats'), volumes: 'patches', size: [4, 8, 8], ...patterns };
  const config = parseConfig({ data, model: { widths: [2, 4], strides: [[1, 2, 2]] }, epochs: 1, batchSize: 2, augment: 'volume', backend: 'wasm', out: at('runs') }); // prettier-ignore
  const { folder: home } = await runTraining({ config, origin: {}, folder, file: at('brats.yaml') });
  const run = await openRun(home);
  expect([run.inputShape, run.channelNames]).toEqual([[4, 8, 8, 2], ['t1', 't2']]); // prettier-ignore
  const { cases } = await testRun(run, { data: at('brats'), part: 'all', ...patterns });
  expect(cases).toHaveLength(4);
  const counted = new Map(cases.map(({ id, classes }) => [id, classes.map(({ predicted }) => predicted)]));

  // The masks are in the folders, too: the pattern of images alone is too wide, and says so.
  const wide = predictFolder(run, at('brats'), at('labels'), { images: patterns.images });
  await expect(wide).rejects.toThrow('wanted 2 files of each name, one for each channel, got p_1/p_1_seg.nii.gz, p_1/p_1_t1.nii.gz'); // prettier-ignore
  const images = '{name}/{name}_t*.nii.gz';
  await expect(predictFolder(run, at('brats'), at('labels'), { images })).rejects.toThrow('wanted the channels t1, t2, with which the model was trained, got 1, 2 of p_1'); // prettier-ignore
  for (const name of ['p_1', 'p_2']) {
    mkdirSync(at('in', name), { recursive: true });
    for (const channel of ['t1', 't2']) renameSync(at('brats', name, `${name}_${channel}.nii.gz`), at('in', name, `${name}_${channel}.nii.gz`)); // prettier-ignore
  }
  const { written } = await predictFolder(run, at('in'), at('labels'), { images: patterns.images });
  expect(written.map((file) => path.basename(file))).toEqual(['p_1.nii.gz', 'p_2.nii.gz']);
  for (const name of ['p_1', 'p_2']) {
    const labels = await readNifti(at('labels', `${name}.nii.gz`));
    expect([labels.spacing, labels.affine[0]]).toEqual([[1, 1, 2], [0, 0, 1, 5]]); // prettier-ignore
    expect([0, 1].map((label) => labels.values.filter((one) => one === label).length)).toEqual(counted.get(name)); // prettier-ignore
  }

  await writeCases(at('other'), ['q_1', 'q_2'], ['t1', 'ce']);
  await expect(testRun(run, { data: at('other'), part: 'all', ...patterns })).rejects.toThrow('wanted volumes with the channels t1, t2 in this order, as the run has them, got ce, t1'); // prettier-ignore
  await expect(predictFolder(run, at('in'), at('none'), { images: '*.nii' })).rejects.toThrow('no image in'); // prettier-ignore
  await expect(predictFolder(run, at('in', '*.nii.gz'), at('none'))).rejects.toThrow(/is a pattern, not a folder; give its folder, and --images \*\.nii\.gz/); // prettier-ignore
  await expect(predictFolder(run, at('in', 'p_1', 'p_1_t1.nii.gz'), at('none'))).rejects.toThrow(/is a file, not a folder/); // prettier-ignore
  await expect(predictFolder(run, at('in'), at('none'), { images: '*', recursive: true })).rejects.toThrow(TypeError); // prettier-ignore
  expect(JSON.parse(readFileSync(path.join(home, 'dataset.json'), 'utf8'))).toMatchObject({ channelNames: ['t1', 't2'] }); // prettier-ignore
  expect(readdirSync(at('labels')).filter((name) => name.endsWith('.nii.gz'))).toHaveLength(2);
  run.model.dispose();
});

it('says what data.volumes is for, and what is wrong with a pattern', async () => {
  writeDataset(path.join(folder, 'flat'), [2, 6]);
  const loaded = (data: object) => tinyRun(folder, { data: { folder: path.join(folder, 'flat'), volumes: 'whole', size: [4, 8, 8], ...data } }); // prettier-ignore
  const patterns = { images: 'images/*.png', masks: 'masks/{name}.png' };
  await expect(planRun(loaded(patterns))).rejects.toThrow('holds images: data.volumes and data.intensityRange are for NIfTI volumes'); // prettier-ignore
  await expect(planRun(loaded({ ...patterns, masks: 'masks/*.png' }))).rejects.toThrow('wanted {name} in the pattern of masks'); // prettier-ignore
});
