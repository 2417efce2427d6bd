// Folds, groups and test images: which images a run trains, validates and tests with, and what of it belongs to its id.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { planRun, readScores, runTraining, type OpenedImages } from '@segloss/trainer';

import { scratch, tinyRun, writeDataset, writePng } from './run-fixture';

const { folder, remove } = scratch();
const at = (...parts: string[]) => path.join(folder, ...parts);
beforeAll(() => {
  writeDataset(at('data'), [2, 4, 6, 8, 10, 12, 3, 5, 7]);
  writeDataset(at('other'), [9, 11]);
});
afterAll(remove);

const data = (keys: object) => ({ data: { folder: at('data'), size: 16, ...keys } });
const opened: OpenedImages = new Map();
const plan = (keys: object) => planRun(tinyRun(folder, keys), { opened });
const partsOf = async (keys: object) => {
  const { images } = await plan(keys);
  const ids = (sources: readonly { id: string }[] = []) => sources.map(({ id }) => id);
  return { train: ids(images.train), val: ids(images.val), test: ids(images.test) };
};

describe('folds', () => {
  it('validate every image exactly once, and train on the others', async () => {
    const parts = await Promise.all([0, 1, 2].map((fold) => partsOf({ ...data({ folds: 3 }), fold })));
    expect(parts.map(({ val }) => val.length)).toEqual([3, 3, 3]);
    expect(parts.flatMap(({ val }) => val).sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
    for (const { train, val } of parts) expect([...train, ...val].sort()).toHaveLength(9);
  });

  it('are part of the id, and the same for a split of the folder by lists', async () => {
    const ids = await Promise.all(
      [0, 1].map(async (fold) => (await plan({ ...data({ folds: 3 }), fold })).id),
    );
    expect(new Set([...ids, (await plan(data({}))).id]).size).toBe(3);
    const before = await partsOf({ ...data({ folds: 3 }), fold: 1 });
    writeDataset(at('listed'), [2, 4, 6, 8, 10, 12, 3, 5, 7]);
    writeFileSync(at('listed/train.txt'), '8\n3\n1\n0\n5\n');
    writeFileSync(at('listed/val.txt'), '7\n6\n4\n2\n3\n'); // 3 stands in both
    const listed = { data: { folder: at('listed'), size: 16, folds: 3 }, fold: 1 };
    expect(await partsOf(listed)).toEqual(before);
  });

  it('keep the cases of a group together, by a pattern and by a column', async () => {
    writeFileSync(at('cases.csv'), 'patient,case\na,0\na,1\nb,2\nb,3\nb,4\nc,5\nc,6\nc,7\nc,8\n');
    const byColumn = { file: at('cases.csv'), column: 'patient' };
    const vals = await Promise.all([0, 1, 2].map(async (fold) => (await partsOf({ ...data({ folds: 3, groups: byColumn }), fold })).val.join(''))); // prettier-ignore
    expect(vals.sort()).toEqual(['01', '234', '5678']);
    for (const part of ['images', 'masks']) mkdirSync(at('named', part), { recursive: true });
    for (const name of ['p1_a', 'p1_b', 'p2_a', 'p3_a']) {
      for (const part of ['images', 'masks'])
        writePng(at('named', part, `${name}.png`), 16, (x) => (x < 4 ? 1 : 0));
    }
    const named = { folder: at('named'), size: 16, folds: 3, groups: { pattern: '^(p\\d)_' } };
    const byName = await Promise.all([0, 1, 2].map(async (fold) => (await partsOf({ data: named, fold })).val.join(' '))); // prettier-ignore
    expect(byName.sort()).toEqual(['p1_a p1_b', 'p2_a', 'p3_a']);
  });

  it('refuse groups that are not there', async () => {
    const wrong = (groups: object) => plan({ ...data({ folds: 2, groups }), fold: 0 });
    await expect(wrong({ pattern: '^p' })).rejects.toThrow(/the pattern \^p does not match the case \d/);
    writeFileSync(at('few.csv'), 'case,patient\n0,a\n1,b\n');
    const few = { file: at('few.csv'), column: 'patient' };
    await expect(wrong(few)).rejects.toThrow(/few\.csv: no patient for the case \d/);
    await expect(wrong({ ...few, column: 'patiente' })).rejects.toThrow(/wanted a column "patiente", got case, patient; did you mean "patient"\?/); // prettier-ignore
    await expect(plan({ ...data({ folds: 12 }), fold: 0 })).rejects.toThrow(/got 9 groups .* for 12 folds; use fewer folds/); // prettier-ignore
  });

  it('need a fold, and a fold needs them', () => {
    expect(() => tinyRun(folder, data({ folds: 3 }))).toThrow(/data\.folds is 3: wanted a fold from 0 to 2/);
    expect(() => tinyRun(folder, { ...data({ folds: 3 }), fold: 3 })).toThrow(/from 0 to 2, got 3/);
    expect(() => tinyRun(folder, { ...data({}), fold: 0 })).toThrow(/needs data\.folds/);
    expect(() => tinyRun(folder, data({ groups: { pattern: 'a' } }))).toThrow(/set data\.folds/);
    expect(() => tinyRun(folder, { ...data({ folds: 2, groups: { file: 'a.csv' } }), fold: 0 })).toThrow(/both file and column/); // prettier-ignore
    expect(() => tinyRun(folder, { ...data({ folds: 2, groups: { pattern: '(' } }), fold: 0 })).toThrow(/wanted a regular expression/); // prettier-ignore
  });

  it('divide the training images once more, and leave the validation images out', async () => {
    const outer = await partsOf({ ...data({ folds: 3 }), fold: 1 });
    const inner = await Promise.all([0, 1].map((innerFold) => partsOf({ ...data({ folds: 3, innerFolds: 2 }), fold: 1, innerFold }))); // prettier-ignore
    expect(inner.flatMap(({ val }) => val).sort()).toEqual(outer.train);
    for (const { train, val } of inner) expect([...train, ...val].sort()).toEqual(outer.train);
  });
});

describe('test images', () => {
  it('are all images of the folder, belong to the id, and are scored with the best weights', async () => {
    const test = at('other');
    const keys = { ...data({ test }), epochs: 1 };
    expect((await partsOf(keys)).test).toEqual(['0', '1']);
    expect((await plan(keys)).id).not.toBe((await plan({ ...keys, ...data({}) })).id);
    const { folder: run } = await runTraining(tinyRun(folder, keys));
    const { test: tested, best, last } = readScores(path.join(run, 'scores.json'));
    expect(tested?.cases.map(({ id, classes }) => [id, classes[1]!.target])).toEqual([['0', 81], ['1', 121]]); // prettier-ignore
    expect(tested?.weightsSha256).toBe((best ?? last).weightsSha256);
    writePng(at('other/masks/0.png'), 16, (x, y) => (x < 8 && y < 9 ? 1 : 0));
    opened.clear();
    expect((await plan(keys)).folder).not.toBe(run);
  });

  it('are refused where they are images of the data set, under any name', async () => {
    mkdirSync(at('leak'));
    writeDataset(at('leak'), [9, 11, 6]); // the third is the third of the data
    await expect(plan(data({ test: at('leak') }))).rejects.toThrow(/1 of 3 test images are also images of data, as .*leak\/images\/2\.png/); // prettier-ignore
    expect(() => tinyRun(folder, data({ test: at('data') }))).toThrow(/these are the images of data\.folder/);
    rmSync(at('leak'), { recursive: true });
  });

  it('are refused with other classes', async () => {
    writeDataset(at('classes'), [9, 11]);
    writeFileSync(at('classes/classes.txt'), 'background\nvessel\n');
    await expect(plan(data({ test: at('classes') }))).rejects.toThrow(/wanted the classes of data, background, foreground, got background, vessel/); // prettier-ignore
  });
});
