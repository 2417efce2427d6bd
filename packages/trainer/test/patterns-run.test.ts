// A run on files that patterns name.
import { mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';

import { afterAll, expect, it } from '@jest/globals';
import { ConfigError, openRun, parseConfig, planRun, runTraining, testRun } from '@segloss/trainer';

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
