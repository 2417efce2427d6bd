// What testRun scores: the images that the run was validated with, or what it is given, and never others in silence.
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openRun, readExamples, runTraining, testRun, type OpenRun } from '@segloss/trainer';

import { scratch, tinyRun, writeDataset, writePng } from './run-fixture';

let folder: string;
let remove: () => void;
let run: OpenRun;
const at = (...names: string[]) => path.join(folder, 'data', ...names);

beforeAll(async () => {
  ({ folder, remove } = scratch());
  writeDataset(path.join(folder, 'data'), [2, 4, 6, 8]);
  writeFileSync(at('train.txt'), '0\n1\n');
  writeFileSync(at('val.txt'), '2\n');
  run = await openRun((await runTraining(tinyRun(folder, { epochs: 1 }))).folder);
});
afterAll(() => {
  run.model.dispose();
  remove();
});

const ids = async (options?: Parameters<typeof testRun>[1]) =>
  (await testRun(run, options)).cases.map(({ id }) => id);

describe('testRun', () => {
  it('scores the images of a part', async () => {
    expect([await ids(), await ids({ part: 'train' })]).toEqual([['2'], ['0', '1']]);
  });

  it('refuses lists or masks that have changed since the training, unless the folder is named explicitly', async () => {
    appendFileSync(at('val.txt'), '0\n');
    await expect(ids()).rejects.toMatchObject({ code: 'other-data', message: expect.stringContaining('have changed since') }); // prettier-ignore
    expect(await ids({ data: at() })).toEqual(['2', '0']);
    writeFileSync(at('val.txt'), '2\n');
    expect(await ids()).toEqual(['2']);
    const mask = readFileSync(at('masks', '2.png'));
    writePng(at('masks', '2.png'), 16, (x) => Number(x < 3));
    await expect(ids()).rejects.toMatchObject({ code: 'other-data' });
    expect(await ids({ data: at() })).toEqual(['2']);
    writeFileSync(at('masks', '2.png'), mask);
  });

  it('refuses a part without images', async () => {
    const single = path.join(folder, 'single');
    writeDataset(single, [5]);
    await expect(ids({ data: single })).rejects.toThrow(/wanted images in val of .*single, got none/);
    rmSync(single, { recursive: true });
  });
});

describe('a run whose validation masks are ignored throughout', () => {
  it('ends, with no score and no example', async () => {
    const ignored = path.join(folder, 'ignored');
    writeDataset(path.join(ignored, 'data'), [4, 6, 8]);
    writePng(path.join(ignored, 'data', 'masks', '2.png'), 16, () => 255);
    writeFileSync(path.join(ignored, 'data', 'label-map.json'), '{"255": 255}');
    writeFileSync(path.join(ignored, 'data', 'train.txt'), '0\n1\n');
    writeFileSync(path.join(ignored, 'data', 'val.txt'), '2\n');
    const { folder: home, summary } = await runTraining(tinyRun(ignored, { epochs: 1 }));
    expect(summary.status).toBe('finished');
    const { images } = readExamples(path.join(home, 'examples.json'));
    expect(images).toEqual([]);
  });
});
