// What makes two runs two: everything that the numbers depend on, and nothing else.
import { cpSync, existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { planRun, runState, type OpenedImages } from '@segloss/trainer';

import { scratch, tinyRun, writeDataset, writePng } from './run-fixture';

let folder: string;
let remove: () => void;
beforeEach(() => {
  ({ folder, remove } = scratch());
  writeDataset(path.join(folder, 'data'), [2, 4, 6, 8, 10, 12]);
});
afterEach(() => remove());

const idOf = async (keys: object = {}) => (await planRun(tinyRun(folder, keys))).id;

describe('the id of a run', () => {
  it('is the same for a copy of the data in a folder of another name, with other times', async () => {
    cpSync(path.join(folder, 'data'), path.join(folder, 'copy'), { recursive: true });
    utimesSync(path.join(folder, 'copy', 'masks', '0.png'), 1, 1);
    expect(await idOf({ data: { folder: path.join(folder, 'copy'), size: 16 } })).toBe(await idOf());
  });

  it('differs for data of the same names and sizes with other pixels', async () => {
    const before = await idOf();
    writeDataset(path.join(folder, 'other', 'data'), [3, 4, 6, 8, 10, 12]);
    expect(await idOf({ data: { folder: path.join(folder, 'other', 'data'), size: 16 } })).not.toBe(before);
  });

  it('differs after one mask was corrected, though its size and times are as before', async () => {
    const mask = path.join(folder, 'data', 'masks', '3.png');
    utimesSync(mask, 1e9, 1e9);
    const before = await idOf();
    writePng(mask, 16, (x) => (x < 8 ? 0 : 1));
    utimesSync(mask, 1e9, 1e9);
    expect(await idOf()).not.toBe(before);
  });

  it('differs after a label map or a split was added', async () => {
    const before = await idOf();
    writeFileSync(path.join(folder, 'data', 'label-map.json'), '{"0":1,"1":0}');
    const mapped = await idOf();
    expect(mapped).not.toBe(before);
    writeFileSync(path.join(folder, 'data', 'label-map.json'), '{"0":0,"1":1}');
    writeFileSync(path.join(folder, 'data', 'train.txt'), '0\n1\n2\n3\n');
    writeFileSync(path.join(folder, 'data', 'val.txt'), '4\n5\n');
    expect(new Set([before, mapped, await idOf()]).size).toBe(3);
  });

  it('differs after a file was changed that a module of the loss imports', async () => {
    mkdirSync(path.join(folder, 'lib'));
    const write = (weight: number) =>
      writeFileSync(path.join(folder, 'lib', 'weight.ts'), `export const weight = ${weight};`);
    writeFileSync(
      path.join(folder, 'mine.ts'),
      "import { weight } from './lib/weight.js';\nexport default weight;",
    );
    write(1);
    const before = await planRun(tinyRun(folder, { loss: 'ce + ./mine.ts' }));
    expect(before.sources[0]!.imports.map((one) => path.relative(folder, one.path))).toEqual([
      'lib/weight.ts',
    ]);
    write(2);
    expect(await idOf({ loss: 'ce + ./mine.ts' })).not.toBe(before.id);
  });

  it('differs with the bytes of the pretrained weights', async () => {
    const encoderWeights = path.join(folder, 'weights.safetensors');
    writeFileSync(encoderWeights, 'a');
    const keys = { model: { name: 'unet-resnet34', encoderWeights } };
    const before = await idOf(keys);
    writeFileSync(encoderWeights, 'b');
    expect(await idOf(keys)).not.toBe(before);
  });

  it('ignores images beyond the limit', async () => {
    const keys = { data: { folder: path.join(folder, 'data'), size: 16, limit: 1 } };
    const { id, images } = await planRun(tinyRun(folder, keys));
    const used = new Set([...images.train, ...images.val].map((one) => one.id));
    const spare = [0, 1, 2, 3, 4, 5].map(String).find((one) => !used.has(one))!;
    writePng(path.join(folder, 'data', 'masks', `${spare}.png`), 16, () => 1);
    expect(await idOf(keys)).toBe(id);
  });
});

describe('planRun', () => {
  it('opens a data set once for all runs that share it', async () => {
    const opened: OpenedImages = new Map();
    const plans = await Promise.all(
      ['ce', 'dice', 'ce + l1'].map((loss, i) =>
        planRun(tinyRun(folder, { loss }), { opened, name: `cell-${i}` }),
      ),
    );
    expect(opened.size).toBe(1);
    expect(new Set(plans.map(({ images }) => images)).size).toBe(1);
    expect(new Set(plans.map(({ id }) => id)).size).toBe(3);
    expect(plans.map((plan) => path.basename(plan.folder))).toEqual(
      plans.map(({ id }, i) => `cell-${i}-${id}`),
    );
  });

  it('says how far a run is', async () => {
    const { folder: home, state } = await planRun(tinyRun(folder));
    expect(state).toBe('missing');
    mkdirSync(home, { recursive: true });
    for (const status of ['diverged', 'failed', 'interrupted'] as const) {
      writeFileSync(path.join(home, 'STATUS'), `${status}\n`);
      expect((await planRun(tinyRun(folder))).state).toBe(status);
    }
    writeFileSync(path.join(home, 'STATUS'), 'finished\n');
    expect(runState(home)).toBe('interrupted'); // it has no scores yet
    writeFileSync(path.join(home, 'scores.json'), '{}');
    expect(runState(home)).toBe('finished');
  });

  it.each(['', '..', 'a/b', 'a\\b'])('refuses the name %j', async (name) => {
    await expect(planRun(tinyRun(folder), { name })).rejects.toThrow(/wanted a name for a folder/);
  });
});

describe('the folder of a run', () => {
  it.each(['data', 'data/runs', 'data/images/new'])('is refused within the images: %s', async (out) => {
    await expect(planRun(tinyRun(folder, { out: path.join(folder, out) }))).rejects.toMatchObject({
      name: 'OutputError',
      message: expect.stringMatching(
        /is read; choose another folder|go into a folder that is read/,
      ) as unknown as string,
    });
    expect(existsSync(path.join(folder, 'data', 'runs'))).toBe(false);
  });

  it('may lie next to the images, also under a longer name', async () => {
    const { state } = await planRun(tinyRun(folder, { out: path.join(folder, 'data-runs') }));
    expect(state).toBe('missing');
  });
});
