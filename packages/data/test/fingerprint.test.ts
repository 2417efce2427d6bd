import { cp, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { datasetFingerprint, demoDataset, openDataset, syntheticDataset } from '@segloss/data';
import { encode } from 'fast-png';
import { removeAfterAll, temporaryFolder } from './files.js';
import { nifti } from './nifti.js';

let path: string;
let put: (path: string, bytes: Uint8Array | string) => Promise<string>;
beforeAll(async () => ({ path, put } = await temporaryFolder()));
removeAfterAll(() => path);

const pixels = (...values: number[]) => encode({ width: values.length, height: 1, channels: 1, data: Uint8Array.from(values) }); // prettier-ignore
async function folders(name: string): Promise<string> {
  for (const id of ['a', 'b', 'c', 'd']) {
    await put(`${name}/images/${id}.png`, pixels(id.charCodeAt(0), 7));
    await put(`${name}/masks/${id}.png`, pixels(0, 1));
  }
  return join(path, name);
}

describe('datasetFingerprint', () => {
  const of = async (name: string, options = {}) =>
    datasetFingerprint(await openDataset(join(path, name), options));

  it('is that of the contents: a copy of the folder has it, whatever its name and times', async () => {
    await folders('one');
    await cp(join(path, 'one'), join(path, 'two'), { recursive: true });
    const then = new Date('2001-02-03');
    await utimes(join(path, 'two/masks/a.png'), then, then);
    expect(await of('two')).toBe(await of('one'));
    expect(await of('one')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('changes with an image, a mask, a list, the classes, the rule, the seed of the split and the background', async () => {
    await folders('base');
    const base = await of('base');
    const seen = new Map([[base, 'as it was']]);
    const changes: [string, () => Promise<unknown>, (() => Promise<unknown>)?][] = [
      ['a mask of the same size', () => put('base/masks/a.png', pixels(1, 0)), () => put('base/masks/a.png', pixels(0, 1))],
      ['an image', () => put('base/images/b.png', pixels(9, 9)), () => put('base/images/b.png', pixels(98, 7))],
      ['lists', async () => { await put('base/train.txt', 'a\nb'); await put('base/val.txt', 'c\nd'); }],
      ['lists in another order', async () => put('base/train.txt', 'b\na'), async () => { await rm(join(path, 'base/train.txt')); await rm(join(path, 'base/val.txt')); }],
      ['the classes', () => put('base/classes.txt', 'x\ny'), () => rm(join(path, 'base/classes.txt'))],
      ['the label map', () => put('base/label-map.json', '{"1": 0, "0": 1}'), () => rm(join(path, 'base/label-map.json'))],
    ]; // prettier-ignore
    for (const [change, make, undo] of changes) {
      await make();
      const now = await of('base');
      expect([change, seen.get(now)]).toEqual([change, undefined]);
      seen.set(now, change);
      await undo?.();
    }
    expect(await of('base')).toBe(base);
    expect(await of('base', { background: null })).not.toBe(base);
    const seeds = await Promise.all([1, 2, 3, 4].map((seed) => of('base', { seed })));
    expect(new Set(seeds).size).toBeGreaterThan(1);
  });

  it('covers the annotations of COCO and how volumes are read', async () => {
    const coco = async (x: number) => {
      for (const part of ['train', 'val']) {
        await put(`coco/${part}2017/a.png`, pixels(1, 2, 3));
        const annotations = [
          { id: 1, image_id: 1, category_id: 3, segmentation: [[0, 0, x, 0, x, 1, 0, 1]] },
        ];
        const content = { images: [{ id: 1, file_name: 'a.png', height: 1, width: 3 }], annotations, categories: [{ id: 3, name: 'x' }] }; // prettier-ignore
        await put(`coco/annotations/instances_${part}2017.json`, JSON.stringify(content));
      }
      return of('coco');
    };
    expect(await coco(1)).not.toBe(await coco(2));
    await put('nn/dataset.json', '{"labels": {"background": 0, "x": 1}}');
    for (const id of ['a', 'b']) {
      await put(`nn/imagesTr/${id}_0000.nii`, nifti({ dims: [2, 2, 2], values: [0, 1, 2, 3, 4, 5, 6, 7] }));
      await put(`nn/labelsTr/${id}.nii`, nifti({ dims: [2, 2, 2], values: [0, 1, 0, 1, 0, 1, 0, 1] }));
    }
    const ways = [{}, { volumes: 'whole' }, { axis: 1 }, { window: [0, 5] }];
    expect(new Set(await Promise.all(ways.map((way) => of('nn', way)))).size).toBe(4);
  });

  it('is that of the samples where they are generated', async () => {
    const demo = await datasetFingerprint(demoDataset());
    expect(await datasetFingerprint(demoDataset())).toBe(demo);
    const [a, b] = [{ noise: 0.1 }, { noise: 0.2 }].map((more) => syntheticDataset({ size: 8, train: 1, val: 1, ...more })); // prettier-ignore
    expect(await datasetFingerprint(a!)).not.toBe(await datasetFingerprint(b!));
  });
});
